/**
 * Waits for a condition, checked at every turn of the event loop. It never gives up: the test's
 * own time limit says where a wait hangs.
 */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets `turns` turns of the event loop pass: time for what must not happen. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Lets every promise that can settle now do so, while virtual time stands still. A tick asked for
 * by a microtask runs once no microtask is left; both run in a fixed order, so a run stays
 * deterministic, and neither waits for the machine's event loop.
 */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(() => process.nextTick(resolve));
  });
}

/** Gives the machine's event loop its turn: timers, signals, messages of other threads. */
export function letMachineTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

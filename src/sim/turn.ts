/**
 * Calls `step` again and again until it answers false, each time with every promise settled that
 * could settle: a tick asked for by a microtask runs once no microtask is left. Both run in a fixed
 * order, so a run stays deterministic, and neither waits for the machine's event loop.
 */
export function stepByStep(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const tick = (): void => {
      try {
        if (step()) queueMicrotask(askForTick);
        else resolve();
      } catch (thrown) {
        reject(thrown);
      }
    };
    const askForTick = (): void => process.nextTick(tick);
    queueMicrotask(askForTick);
  });
}

/** Gives the machine's event loop its turn: timers, signals, messages of other threads. */
export function letMachineTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Settled: what is chained to it runs as a microtask, at a third of `queueMicrotask`'s price. */
const NOW = Promise.resolve();

/**
 * Calls `step` again and again until it answers false, each time with every promise settled that
 * could settle: a tick asked for by a microtask runs once no microtask is left. Both run in a fixed
 * order, so a run stays deterministic, and neither waits for the machine's event loop.
 */
export function stepByStep(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const tick = (): void => {
      try {
        if (step()) void NOW.then(askForTick);
        else resolve();
      } catch (thrown) {
        reject(thrown);
      }
    };
    const askForTick = (): void => process.nextTick(tick);
    void NOW.then(askForTick);
  });
}

/** Gives the machine's event loop its turn: timers, signals, messages of other threads. */
export function letMachineTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

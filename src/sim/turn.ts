/**
 * Lets every promise that can settle now do so. Microtasks run in a fixed order, so a run stays
 * deterministic; virtual time stands still meanwhile.
 */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Runs asynchronous jobs one after the other, in the order they were given. */
export class Sequencer {
  #tail: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects with `job`'s own result; a rejection does not stop later jobs. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

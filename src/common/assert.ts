/** A broken invariant: the node stops (exit 10) rather than go on in a state nobody designed. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws {@link AssertionError} when `condition` is false. On in production. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new AssertionError(sentence);
}

/** The same for a rule that is looked at often: `sentence` is put together when it is broken. */
export function broken(sentence: string): never {
  throw new AssertionError(sentence);
}

/** Ends a switch over a closed union: adding a variant breaks the build where it is not handled. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}

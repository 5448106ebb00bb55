/** One operation on one key, as its client saw it. Times are of one clock. */
export interface RegisterOperation {
  readonly invokedMs: number;
  /** Infinity: nobody knows whether it took effect, or will. */
  readonly completedMs: number;
  /** The value before it; absent in the register: undefined. */
  readonly step: RegisterStep;
}

/** What was done, and what its answer says of the register. Values are compared by `===`. */
export type RegisterStep =
  | { readonly f: "write"; readonly value: number }
  | { readonly f: "cas"; readonly from: number; readonly to: number }
  /** `value` absent: there is no such key. */
  | { readonly f: "read"; readonly value: number | undefined }
  /** Refused: the value was another one, or absent. */
  | { readonly f: "cas mismatch"; readonly from: number }
  | { readonly f: "cas missing" };

type Register = { readonly value: number | undefined };

/**
 * Whether the operations could have happened one after the other, each at one moment between its
 * beginning and its end (Wing and Gong, with memory as in Lowe). Exact; an operation whose end
 * is Infinity may be left out. Operations that certainly failed do not belong here.
 */
export function isLinearizable(operations: readonly RegisterOperation[]): boolean {
  const certain = operations.filter(({ completedMs }) => completedMs !== Infinity).length;
  const dead = new Set<string>();
  const search = (done: bigint, doneCertain: number, register: Register): boolean => {
    if (doneCertain === certain) return true;
    const key = `${done.toString(36)} ${register.value}`;
    if (dead.has(key)) return false;
    let firstEnd = Infinity;
    operations.forEach(({ completedMs }, at) => {
      if ((done & (1n << BigInt(at))) === 0n) firstEnd = Math.min(firstEnd, completedMs);
    });
    for (const [at, { invokedMs, completedMs, step }] of operations.entries()) {
      const bit = 1n << BigInt(at);
      // What ended before another began cannot come after it.
      if ((done & bit) !== 0n || invokedMs > firstEnd) continue;
      const after = apply(step, register);
      if (after === undefined) continue;
      if (search(done | bit, doneCertain + (completedMs === Infinity ? 0 : 1), after)) return true;
    }
    dead.add(key);
    return false;
  };
  return search(0n, 0, { value: undefined });
}

/** The register afterwards; absent when the step cannot happen here. */
function apply(step: RegisterStep, register: Register): Register | undefined {
  const { value } = register;
  switch (step.f) {
    case "write":
      return { value: step.value };
    case "cas":
      return value === step.from ? { value: step.to } : undefined;
    case "read":
      return value === step.value ? register : undefined;
    case "cas mismatch":
      return value !== undefined && value !== step.from ? register : undefined;
    case "cas missing":
      return value === undefined ? register : undefined;
  }
}

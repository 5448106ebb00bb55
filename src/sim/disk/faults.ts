/** What a fault may strike. */
export type OperationKind =
  | "create"
  | "write"
  | "sync"
  | "truncate"
  | "rename"
  | "unlink"
  | "makeDirectory"
  | "syncDirectory"
  | "open"
  | "read";

export interface Fault {
  readonly operation: OperationKind;
  /** Which paths; default: any. */
  readonly path?: RegExp;
  /**
   * `fail`: the call rejects with `code`; half of a write arrives, a failed sync makes the pages
   * clean. `hang`: the call never settles. `slow`: it takes `delayMs` longer (needs timing).
   * `short`: of a write only half is taken at first; the rest follows a moment later.
   */
  readonly effect: "fail" | "hang" | "slow" | "short";
  /** Default: EIO. */
  readonly code?: "EIO" | "ENOSPC" | "EACCES" | "EROFS";
  readonly delayMs?: number;
  /** How often it strikes; default: once. */
  readonly times?: number;
}

/** Faults waiting for the operation that they strike, oldest first. */
export class Faults {
  readonly #waiting: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  take(operation: OperationKind, path: string): Fault | undefined {
    if (this.#waiting.length === 0) return undefined;
    const at = this.#waiting.findIndex(
      ({ fault }) => fault.operation === operation && (fault.path?.test(path) ?? true),
    );
    const found = this.#waiting[at];
    if (found === undefined) return undefined;
    if (--found.left === 0) this.#waiting.splice(at, 1);
    return found.fault;
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}

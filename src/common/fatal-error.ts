/** Why a node halts; the process exit codes of `design.md` section 7. */
export const FATAL_EXIT_CODES = {
  /** A value or configuration that cannot be used. */
  config: 3,
  /** Disk failure, or a data directory in use. */
  io: 6,
  /** Damage found in a file. */
  corruption: 8,
  /** Two histories under one (index, term), or another broken safety invariant. */
  invariant: 10,
} as const;

export type FatalKind = keyof typeof FATAL_EXIT_CODES;

/** The node cannot go on. The message is one clear line that names the place and the fix. */
export class FatalError extends Error {
  override readonly name = "FatalError";
  readonly kind: FatalKind;

  constructor(kind: FatalKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }

  get exitCode(): number {
    return FATAL_EXIT_CODES[this.kind];
  }
}

/** Entries of the matrix: what protocol-aware recovery was first tested with. */
export const MATRIX_ENTRIES = 4;
export const MATRIX_NODES = 3;
export const PATTERNS = 2 ** (MATRIX_ENTRIES * MATRIX_NODES);

/** Which copies are damaged: bit `entry * 3 + node` of the number. */
export interface CorruptionPattern {
  readonly number: number;
  /** Whether each entry is intact on some node. */
  readonly recoverable: boolean;
  /** Entries (0 to 3) that no node has intact. */
  readonly lost: readonly number[];
}

export function patternOf(number: number): CorruptionPattern {
  const lost = Array.from({ length: MATRIX_ENTRIES }, (_, entry) => entry).filter((entry) =>
    Array.from({ length: MATRIX_NODES }, (_, node) => isDamaged(number, entry, node)).every(
      Boolean,
    ),
  );
  return { number, recoverable: lost.length === 0, lost };
}

export function isDamaged(number: number, entry: number, node: number): boolean {
  return ((number >> (entry * MATRIX_NODES + node)) & 1) === 1;
}

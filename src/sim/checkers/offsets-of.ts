import type { ReadOperation } from "../history.ts";

/** The offset at which a read was given its value number `at`. */
export function offsetAt({ answer, from }: ReadOperation, at: number): number {
  return answer?.offsets?.[at] ?? from + at;
}

/** The offset behind the last value that a read was given. */
export function endOfRead(read: ReadOperation): number {
  const count = read.answer?.values.length ?? 0;
  return count === 0 ? read.from : offsetAt(read, count - 1) + 1;
}

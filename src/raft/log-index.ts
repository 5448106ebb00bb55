import type { LogIndex } from "../common/brand.ts";

/** The only arithmetic on indexes: results stay indexes, and in range. */
export const ZERO_INDEX = 0 as LogIndex;

export function next(index: LogIndex): LogIndex {
  return (index + 1) as LogIndex;
}

/** The index before `index`; of 0, still 0. */
export function previous(index: LogIndex): LogIndex {
  return (index > 0 ? index - 1 : 0) as LogIndex;
}

export function plus(index: LogIndex, count: number): LogIndex {
  return (index + count) as LogIndex;
}

export function smaller(a: LogIndex, b: LogIndex): LogIndex {
  return a < b ? a : b;
}

export function larger(a: LogIndex, b: LogIndex): LogIndex {
  return a > b ? a : b;
}

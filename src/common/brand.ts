import { assert } from "./assert.ts";

declare const brand: unique symbol;

/** A number that the compiler does not let stand in for another kind of number. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Raft's term: 0 before the first election. */
export type Term = Brand<number, "Term">;
/** Position of an entry in the Raft log: 1, 2, 3 …; 0 means "before the first entry". */
export type LogIndex = Brand<number, "LogIndex">;
/** Position of a record for users: 0, 1, 2 …, dense. Never an index. */
export type Offset = Brand<number, "Offset">;
/** Name of a node as in the configuration: `n1`. */
export type NodeId = string;

export function Term(value: number): Term {
  assert(Number.isSafeInteger(value) && value >= 0, "a term is a safe, non-negative integer");
  return value as Term;
}

export function LogIndex(value: number): LogIndex {
  assert(Number.isSafeInteger(value) && value >= 0, "an index is a safe, non-negative integer");
  return value as LogIndex;
}

export function Offset(value: number): Offset {
  assert(Number.isSafeInteger(value) && value >= 0, "an offset is a safe, non-negative integer");
  return value as Offset;
}

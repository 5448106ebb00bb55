import { inOrder } from "./in-order.ts";

/** What became known, and when. */
export interface Known<Item> {
  readonly items: readonly Item[];
  readonly atMs: (item: Item) => number;
  readonly position: (item: Item) => number;
}

/** What was asked, and when. */
export interface Asked<Item> {
  readonly items: readonly Item[];
  readonly atMs: (item: Item) => number;
}

/** For each question, the highest position that was known before it was asked. */
export function highestKnown<K, A>(
  known: Known<K>,
  asked: Asked<A>,
  visit: (highest: K, question: A) => void,
): void {
  const told = inOrder(known.items, known.atMs);
  let next = 0;
  let highest: K | undefined;
  let position = -Infinity;
  for (const question of inOrder(asked.items, asked.atMs)) {
    const askedMs = asked.atMs(question);
    for (; next < told.length; next++) {
      const candidate = told[next];
      if (candidate === undefined || known.atMs(candidate) >= askedMs) break;
      if (known.position(candidate) <= position) continue;
      highest = candidate;
      position = known.position(candidate);
    }
    if (highest !== undefined) visit(highest, question);
  }
}

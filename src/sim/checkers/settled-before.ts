/** Something that was known at a moment: a position, and when it became known. */
export interface Known<Source> {
  readonly atMs: number;
  readonly position: number;
  readonly source: Source;
}

/** A question asked at a moment. */
export interface Asked<Source> {
  readonly atMs: number;
  readonly source: Source;
}

/**
 * For each question, the highest position that was known before it was asked. Both lists are sorted
 * by time here: lists that are in order already, as records of one client are, cost next to nothing.
 */
export function highestKnown<K, A>(
  known: readonly Known<K>[],
  asked: readonly Asked<A>[],
  visit: (highest: Known<K>, question: Asked<A>) => void,
): void {
  const inOrder = known.toSorted(byTime);
  let next = 0;
  let highest: Known<K> | undefined;
  for (const question of asked.toSorted(byTime)) {
    for (; next < inOrder.length; next++) {
      const candidate = inOrder[next];
      if (candidate === undefined || candidate.atMs >= question.atMs) break;
      if (highest === undefined || candidate.position > highest.position) highest = candidate;
    }
    if (highest !== undefined) visit(highest, question);
  }
}

function byTime(a: { readonly atMs: number }, b: { readonly atMs: number }): number {
  return a.atMs - b.atMs;
}

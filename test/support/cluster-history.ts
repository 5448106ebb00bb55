/** One append as its client saw it. Values are unique, so that a copy can be checked by value. */
export interface AppendSeen {
  readonly value: string;
  /** Milliseconds of one clock, shared by all clients. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: "acknowledged" | "failed" | "unknown";
  /** Present when acknowledged. */
  readonly offset: number | undefined;
}

export interface CopiedRecord {
  readonly offset: number;
  readonly value: string;
}

/** What one node gives to a reader that starts at offset 0. */
export interface Copy {
  readonly nodeId: string;
  readonly records: readonly CopiedRecord[];
}

/** Everything that is known when the cluster is quiet again. */
export interface History {
  readonly appends: readonly AppendSeen[];
  readonly copies: readonly Copy[];
}

/** Enough to see what is wrong; a broken log would otherwise print a book. */
const MAX_SENTENCES = 20;

/**
 * What contradicts the promise; empty when it was kept. The promise: offsets are dense; every
 * acknowledged record is there once, at its acknowledged offset, in every copy; nothing is there
 * that was not appended, or whose append failed; copies are equal; real time is respected.
 */
export function contradictions(history: History): readonly string[] {
  return [
    ...history.copies.flatMap(gaps),
    ...history.copies.flatMap((copy) => misplaced(copy, history.appends)),
    ...history.copies.flatMap((copy) => uninvited(copy, history.appends)),
    ...differences(history.copies),
    ...timeTravel(history.appends),
  ].slice(0, MAX_SENTENCES);
}

function gaps({ nodeId, records }: Copy): readonly string[] {
  const at = records.findIndex(({ offset }, position) => offset !== position);
  return at < 0 ? [] : [`${nodeId}: record ${at} has offset ${records[at]?.offset}`];
}

function misplaced({ nodeId, records }: Copy, appends: readonly AppendSeen[]): readonly string[] {
  return appends.flatMap(({ value, outcome, offset }) => {
    if (outcome !== "acknowledged" || offset === undefined) return [];
    const found = records[offset]?.value;
    if (found === value) return [];
    return [`${nodeId}: ${value} was acknowledged at ${offset}, where ${found ?? "nothing"} is`];
  });
}

function uninvited({ nodeId, records }: Copy, appends: readonly AppendSeen[]): readonly string[] {
  const outcomes = new Map(appends.map(({ value, outcome }) => [value, outcome]));
  const seenAt = new Map<string, number>();
  return records.flatMap(({ value, offset }) => {
    const first = seenAt.get(value);
    if (first !== undefined)
      return [`${nodeId}: ${value} is there twice, at ${first} and ${offset}`];
    seenAt.set(value, offset);
    const outcome = outcomes.get(value);
    if (outcome === undefined) return [`${nodeId}: ${value} at ${offset} was never appended`];
    if (outcome === "failed") return [`${nodeId}: ${value} at ${offset} had been answered failed`];
    return [];
  });
}

function differences([first, ...others]: readonly Copy[]): readonly string[] {
  if (first === undefined) return ["there is no copy"];
  return others.flatMap((other) => {
    const count = Math.max(first.records.length, other.records.length);
    for (let at = 0; at < count; at++)
      if (first.records[at]?.value !== other.records[at]?.value)
        return [`${first.nodeId} and ${other.nodeId} differ at offset ${at}`];
    return [];
  });
}

/** An append that began after another was acknowledged must have the larger offset. */
function timeTravel(appends: readonly AppendSeen[]): readonly string[] {
  const acknowledged = appends
    .flatMap((append) =>
      append.offset === undefined ? [] : [{ ...append, offset: append.offset }],
    )
    .toSorted((a, b) => b.offset - a.offset);
  let earliestEnd: (typeof acknowledged)[number] | undefined;
  return acknowledged.flatMap((append) => {
    const later = earliestEnd;
    if (earliestEnd === undefined || append.endedMs < earliestEnd.endedMs) earliestEnd = append;
    if (later === undefined || later.endedMs >= append.startedMs) return [];
    return [
      `${append.value} got offset ${append.offset}, but ${later.value} ` +
        `had been acknowledged at ${later.offset} before it began`,
    ];
  });
}

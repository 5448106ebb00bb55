import type { AppendOperation, ReadOperation } from "../history.ts";
import { byClient } from "./by-client.ts";
import { defineCheck } from "./check.ts";
import { highestKnown } from "./settled-before.ts";
import type { Findings } from "./violation.ts";

export const staleBound = defineCheck({
  id: "K11",
  name: "stale bound",
  sentence: "A read that asks for its session sees what its client was acknowledged before.",
  unseen: ({ reads }) =>
    reads.some(({ session }) => session === true) ? [] : ["no read asked for its session"],
  look({ appends, reads }, found) {
    const asking = byClient(reads.filter(({ session }) => session === true));
    const acknowledged = appends.filter(
      ({ client, outcome }) => outcome === "acknowledged" && asking.has(client),
    );
    const told = byClient(acknowledged);
    for (const [client, ofClient] of asking) compare(told.get(client) ?? [], ofClient, found);
  },
});

function compare(
  appends: readonly AppendOperation[],
  reads: readonly ReadOperation[],
  found: Findings,
): void {
  const known = appends.map((source) => ({
    atMs: source.settledMs ?? Infinity,
    position: (source.offset ?? 0) + source.values.length,
    source,
  }));
  const asked = reads.map((source) => ({ atMs: source.invokedMs, source }));
  highestKnown(known, asked, (highest, { source: read }) => {
    const highWatermark = read.answer?.highWatermark ?? Infinity;
    if (highWatermark >= highest.position) return;
    found.add(
      `${read.client} was told of ${highWatermark} records by ${read.nodeId}, having been ` +
        `acknowledged ${highest.source.values[0]} at ${highest.source.offset}`,
      { operations: [highest.source, read], offset: highWatermark, timeMs: read.invokedMs },
    );
  });
}

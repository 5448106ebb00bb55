import type { AppendOperation, ReadOperation } from "../history.ts";
import { byClient } from "./by-client.ts";
import { defineCheck } from "./check.ts";
import { highestKnown } from "./highest-known.ts";
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
  const known = {
    items: appends,
    atMs: ({ settledMs }: AppendOperation) => settledMs ?? Infinity,
    position: ({ offset, values }: AppendOperation) => (offset ?? 0) + values.length,
  };
  const asked = { items: reads, atMs: ({ invokedMs }: ReadOperation) => invokedMs };
  highestKnown(known, asked, (append, read) => {
    const highWatermark = read.answer?.highWatermark ?? Infinity;
    if (highWatermark >= known.position(append)) return;
    found.add(
      `${read.client} was told of ${highWatermark} records by ${read.nodeId}, having been ` +
        `acknowledged ${append.values[0]} at ${append.offset}`,
      { operations: [append, read], offset: highWatermark, timeMs: read.invokedMs },
    );
  });
}

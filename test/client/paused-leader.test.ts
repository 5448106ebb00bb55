import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LocalCluster } from "../../scripts/local-cluster/local-cluster.ts";
import { codecs, connect } from "../../src/index.ts";
import { until } from "../support/until.ts";

/** A paused process keeps its connections and says nothing: only a ping can tell. */
it("Appends and tails go on elsewhere when the leader is paused, once and in order", async () => {
  const directory = mkdtempSync(join(tmpdir(), "balsa-paused-"));
  const cluster = await LocalCluster.create({ directory, segmentBytes: "1MiB" });
  try {
    cluster.startAll();
    await cluster.waitForLeader();
    await using client = await connect({
      endpoints: cluster.nodes.map(({ clientAddress }) => clientAddress),
    });
    await using producer = client.producer<string>({ codec: codecs.text, batchRecords: 1 });
    const seen: string[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const { value } of client.tail({ codec: codecs.text, signal: stop.signal }))
        seen.push(String(value));
    })();
    const appends = [producer.append({ value: "0" })];
    await appends[0];
    const { leader } = await client.admin.status();
    const paused = String(leader);
    const pausing = cluster.kill(paused, "SIGSTOP");
    for (let i = 1; i <= 20; i++) appends.push(producer.append({ value: `${i}` }));
    const acks = await Promise.all(appends);
    await until(() => seen.length === 21);
    await cluster.kill(paused, "SIGKILL");
    await pausing;
    expect(acks.map(({ offset }) => offset)).toEqual(acks.map((_, i) => i));
    expect(seen).toEqual(acks.map((_, i) => `${i}`));
    stop.abort();
    await reading;
  } finally {
    await cluster.remove();
  }
});

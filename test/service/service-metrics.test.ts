import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import { startService } from "../../src/service/server.ts";
import { FakeNode } from "../support/fake-node.ts";
import { valuesOf } from "../support/metric-values.ts";
import { answerOf, appendRequest, batchOf, observe } from "../support/raw-log-client.ts";
import { errorOf, RawLogClient } from "../support/raw-log-client.ts";
import { until } from "../support/until.ts";

const READ = {
  ...{ fromOffset: 0, maxBytes: 0, rawFrames: false },
  consistency: "CONSISTENCY_LOCAL",
} as const;

async function serve() {
  const node = new FakeNode("n1");
  node.lead(1);
  const metrics = new NodeMetrics();
  const options = { node, listen: "127.0.0.1:0", members: new Map(), version: "test" };
  const service = await startService({ ...options, metrics });
  const log = new RawLogClient(service.address);
  return {
    ...{ node, log },
    values: () => valuesOf(metrics),
    async [Symbol.asyncDispose]() {
      log[Symbol.dispose]();
      await service.close();
    },
  };
}

describe("what is counted of clients", () => {
  it("is every batch by its verdict, and the records and bytes of those acknowledged", async () => {
    await using served = await serve();
    const { log, node, values } = served;
    const batch = batchOf("a", "b", "c");
    answerOf(await log.call("Append", appendRequest(batch, 3)));
    node.refuseAppends = new LogError("STORAGE_FULL", "no room");
    errorOf(await log.call("Append", appendRequest(batch, 3)));
    errorOf(await log.call("Append", appendRequest(batch, 2)));
    expect(values()).toMatchObject({
      "balsa_append_requests_total{code=OK}": 1,
      "balsa_append_requests_total{code=STORAGE_FULL}": 1,
      "balsa_append_requests_total{code=INVALID_ARGUMENT}": 1,
      balsa_append_records_total: 3,
      balsa_append_bytes_total: batch.length,
    });
  });

  it("counts the batches of a stream alike, and the stream while it is open", async () => {
    await using served = await serve();
    const { log, values } = served;
    const batch = batchOf("a", "b");
    const stream = log.appendStream();
    const seen = observe(stream);
    const append = (sequence: number, recordCount: number) => ({ batch, recordCount, sequence });
    stream.write({ open: { producerId: 7, producerEpoch: 1 }, appends: [append(0, 2)] });
    stream.write({ open: null, appends: [append(1, 9)] });
    await until(() => values()["balsa_append_requests_total{code=INVALID_ARGUMENT}"] === 1);
    expect(values()).toMatchObject({
      "balsa_append_requests_total{code=OK}": 1,
      balsa_append_records_total: 2,
      balsa_append_bytes_total: batch.length,
      "balsa_client_streams{kind=append}": 1,
      "balsa_client_streams{kind=tail}": 0,
    });
    stream.end();
    await seen.ended;
    await until(() => values()["balsa_client_streams{kind=append}"] === 0);
  });

  it("is what readers were sent, once or as a tail", async () => {
    await using served = await serve();
    const { log, values } = served;
    answerOf(await log.call("Append", appendRequest(batchOf("a", "b", "c"), 3)));
    answerOf(await log.call("Read", { ...READ, fromOffset: 1, rawFrames: true }));
    expect(values()["balsa_fetch_offsets_total"]).toBe(2);
    answerOf(await log.call("Read", READ));
    expect(values()["balsa_fetch_offsets_total"]).toBe(5);
    const stream = log.tail({ fromOffset: 0 });
    const seen = observe(stream);
    await until(() => values()["balsa_fetch_offsets_total"] === 8);
    expect(values()["balsa_fetch_bytes_total"]).toBeGreaterThan(0);
    expect(values()["balsa_client_streams{kind=tail}"]).toBe(1);
    stream.cancel();
    await seen.ended;
    await until(() => values()["balsa_client_streams{kind=tail}"] === 0);
  });
});

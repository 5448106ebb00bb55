/** Appends through Balsa's client; prints one LoadResult. usage: balsa-load ENDPOINTS LOAD_JSON */
import { codecs, connect } from "balsa";
import { type Load, LoadMeter } from "./load.ts";

const [endpoints = "", json = "{}"] = process.argv.slice(2);
const load = JSON.parse(json) as Load;
const value = Buffer.alloc(load.recordBytes, "a");
const records = Array.from({ length: load.recordsPerAppend }, () => ({ value }));

const client = await connect({ endpoints: endpoints.split(",") });
const producer = client.producer({
  codec: codecs.bytes,
  batchRecords: load.recordsPerAppend,
  lingerMs: 0,
  maxInFlight: load.inFlight,
  maxBufferedBytes: 256 << 20,
  maxMessageBytes: load.appendsPerMessage === 1 ? 1 : undefined,
});
const appendOnce =
  load.recordsPerAppend === 1
    ? () => producer.append({ value })
    : () => producer.appendBatch(records);

// The first append opens the stream and finds the leader; it is not measured.
await appendOnce();
const meter = new LoadMeter(load);

async function keepOneInFlight(): Promise<void> {
  while (!meter.ended) {
    const sentMs = performance.now();
    await appendOnce();
    meter.acknowledged(sentMs);
  }
}

await Promise.all(Array.from({ length: load.inFlight }, keepOneInFlight));
console.log(JSON.stringify(meter.result()));
await client.close();

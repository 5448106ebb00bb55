import { codecs, connect } from "balsa";

await using client = await connect(process.env["BALSA_ENDPOINTS"] ?? "127.0.0.1:7101");
await using p = client.producer<string>({
  codec: codecs.text,
  lingerMs: 5,
  batchBytes: 64 * 1024,
  maxInFlight: 4,
});

// Fire many: the producer coalesces them into batches.
const acks: Promise<unknown>[] = [];
for (let i = 0; i < 100_000; i++) {
  if (p.bufferedBytes > 8 << 20) await p.drain(); // back-pressure, no unbounded memory
  acks.push(p.append({ value: `line ${i}` }));
}
await Promise.all(acks);

// One atomic batch: all or none, at consecutive offsets.
const three = await p.appendBatch([{ value: "a" }, { value: "b" }, { value: "c" }]);
console.log(three.map(({ offset }) => offset));

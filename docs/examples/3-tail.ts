import { codecs, connect } from "balsa";

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

await using client = await connect(process.env["BALSA_ENDPOINTS"] ?? "127.0.0.1:7101");
const log = client.tail({
  from: { offset: 1200 },
  codec: codecs.text,
  signal: stop.signal,
  onTrimmed: "skip-to-start",
});
// Survives leader changes: resumes at its position.
for await (const r of log) {
  console.log(r.offset, r.term, r.key, r.value, `lag=${log.lag}`);
  if (r.value === "quit") break; // break cancels the stream
}
// Bounded read, one await per batch.
for await (const batch of client.tail({ from: "start", to: "end", codec: codecs.text }).batches())
  console.log(batch.length);

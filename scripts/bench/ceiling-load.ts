/** Appends through the bare pipeline; prints one LoadResult. usage: ceiling-load PORT LOAD_JSON */
import { type Acks, connectPipeline, type Request } from "./ceiling-proto.ts";
import { type Load, LoadMeter } from "./load.ts";

const [port = "", json = "{}"] = process.argv.slice(2);
const load = JSON.parse(json) as Load;
const meter = new LoadMeter(load);
const stream = connectPipeline(Number(port)).Append();
const data = Buffer.alloc(load.recordsPerAppend * load.recordBytes, "a");
const sentMs = new Map<number, number>();
let nextId = 0;

function sendMessage(appends: number): void {
  const nowMs = performance.now();
  const requests: Request[] = [];
  for (let i = 0; i < appends; i++) {
    sentMs.set(nextId, nowMs);
    requests.push({ id: nextId++, data });
  }
  stream.write({ requests });
}

/** What may be sent now goes in as few messages as the load allows. */
function send(appends: number): void {
  for (let left = appends; left > 0; left -= load.appendsPerMessage)
    sendMessage(Math.min(left, load.appendsPerMessage));
}

stream.on("data", ({ ids }: Acks) => {
  for (const id of ids) {
    meter.acknowledged(sentMs.get(id) ?? 0);
    sentMs.delete(id);
  }
  if (!meter.ended) return send(ids.length);
  console.log(JSON.stringify(meter.result()));
  process.exit(0);
});
send(load.inFlight);

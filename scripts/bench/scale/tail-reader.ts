/**
 * Tails one node as raw frames: first to `end`, then what comes until stdin ends. Prints a line for
 * each part. usage: tail-reader JSON
 */
import { Client, credentials } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "#dist/common/limits.js";
import type { TailResponse } from "#dist/wire/log-messages.js";
import { logService } from "#dist/wire/protos.js";

export interface TailTask {
  readonly address: string;
  /** Offset where what is there ends. */
  readonly end: number;
}

/** Bytes of frames, in so many seconds. `lag`: records not read at the end. */
export interface TailPart {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly lag: number;
}

const { address, end } = JSON.parse(process.argv[2] ?? "{}") as TailTask;
const client = new Client(address, credentials.createInsecure(), {
  "grpc.enable_channelz": 0,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc-node.flow_control_window": 4 << 20,
});
const { path, requestSerialize, responseDeserialize } = logService().Tail;
const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
  fromOffset: 0,
  consistency: "CONSISTENCY_LOCAL",
  rawFrames: true,
  maxBytes: 1 << 20,
});

let bytes = 0;
let next = 0;
let highWatermark = 0;
let startedMs = performance.now();
let cpu = process.cpuUsage();
let live = false;

function endPart(): void {
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedMs) / 1000;
  const part: TailPart = {
    ...{ bytes, seconds },
    cpuSeconds: (user + system) / 1e6,
    lag: Math.max(0, highWatermark - next),
  };
  console.log(JSON.stringify(part));
  bytes = 0;
  startedMs = performance.now();
  cpu = process.cpuUsage();
}

call.on("error", (error) => {
  console.error(String(error));
  process.exit(1);
});
call.on("data", (message: TailResponse) => {
  bytes += message.frames.length;
  next = message.nextOffset;
  ({ highWatermark } = message);
  if (live || next < end) return;
  live = true;
  endPart();
});
process.stdin.resume().on("end", () => {
  endPart();
  process.exit();
});

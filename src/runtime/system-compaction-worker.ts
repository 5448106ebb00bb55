import { parentPort } from "node:worker_threads";
import { type CompactionResult, runCompaction } from "../storage/compaction/task.ts";
import { compressFile, type CompressionResult } from "../storage/compression/compress-file.ts";
import { nodeFileSystem } from "../storage/node-file-system.ts";
import { batchCodec } from "./batch-codec.ts";
import { failureOf, type FromWorker, type ToWorker, type Work } from "./compaction-messages.ts";
import { systemScheduler } from "./system-scheduler.ts";

/** The entry of a worker thread: carries out what it is sent, and answers. */
const ports = {
  fileSystem: nodeFileSystem,
  codec: batchCodec,
  pause: (delayMs: number): Promise<void> =>
    new Promise((resolve) => systemScheduler.after(delayMs, resolve)),
};

let stopping = new AbortController();

function carryOut(work: Work, signal: AbortSignal): Promise<CompactionResult | CompressionResult> {
  if (work.kind === "compact") return runCompaction(work.task, ports, signal);
  return compressFile(work.task, ports, signal);
}

async function answer(message: ToWorker): Promise<void> {
  if (message.kind === "stop") {
    stopping.abort();
    return;
  }
  stopping = new AbortController();
  const answered: FromWorker = await carryOut(message, stopping.signal).then(
    (result) => ({ kind: "result", result }),
    (thrown: unknown) => ({ kind: "failed", failure: failureOf(thrown) }),
  );
  parentPort?.postMessage(answered);
}

parentPort?.on("message", (message: ToWorker) => void answer(message));

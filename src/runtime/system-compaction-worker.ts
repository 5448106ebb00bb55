import { parentPort } from "node:worker_threads";
import { runCompaction } from "../storage/compaction/task.ts";
import { nodeFileSystem } from "../storage/node-file-system.ts";
import { batchCodec } from "./batch-codec.ts";
import { failureOf, type FromWorker, type ToWorker } from "./compaction-messages.ts";
import { systemScheduler } from "./system-scheduler.ts";

/** The entry of a worker thread: carries out the compaction that it is sent, and answers. */
const ports = {
  fileSystem: nodeFileSystem,
  codec: batchCodec,
  pause: (delayMs: number): Promise<void> =>
    new Promise((resolve) => systemScheduler.after(delayMs, resolve)),
};

let stopping = new AbortController();

async function answer(message: ToWorker): Promise<void> {
  if (message.kind === "stop") {
    stopping.abort();
    return;
  }
  stopping = new AbortController();
  const answered: FromWorker = await runCompaction(message.task, ports, stopping.signal).then(
    (result) => ({ kind: "result", result }),
    (thrown: unknown) => ({ kind: "failed", failure: failureOf(thrown) }),
  );
  parentPort?.postMessage(answered);
}

parentPort?.on("message", (message: ToWorker) => void answer(message));

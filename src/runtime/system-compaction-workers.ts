import { Worker } from "node:worker_threads";
import { LogError } from "../common/errors.ts";
import type { CompactionResult, CompactionTask } from "../storage/compaction/task.ts";
import type { CompressionResult, CompressionTask } from "../storage/compression/compress-file.ts";
import type { CompactionWorkers } from "../storage/compaction/workers.ts";
import { errorOf, type FromWorker, type ToWorker, type Work } from "./compaction-messages.ts";

/** Next to this file and with its extension: what runs is what the build made of it. */
const ENTRY = new URL(import.meta.url.replace(/-workers(\.[jt]s)$/, "-worker$1"));

interface Job {
  readonly work: Work;
  readonly signal: AbortSignal | undefined;
  /** With what that kind of work comes to. */
  readonly resolve: (result: CompactionResult | CompressionResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Compaction and compression on worker threads: `threads` at most, begun when needed. A thread
 * that dies takes only its task with it: files and manifest count once the hard state names them.
 */
export class SystemCompactionWorkers implements CompactionWorkers {
  readonly #threads: number;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #waiting: Job[] = [];
  readonly #running = new Set<Job>();
  #closed = false;

  /** `threads`: `log.cleaner.threads`. */
  constructor(threads: number) {
    this.#threads = threads;
  }

  run(task: CompactionTask, signal?: AbortSignal): Promise<CompactionResult> {
    return this.#done({ kind: "compact", task }, signal) as Promise<CompactionResult>;
  }

  compress(task: CompressionTask, signal?: AbortSignal): Promise<CompressionResult> {
    return this.#done({ kind: "compress", task }, signal) as Promise<CompressionResult>;
  }

  #done(
    work: Work,
    signal: AbortSignal | undefined,
  ): Promise<CompactionResult | CompressionResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, signal, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const job of [...this.#running, ...this.#waiting.splice(0)]) job.reject(closed());
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #next(): void {
    const job = this.#waiting[0];
    if (job === undefined) return;
    if (this.#closed) {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(closed());
      return;
    }
    const worker = this.#idle.pop() ?? this.#start();
    if (worker === undefined) return;
    this.#waiting.shift();
    this.#carryOut(worker, job);
  }

  #start(): Worker | undefined {
    if (this.#all.size >= this.#threads) return undefined;
    const worker = new Worker(ENTRY);
    // A node that has nothing else to do may end.
    worker.unref();
    this.#all.add(worker);
    worker.on("exit", () => this.#all.delete(worker));
    return worker;
  }

  #carryOut(worker: Worker, job: Job): void {
    const { work, signal } = job;
    const stop = (): void => worker.postMessage({ kind: "stop" } satisfies ToWorker);
    const ended = (idle: boolean): void => {
      this.#running.delete(job);
      signal?.removeEventListener("abort", stop);
      worker.removeAllListeners("message");
      worker.removeAllListeners("error");
      worker.off("exit", died);
      if (idle) this.#idle.push(worker);
      this.#next();
    };
    const lost = (cause: unknown): void => {
      this.#all.delete(worker);
      job.reject(new LogError("UNAVAILABLE", "the compaction's thread ended early", { cause }));
      ended(false);
    };
    const died = (): void => lost(undefined);
    this.#running.add(job);
    worker.on("message", (answer: FromWorker) => {
      if (answer.kind === "result") job.resolve(answer.result);
      else job.reject(errorOf(answer.failure));
      ended(true);
    });
    worker.on("error", lost);
    worker.on("exit", died);
    worker.postMessage(work satisfies ToWorker);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
  }
}

function closed(): LogError {
  return new LogError("CLOSED", "the node is stopping; the compaction was given up");
}

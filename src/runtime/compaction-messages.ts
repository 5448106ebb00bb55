import { AssertionError } from "../common/assert.ts";
import { LogError } from "../common/errors.ts";
import { FatalError, type FatalKind } from "../common/fatal-error.ts";
import type { CompactionResult, CompactionTask } from "../storage/compaction/task.ts";
import type { CompressionResult, CompressionTask } from "../storage/compression/compress-file.ts";

/** What a worker thread may be given to do. */
export type Work =
  | { readonly kind: "compact"; readonly task: CompactionTask }
  | { readonly kind: "compress"; readonly task: CompressionTask };

/** What a worker thread is told. It carries out one task at a time. */
export type ToWorker =
  | Work
  /** Stop the task under way. */
  | { readonly kind: "stop" };

/** How a task ended. */
export type FromWorker =
  | { readonly kind: "result"; readonly result: CompactionResult | CompressionResult }
  | { readonly kind: "failed"; readonly failure: Failure };

/** An error as plain data. */
export type Failure =
  | { readonly type: "fatal"; readonly kind: FatalKind; readonly message: string }
  | { readonly type: "log"; readonly code: LogError["code"]; readonly message: string }
  | { readonly type: "assertion"; readonly message: string };

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof FatalError)
    return { type: "fatal", kind: thrown.kind, message: thrown.message };
  if (thrown instanceof AssertionError) return { type: "assertion", message: thrown.message };
  const { code, message } = LogError.from(thrown);
  return { type: "log", code, message };
}

/** The error that was thrown in the worker, made anew. */
export function errorOf(failure: Failure): Error {
  switch (failure.type) {
    case "fatal":
      return new FatalError(failure.kind, failure.message);
    case "assertion":
      return new AssertionError(failure.message);
    case "log":
      return new LogError(failure.code, failure.message);
  }
}

import { Offset } from "../common/brand.ts";
import { deferred, type Deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import { FatalError } from "../common/fatal-error.ts";
import { type Frame, frameLength } from "../common/frame.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import { frameRecords, iterateFrames } from "../wire/frame-records.ts";
import { decodeCommand } from "./command.ts";
import { type CommandResult, StateMachines } from "./state-machines.ts";

/** Bytes of frames that are read and applied together. */
const READ_BYTES = 1 << 20;
/** What cannot be read yet is asked for again so often. */
const RETRY_MS = 10;

type LocalLog = Pick<NodeApi, "read" | "waitBeyond">;

interface CatchUp {
  readonly upTo: Offset;
  readonly done: Deferred<void>;
}

/**
 * This node's copy of the state machines: follows the node's own committed log, record by record,
 * and tells those who wait here what their commands came to.
 */
export class Replica {
  readonly machines = new StateMachines();
  readonly #log: LocalLog;
  readonly #scheduler: Scheduler;
  readonly #fail: (error: FatalError) => void;
  readonly #expected = new Map<string, Deferred<CommandResult>>();
  readonly #recordBytes = new Map<number, number>();
  #catchUps: CatchUp[] = [];
  #next = Offset(0);
  #stopped = false;

  constructor(log: LocalLog, scheduler: Scheduler, fail: (error: FatalError) => void) {
    this.#log = log;
    this.#scheduler = scheduler;
    this.#fail = fail;
  }

  start(): void {
    this.#follow().catch((thrown: unknown) => {
      if (!this.#stopped) this.#fail(asFatal(thrown));
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Resolves with what the command of this id comes to, if it is ever applied. */
  resultOf(id: string): Promise<CommandResult> {
    const result = deferred<CommandResult>();
    this.#expected.set(id, result);
    return result.promise;
  }

  /** Nobody waits for the command any more. */
  forget(id: string): void {
    this.#expected.delete(id);
  }

  /** Resolves once every record below `offset` is applied here. */
  caughtUp(offset: Offset): Promise<void> {
    if (offset <= this.#next) return Promise.resolve();
    const done = deferred<void>();
    this.#catchUps.push({ upTo: offset, done });
    return done.promise;
  }

  /** Bytes of the entries with records, in the segment that begins with the entry `firstIndex`. */
  recordBytes(firstIndex: number): number {
    return this.#recordBytes.get(firstIndex) ?? 0;
  }

  async #follow(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#log.waitBeyond(this.#next);
        const { run } = await this.#log.read(this.#next, READ_BYTES, "local");
        const [only, ...more] = run.chunks;
        const bytes = only !== undefined && more.length === 0 ? only : Buffer.concat(run.chunks);
        for (const frame of iterateFrames(bytes)) this.#apply(frame);
        this.#tellCaughtUp();
      } catch (thrown) {
        // Not a member yet, not sure yet what is committed, or damage under repair.
        if (!(thrown instanceof LogError) || !thrown.retryable) throw thrown;
        await new Promise<void>((resolve) => this.#scheduler.after(RETRY_MS, resolve));
      }
    }
  }

  #apply(frame: Frame): void {
    const { header } = frame;
    if (header.recordCount === 0) return;
    if (header.baseOffset >= this.#next) {
      const sum = this.recordBytes(header.segmentFirstIndex) + frameLength(header);
      this.#recordBytes.set(header.segmentFirstIndex, sum);
    }
    for (const record of frameRecords(frame)) {
      if (record.offset < this.#next) continue;
      this.#next = Offset(record.offset + 1);
      const named = decodeCommand(record.value);
      if (named === undefined) continue;
      const result = this.machines.apply(named.command, Offset(record.offset));
      this.#expected.get(named.id)?.resolve(result);
      this.#expected.delete(named.id);
    }
  }

  #tellCaughtUp(): void {
    const reached = this.#catchUps.filter(({ upTo }) => upTo <= this.#next);
    if (reached.length === 0) return;
    this.#catchUps = this.#catchUps.filter(({ upTo }) => upTo > this.#next);
    for (const { done } of reached) done.resolve();
  }
}

function asFatal(thrown: unknown): FatalError {
  if (thrown instanceof FatalError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new FatalError("config", `the state machines cannot follow the log: ${message}`, thrown);
}

import { LogIndex, Offset } from "../../common/brand.ts";
import { type Deferred, deferred } from "../../common/deferred.ts";
import { LogError } from "../../common/errors.ts";
import type { LogState } from "../../statemachine/log-state.ts";
import type { LogStore, SegmentStatus } from "../../storage/types.ts";
import type { AppendGate } from "../append-gate.ts";
import type { LeaderView } from "../leader-view.ts";
import { hasRecords } from "./retention.ts";

export interface LogCommandsParts {
  readonly log: LogStore;
  readonly state: LogState;
  readonly leader: LeaderView;
  readonly appends: Pick<AppendGate, "open" | "appendUpkeep">;
}

/** What an operator asks of a leader: by entries of the log, answered when they are applied. */
export class LogCommands {
  readonly #parts: LogCommandsParts;
  readonly #waiting = new Map<LogIndex, Deferred<void>>();
  #stopped = false;

  constructor(parts: LogCommandsParts) {
    this.#parts = parts;
  }

  /** Moves the log start: at most to the high watermark, never back. Answers the new one. */
  async trim(beforeOffset: Offset): Promise<Offset> {
    const { appends, state } = this.#parts;
    this.#needLeader();
    const logStartOffset = Offset(Math.min(beforeOffset, state.highWatermark));
    if (logStartOffset > state.logStartOffset)
      await appends.appendUpkeep([{ control: "trim", logStartOffset }]);
    return state.logStartOffset;
  }

  /** Starts a new segment unless the active one holds no records; answers its first index. */
  async roll(): Promise<LogIndex> {
    const { appends } = this.#parts;
    this.#needLeader();
    const active = this.#active();
    if (active === undefined || !hasRecords(active)) return active?.firstIndex ?? LogIndex(1);
    return (await appends.appendUpkeep([{ control: "roll" }, "noop"])).index;
  }

  /** Rolls where there is anything new, and marks the newest seal; answers its index. */
  async triggerSnapshot(): Promise<LogIndex> {
    const { appends, state, log } = this.#parts;
    const index = LogIndex((await this.roll()) - 1);
    if (index <= Math.max(state.snapshot.index, log.start.last.index)) return state.snapshot.index;
    await this.#sealedAt(index);
    await appends.appendUpkeep([{ control: "snapshot", index }]);
    return state.snapshot.index;
  }

  /** A segment was sealed. */
  sealed(): void {
    for (const [index, { resolve }] of this.#waiting)
      if (this.#isSealed(index)) {
        this.#waiting.delete(index);
        resolve();
      }
  }

  steppedDown(): void {
    this.#abandon(this.#parts.leader.lost());
  }

  stop(): void {
    this.#stopped = true;
    this.#abandon(new LogError("CLOSED", "the node is shutting down"));
  }

  #needLeader(): void {
    if (this.#stopped || !this.#parts.appends.open) throw this.#parts.leader.refusal();
  }

  #active(): SegmentStatus | undefined {
    return this.#parts.log.segments().at(-1);
  }

  async #sealedAt(index: LogIndex): Promise<void> {
    if (this.#isSealed(index)) return;
    const waiting = this.#waiting.get(index) ?? deferred<void>();
    this.#waiting.set(index, waiting);
    await waiting.promise;
  }

  /** Gone already counts as well: what is gone was sealed. */
  #isSealed(index: LogIndex): boolean {
    const { log } = this.#parts;
    const unsealed = log.segments().find(({ state }) => state !== "sealed");
    return unsealed === undefined || index < unsealed.firstIndex;
  }

  #abandon(error: LogError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

import type { TraceEvent } from "../../src/common/trace.ts";
import { LogIndex, type NodeId, Offset, Term } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { encodeFrame, type EntryType, type Frame } from "../../src/common/frame.ts";
import type {
  AppendAck,
  AppendBatch,
  CallOptions,
  Consistency,
  LogOffsets,
  NodeApi,
  NodeStatus,
  ProducerOpened,
  ReadAnswer,
  ReadOptions,
} from "../../src/runtime/node-api.ts";
import { HighWatermarkWaiters } from "../../src/runtime/high-watermark-waiters.ts";
import type { RecordLocation } from "../../src/storage/types.ts";
import { ProducerFences } from "../../src/runtime/producer-fences.ts";
import type { MetricFamily } from "../../src/runtime/metrics.ts";
import { FakeLifecycle } from "./fake-lifecycle.ts";
import { fakeStatus } from "./fake-status.ts";

type Settle = (result: AppendAck | LogError) => void;

/**
 * A node in memory for tests of service and client: a log, a high watermark, and levers for what
 * a cluster does to them. The real producer fences and waiters, no consensus.
 */
export class FakeNode implements NodeApi {
  readonly nodeId: NodeId;
  readonly lifecycle = new FakeLifecycle();
  /** What {@link metrics} answers. */
  families: readonly MetricFamily[] = [];
  /** Client addresses by node: filled when the services have their ports. */
  readonly addresses = new Map<NodeId, string>();
  /** Everything stamped, committed or not. */
  frames: Frame[] = [];
  /** Frames that are committed. */
  committed = 0;
  term = 0;
  leaderId: NodeId | undefined;
  logStartOffset = 0;
  /** Below it {@link frames} may have holes. */
  compactedTo: Offset | undefined;
  healthy = true;
  /** False: appends are stamped and wait for {@link commitAll}. */
  autoCommit = true;
  /** Answers the next appends instead of stamping them. */
  refuseAppends: LogError | undefined;
  /** What `offsets`, `read` and ReadIndex answer instead. */
  refuseReads: LogError | undefined;
  /** Calls of `offsets` and `read`, by consistency. */
  readonly reads: Consistency[] = [];
  readonly #fences = new ProducerFences();
  readonly #listeners = new Set<() => void>();
  readonly #pending = new Map<number, Settle>();
  readonly #waiters = new HighWatermarkWaiters(Offset(0));
  #commitScheduled = false;

  constructor(nodeId: NodeId) {
    this.nodeId = nodeId;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get nextOffset(): Offset {
    const last = this.frames.at(-1)?.header;
    return Offset(last === undefined ? 0 : last.baseOffset + last.recordCount);
  }

  get highWatermark(): Offset {
    const last = this.frames[this.committed - 1]?.header;
    return Offset(last === undefined ? 0 : last.baseOffset + last.recordCount);
  }

  /** Becomes leader of `term`: a no-op, committed, and everything before it. */
  lead(term: number): void {
    this.term = term;
    this.leaderId = this.nodeId;
    this.#fences.clear();
    this.#stamp("noop", new Uint8Array(0), 0, undefined);
    this.commitAll();
    this.changed();
  }

  /** Leads no more: what was stamped and not committed is unknown. */
  follow(leaderId: NodeId | undefined, term: number): void {
    this.term = term;
    this.leaderId = leaderId;
    this.#fences.clear();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    const lost = new LogError("NOT_LEADER", "leadership was lost", {
      outcome: "unknown",
      leader: leaderId === undefined ? undefined : this.addresses.get(leaderId),
    });
    for (const settle of pending) settle(lost);
    this.changed();
  }

  /** Takes over another node's log; `count` frames of it (default: all). */
  copyLog(from: FakeNode, count = from.frames.length): void {
    this.frames = from.frames.slice(0, count);
    this.committed = Math.min(from.committed, count);
    this.#waiters.advance(this.highWatermark);
  }

  commitAll(): void {
    const first = this.committed;
    this.committed = this.frames.length;
    for (const { header } of this.frames.slice(first)) {
      const settle = this.#pending.get(header.index);
      this.#pending.delete(header.index);
      settle?.({ offset: header.baseOffset, term: header.term, index: header.index });
    }
    this.#waiters.advance(this.highWatermark);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  append(batch: AppendBatch, settle: Settle): void {
    if (this.refuseAppends !== undefined) return settle(this.refuseAppends);
    if (this.leaderId !== this.nodeId) return settle(this.#notLeader());
    const fenced = this.#fences.check(batch.producer);
    if (fenced !== undefined) return settle(fenced);
    const frame = this.#stamp("data", batch.payload, batch.recordCount, batch.producer);
    this.#pending.set(frame.header.index, settle);
    if (!this.autoCommit || this.#commitScheduled) return;
    this.#commitScheduled = true;
    setImmediate(() => {
      this.#commitScheduled = false;
      if (this.autoCommit) this.commitAll();
    });
  }

  openProducer(id: number, epoch: number): ProducerOpened {
    if (this.leaderId !== this.nodeId) throw this.#notLeader();
    this.#fences.open(id, epoch);
    return { term: Term(this.term), barrier: this.nextOffset };
  }

  readonly events: TraceEvent[] = [];

  metrics(): readonly MetricFamily[] {
    return this.families;
  }

  trace(): readonly TraceEvent[] {
    return this.events;
  }

  async offsets(consistency: Consistency, options?: ReadOptions): Promise<LogOffsets> {
    this.#checkReads(consistency, options);
    const logStartOffset = Offset(this.logStartOffset);
    return { logStartOffset, highWatermark: this.highWatermark, term: Term(this.term) };
  }

  async offsetAtTime(timestamp: number): Promise<Offset> {
    const committed = this.frames.slice(0, this.committed);
    const found = committed.find(
      ({ header }) => header.type === "data" && header.timestamp >= timestamp,
    );
    return found?.header.baseOffset ?? this.highWatermark;
  }

  async read(
    from: Offset,
    maxBytes: number,
    consistency: Consistency,
    options?: ReadOptions,
  ): Promise<ReadAnswer> {
    this.#checkReads(consistency, options);
    const { logStartOffset, highWatermark } = this;
    if (from < logStartOffset)
      throw new LogError("OFFSET_TRIMMED", `offset ${from} is gone`, { logStartOffset });
    if (from > highWatermark)
      throw new LogError("OFFSET_BEYOND_END", `the log ends at ${highWatermark}`);
    const committed = this.frames.slice(0, this.committed);
    const start = committed.findIndex(
      ({ header }) => header.baseOffset + header.recordCount > from && header.type === "data",
    );
    const chunks: Uint8Array[] = [];
    let byteLength = 0;
    for (const frame of start < 0 ? [] : committed.slice(start)) {
      if (chunks.length > 0 && byteLength + frame.bytes.length > maxBytes) break;
      chunks.push(frame.bytes);
      byteLength += frame.bytes.length;
    }
    const first = LogIndex(Math.max(0, start) + 1);
    const last = { index: LogIndex(Math.max(0, start) + chunks.length), term: Term(this.term) };
    const run = { first, last, prevChain: 0, chunks, byteLength };
    const answer = { run, logStartOffset: Offset(logStartOffset), highWatermark };
    const { compactedTo } = this;
    if (compactedTo === undefined) return answer;
    return byteLength > 0
      ? { ...answer, compactedTo }
      : { ...answer, compactedTo, nextOffset: compactedTo };
  }

  async locate(offset: Offset): Promise<RecordLocation> {
    const committed = this.frames.slice(0, this.committed);
    const at = committed.findIndex(
      ({ header }) => header.type === "data" && header.baseOffset + header.recordCount > offset,
    );
    const found = committed[at];
    if (found === undefined)
      throw new LogError("OFFSET_BEYOND_END", `the log ends at ${this.highWatermark}`);
    const { index, baseOffset, recordCount, term, timestamp } = found.header;
    const before = committed.slice(0, at);
    const position = before.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const file = "00000000000000000000.log";
    const { length } = found.bytes;
    return { index, baseOffset, recordCount, term, timestamp, file, position, length };
  }

  /** Tails that wait at the end of the log. */
  waiting = 0;

  async waitBeyond(offset: Offset, options?: CallOptions): Promise<void> {
    this.waiting++;
    try {
      await this.#waiters.wait(offset, options);
    } finally {
      this.waiting--;
    }
  }

  status(): NodeStatus {
    return fakeStatus(this);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #checkReads(consistency: Consistency, options: ReadOptions = {}): void {
    this.reads.push(consistency);
    if (this.refuseReads !== undefined) throw this.refuseReads;
    if ((options.minHighWatermark ?? 0) > this.highWatermark)
      throw new LogError("UNAVAILABLE", `only ${this.highWatermark} are committed here`);
  }

  #stamp(
    type: EntryType,
    payload: Uint8Array,
    recordCount: number,
    producer: AppendBatch["producer"],
  ): Frame {
    const previous = this.frames.at(-1)?.header;
    const stamp = {
      type,
      index: LogIndex(this.frames.length + 1),
      term: Term(this.term),
      baseOffset: this.nextOffset,
      segmentFirstIndex: LogIndex(1),
      timestamp: 1_700_000_000_000 + this.frames.length,
      recordCount,
      producer,
    };
    const frame = encodeFrame(stamp, payload, previous?.chain ?? 0);
    this.frames.push(frame);
    return frame;
  }

  #notLeader(): LogError {
    const leader = this.leaderId === undefined ? undefined : this.addresses.get(this.leaderId);
    return this.leaderId === undefined
      ? new LogError("NO_QUORUM", "no leader is known")
      : new LogError("NOT_LEADER", `the leader is ${this.leaderId}`, { leader });
  }
}

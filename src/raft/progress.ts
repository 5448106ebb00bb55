import { assert } from "../common/assert.ts";
import type { LogIndex } from "../common/brand.ts";
import type { RaftConfig } from "./config.ts";
import type { PeerProgressStatus } from "./status.ts";
import { larger, next, ZERO_INDEX } from "./log-index.ts";

/** One AppendEntries with frames on its way: gone once the follower has `last` on disk. */
interface Inflight {
  readonly last: LogIndex;
  readonly bytes: number;
}

/**
 * What a leader knows of one follower.
 *
 * - `probe`: where the logs part is not known. One message at a time asks about `nextIndex - 1`.
 * - `replicate`: it is known. `nextIndex` runs ahead of the answers, within the inflight window.
 * - `snapshot`: they part before the leader's log begins, or the follower's is damaged there:
 *   nothing but a snapshot helps. Heartbeats go on and ask about the entry before the first one
 *   held, or about the last one that matched, where damage was met later. Whoever matches there
 *   is served again, whatever brought it there; a refusal says what is known already.
 *
 * Invariant: matchIndex < nextIndex.
 */
export class Progress {
  #state: PeerProgressStatus["state"] = "probe";
  #matchIndex = ZERO_INDEX;
  /** Highest ReadIndex round that had begun when matchIndex was heard. */
  #matchRound = 0;
  #nextIndex: LogIndex;
  #inflight: Inflight[] = [];
  #inflightBytes = 0;
  /** First index asked of `sendEntries` and not yet answered by `sent`. */
  #sendingFrom: LogIndex | undefined;
  /** First entry that the leader holds: nobody can be served from before it. */
  #firstIndex: LogIndex;
  /** A `sendSnapshot` was asked for and not yet answered by `snapshotSent`. */
  #transferring = false;
  /** Nothing more to send until an answer or a heartbeat is due. */
  #paused = false;
  lastContactMs: number;
  /** Highest ReadIndex round that the follower has echoed. */
  readRound = 0;
  #diskLow = false;
  #bytesSentWhileLow = 0;
  #firstFaulty: LogIndex | undefined;
  /** Highest commitIndex that was sent to it. */
  commitSent = ZERO_INDEX;

  constructor(nextIndex: LogIndex, nowMs: number, firstIndex: LogIndex = next(ZERO_INDEX)) {
    this.#nextIndex = nextIndex;
    this.#firstIndex = firstIndex;
    this.lastContactMs = nowMs;
  }

  get state(): PeerProgressStatus["state"] {
    return this.#state;
  }

  get matchIndex(): LogIndex {
    return this.#matchIndex;
  }

  get matchRound(): number {
    return this.#matchRound;
  }

  get nextIndex(): LogIndex {
    return this.#nextIndex;
  }

  get inflightMessages(): number {
    return this.#inflight.length;
  }

  get inflightBytes(): number {
    return this.#inflightBytes;
  }

  /** Its disk was nearly full when it answered last. */
  get diskLow(): boolean {
    return this.#diskLow;
  }

  /** Bytes of frames that were sent to it since it said that its disk is nearly full. */
  get bytesSentWhileLow(): number {
    return this.#bytesSentWhileLow;
  }

  /** Bytes that one more message with frames may hold; 0 when it has to wait. */
  room(config: RaftConfig): number {
    if (this.#sendingFrom !== undefined || this.#paused) return 0;
    if (this.#inflight.length >= config.maxInflightMessages) return 0;
    const windowBytes = Math.max(0, config.maxInflightBytes - this.#inflightBytes);
    return Math.min(config.maxAppendEntriesBytes, windowBytes);
  }

  /** Its lowest damaged entry, as it said last. */
  get firstFaulty(): LogIndex | undefined {
    return this.#firstFaulty;
  }

  sendStarted(): void {
    assert(this.#sendingFrom === undefined, "one sendEntries at a time for each follower");
    this.#sendingFrom = this.#nextIndex;
  }

  /** Frames up to `last` left; `last` before what was asked for: none did, a heartbeat resumes. */
  sent(last: LogIndex, bytes: number): void {
    const from = this.#sendingFrom;
    this.#sendingFrom = undefined;
    if (this.#diskLow) this.#bytesSentWhileLow += bytes;
    if (from !== this.#nextIndex || this.#state === "snapshot") return;
    this.#paused = this.#state === "probe" || last < from;
    if (last < from) return;
    this.#inflight.push({ last, bytes });
    this.#inflightBytes += bytes;
    if (this.#state === "replicate") this.#nextIndex = next(last);
  }

  saidOfDisk(low: boolean): void {
    this.#diskLow = low;
    if (!low) this.#bytesSentWhileLow = 0;
  }

  /**
   * Where its lowest damaged entry is. One that this log has let go of, nobody can give back: then
   * a snapshot must do, asked for with the next heartbeat.
   */
  saidOfDamage(firstFaulty: LogIndex | undefined): void {
    this.#firstFaulty = firstFaulty;
    if (this.#state === "snapshot" || !this.#isDamagedBefore(this.#firstIndex)) return;
    this.#needSnapshot();
    this.#paused = true;
  }

  #isDamagedBefore(firstIndex: LogIndex): boolean {
    return this.#firstFaulty !== undefined && this.#firstFaulty < firstIndex;
  }

  /** A heartbeat went out. Where a probe's frames left, it asks the same again, without them. */
  resume(): void {
    if (this.#state === "replicate" || this.#inflight.length === 0) this.#paused = false;
  }

  /**
   * The follower has everything up to `matchIndex` on disk: heard before any read round after
   * `round` began. @returns whether that is news.
   */
  matched(matchIndex: LogIndex, round: number): boolean {
    const news = matchIndex > this.#matchIndex;
    if (news) {
      this.#matchIndex = matchIndex;
      this.#matchRound = round;
    }
    if (this.#reaches(news, matchIndex)) this.#startReplicating();
    this.#nextIndex = larger(this.#nextIndex, next(this.#matchIndex));
    while (this.#inflight[0] !== undefined && this.#inflight[0].last <= this.#matchIndex)
      this.#inflightBytes -= this.#inflight.shift()?.bytes ?? 0;
    return news;
  }

  /** Whether it is known now where the logs part, and the leader can go on from there. */
  #reaches(news: boolean, matchIndex: LogIndex): boolean {
    if (this.#state === "replicate") return false;
    // What matched before may lie behind damage by now.
    if (this.#state === "snapshot") return next(matchIndex) >= this.#firstIndex;
    if (next(this.#matchIndex) < this.#firstIndex) return false;
    return news || next(matchIndex) === this.#nextIndex;
  }

  /** Whether a refusal of `prevLogIndex` answers what is being asked now, or something older. */
  isFresh(prevLogIndex: LogIndex): boolean {
    if (this.#state === "snapshot") return false;
    if (this.#state === "probe") return next(prevLogIndex) === this.#nextIndex;
    return prevLogIndex > this.#matchIndex && prevLogIndex < this.#nextIndex;
  }

  /**
   * Asks at `nextIndex` next, but never below what is known to match. Below what the leader holds
   * there is nothing to ask: a snapshot must do.
   */
  probeAt(nextIndex: LogIndex): void {
    const from = larger(nextIndex, next(this.#matchIndex));
    if (from < this.#firstIndex) return this.#needSnapshot();
    this.#startProbing(from);
    this.#paused = false;
  }

  /** The leader's log begins at `firstIndex` from now on. */
  logBegins(firstIndex: LogIndex): void {
    this.#firstIndex = firstIndex;
    if (this.#nextIndex < firstIndex || this.#isDamagedBefore(firstIndex)) this.#needSnapshot();
  }

  get wantsSnapshot(): boolean {
    return this.#state === "snapshot" && !this.#transferring && !this.#paused;
  }

  snapshotStarted(): void {
    assert(!this.#transferring, "one transfer at a time for each follower");
    this.#transferring = true;
  }

  /**
   * The transfer ended with all up to `last` there, or failed. Whether it helped, the follower says
   * when it has installed it; a heartbeat asks.
   */
  snapshotSent(last: LogIndex | undefined): void {
    this.#transferring = false;
    if (this.#state !== "snapshot") return;
    this.#paused = true;
    if (last === undefined || next(last) < this.#firstIndex) return;
    this.#startProbing(next(larger(last, this.#matchIndex)));
  }

  /** What was in flight is lost with its stream; the next heartbeat tries a new one. */
  streamClosed(): void {
    const lost = this.#state === "replicate" ? next(this.#matchIndex) : this.#nextIndex;
    this.#startProbing(lost);
  }

  /** The follower came back on another disk, or with less on it: what it said does not hold. */
  forget(nextIndex: LogIndex): void {
    this.#matchIndex = ZERO_INDEX;
    this.readRound = 0;
    this.#startProbing(nextIndex);
  }

  #startProbing(nextIndex: LogIndex): void {
    this.#state = "probe";
    this.#nextIndex = larger(nextIndex, this.#firstIndex);
    this.#paused = true;
    this.#forgetInflight();
  }

  #needSnapshot(): void {
    if (this.#state !== "snapshot") this.#paused = false;
    this.#state = "snapshot";
    this.#nextIndex = larger(this.#firstIndex, next(this.#matchIndex));
    this.#forgetInflight();
  }

  /** The probe's own frames count as under way: they followed on the same stream. */
  #startReplicating(): void {
    const probe = this.#nextIndex <= next(this.#matchIndex) ? this.#inflight.at(-1) : undefined;
    if (probe === undefined) this.#forgetInflight();
    this.#state = "replicate";
    this.#paused = false;
    this.#nextIndex = next(larger(this.#matchIndex, probe?.last ?? ZERO_INDEX));
  }

  #forgetInflight(): void {
    this.#inflight = [];
    this.#inflightBytes = 0;
  }
}

import type { LogIndex, NodeId, Term } from "../common/brand.ts";
import { deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import { decodeFrame, type Frame } from "../common/frame.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { FaultyEntry, LogStore } from "../storage/types.ts";
import type { FetchAnswer, FetchRequest, PeerTransport } from "../transport/types.ts";
import type { CoreLoop } from "./core-loop.ts";
import type { Tracer } from "./tracer.ts";

/** How long a peer may take to look for an entry, and how soon all are asked again. */
const ASK_TIMEOUT_MS = 1000;
const ASK_EVERY_MS = 100;
/** Each may be as large as a batch; the lowest come first, for all others wait for them. */
const MAX_ENTRIES_AT_ONCE = 16;

export interface RepairerPorts {
  readonly log: LogStore;
  readonly loop: CoreLoop;
  readonly transport: PeerTransport;
  readonly scheduler: Scheduler;
  readonly tracer: Tracer;
  /** Every other voter. */
  readonly peers: readonly NodeId[];
  /** currentTerm as it lies on this node's disk. */
  readonly durableTerm: () => Term;
  /** The entry is intact again. */
  readonly repaired: (frame: Frame) => void;
  /** There may be less damage than before: the log writes back by itself what it has in memory. */
  readonly mended: () => void;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Puts damaged entries right from whoever has them, and tells the core what nobody has. Whether an
 * entry may be given up is the core's to decide, and only a leader's (docs/repair.md).
 */
export class Repairer {
  readonly #ports: RepairerPorts;
  /** Entries that are being written back: one `have` is enough. */
  readonly #writing = new Set<LogIndex>();
  #running = false;
  #hurry: (() => void) | undefined;
  #stopped = false;

  constructor(ports: RepairerPorts) {
    this.#ports = ports;
  }

  /** Damage was found, at start or later. */
  damaged(): void {
    this.#tellCore();
    if (this.#running || this.#stopped || this.#ports.log.faulty.length === 0) return;
    this.#running = true;
    this.#run().catch(this.#ports.fail);
  }

  /** Says whether this node has the entry that a peer asks for. */
  async answer(request: FetchRequest): Promise<FetchAnswer> {
    // Read first: what an older leader could still have sent is refused from this term on.
    const term = this.#ports.durableTerm();
    const possession = await this.#ports.log.possession(request);
    return possession.kind === "dontHave" ? { ...possession, term } : possession;
  }

  /** This node leads now: what was denied before its term counts for nothing, so ask at once. */
  hurry(): void {
    this.#hurry?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#hurry?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const entries = this.#ports.log.faulty.slice(0, MAX_ENTRIES_AT_ONCE);
      await Promise.all(entries.map((entry) => this.#repair(entry)));
      this.#tellCore();
      this.#ports.mended();
      if (this.#ports.log.faulty.length === 0) break;
      if (this.#ports.log.faulty[0]?.index === entries[0]?.index) await this.#pause();
    }
    this.#running = false;
  }

  /**
   * Asks everybody at once; the first who has the entry is believed, for its sums must agree. Then
   * nobody waits for those who have not answered yet.
   */
  #repair(entry: FaultyEntry): Promise<void> {
    const { transport, peers, fail } = this.#ports;
    const { index, term, chain } = entry;
    const { promise, resolve } = deferred<void>();
    const asked = peers.map(async (peer) => {
      const request = { index, term, chain };
      // Who cannot be reached has said nothing.
      const answer = await transport.fetch(peer, request, ASK_TIMEOUT_MS).catch(() => undefined);
      if (answer !== undefined && (await this.#use(entry, peer, answer))) resolve();
    });
    Promise.all(asked).then(() => resolve(), fail);
    return promise;
  }

  /** @returns whether the entry is intact again, or gone. */
  async #use(entry: FaultyEntry, peer: NodeId, answer: FetchAnswer): Promise<boolean> {
    const { loop, tracer } = this.#ports;
    const { index, term } = entry;
    if (this.#stopped || !this.#isFaulty(index)) return true;
    if (answer.kind === "dontHave")
      loop.post({ type: "entryMissing", peer, term: answer.term, entry: { index, term } });
    if (answer.kind !== "have" || this.#writing.has(index)) return false;
    const frame = decodeFrame(answer.frame, 0, undefined);
    if (typeof frame === "string" || !isSameEntry(frame, entry)) return false;
    if (!(await this.#write(frame))) return false;
    tracer.tell("entry.repaired", { index, from: peer, file: entry.file });
    this.#ports.repaired(frame);
    this.#tellCore();
    return true;
  }

  async #write(frame: Frame): Promise<boolean> {
    const { index } = frame.header;
    this.#writing.add(index);
    try {
      await this.#ports.log.repair(frame.bytes);
      return true;
    } catch (thrown) {
      // The entry was cut meanwhile, and another one in its place is damaged, too.
      if (thrown instanceof LogError && thrown.code === "INVALID_ARGUMENT") return false;
      throw thrown;
    } finally {
      this.#writing.delete(index);
    }
  }

  #isFaulty(index: LogIndex): boolean {
    return this.#ports.log.faulty.some((entry) => entry.index === index);
  }

  #tellCore(): void {
    const { log, loop } = this.#ports;
    loop.post({ type: "faultyChanged", first: log.faulty[0]?.index });
  }

  #pause(): Promise<void> {
    const { promise, resolve } = deferred<void>();
    this.#hurry = () => resolve();
    this.#ports.scheduler.after(ASK_EVERY_MS, () => resolve());
    return promise;
  }
}

/** Equal chains mean equal histories: these are the bytes that were damaged here. */
function isSameEntry({ header }: Frame, { index, term, chain }: FaultyEntry): boolean {
  return header.index === index && header.term === term && header.chain === chain;
}

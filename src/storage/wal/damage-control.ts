import { deferred } from "../../common/deferred.ts";
import type { LogIndex } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { FatalError } from "../../common/fatal-error.ts";
import type { Frame } from "../../common/frame.ts";
import type { EntryId } from "../../raft/types.ts";
import type { FaultyEntry, FrameRun, LogListener, Possession } from "../types.ts";
import type { FaultSet } from "./fault-set.ts";
import type { FrameReader } from "./frame-reader.ts";
import { faultyError, FrameDamage, RowDamage } from "./met-damage.ts";
import type { OpenSegment } from "./open-segment.ts";
import type { Row } from "./row.ts";
import type { RowPages } from "./row-pages.ts";
import type { SealedRepair } from "./sealed-repair.ts";
import { frameOf } from "./sealed-rebuild.ts";
import type { Segment, SegmentList } from "./segment-list.ts";
import { trimmedError } from "./trimmed-error.ts";
import type { TailCache } from "./tail-cache.ts";

/** How often rows are made again before the disk itself is believed to be broken. */
const MAX_TRIES = 3;
const AGAIN = "written again, it is damaged again; next: replace the disk";

export interface DamageControlPorts {
  readonly faults: FaultSet;
  readonly segments: SegmentList;
  readonly cache: TailCache;
  readonly reader: FrameReader;
  readonly rows: RowPages;
  readonly sealedRepair: SealedRepair;
  readonly listener: LogListener;
  /** Frames from an entry on, from memory or disk. */
  readonly read: (from: LogIndex) => FrameRun | Promise<FrameRun>;
  /** The id of the entry at `index`; absent when the log does not reach so far. */
  readonly idAt: (index: LogIndex) => EntryId | undefined;
  /** Runs disk work between appends and cuts, when no footer is being written. */
  readonly exclusively: (work: () => Promise<void>) => void;
  /** An entry is intact again. */
  readonly repaired: (index: LogIndex) => void;
  readonly failed: (thrown: unknown) => void;
}

/** What the log does about damage: names it, keeps it from readers, and mends it. */
export class DamageControl {
  readonly #ports: DamageControlPorts;
  /** Grow when entries are cut off, and when bytes are replaced: what was read meanwhile is old. */
  #cuts = 0;
  #replaced = 0;

  constructor(ports: DamageControlPorts) {
    this.#ports = ports;
  }

  /** Entries from `from` on were cut off: what reads still find of them is no damage. */
  cut(from: LogIndex): void {
    this.#cuts++;
    this.#ports.faults.cut(from);
  }

  /**
   * Verified frames of one segment, ending before a damaged one.
   * @throws LogError CORRUPT when the first one is damaged.
   */
  async read(
    segment: Segment,
    from: LogIndex,
    maxBytes: number,
    upTo: LogIndex,
  ): Promise<FrameRun> {
    const { faults, reader } = this.#ports;
    for (;;) {
      const known = faults.get(from);
      if (known !== undefined) throw faultyError(known);
      const damaged = faults.firstFrom(from, upTo);
      const last = damaged === undefined ? upTo : ((damaged - 1) as LogIndex);
      const cuts = this.#cuts;
      const replaced = this.#replaced;
      try {
        return await this.lookUp(() => reader.read(segment, from, maxBytes, last));
      } catch (thrown) {
        // Its files may be gone, and others may have their names.
        if (!this.#ports.segments.holds(segment)) throw trimmedError(this.#ports.segments);
        if (!(thrown instanceof FrameDamage)) throw thrown;
        if (cuts !== this.#cuts) throw faultyError(thrown.entry);
        if (replaced === this.#replaced) this.found([thrown.entry]);
      }
    }
  }

  /** Runs a lookup; where it meets damaged rows they are made again from the frames first. */
  async lookUp<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (thrown) {
        if (!(thrown instanceof RowDamage)) throw thrown;
        const { segments } = this.#ports;
        if (!segments.holds(thrown.segment)) throw trimmedError(segments);
        if (tries > MAX_TRIES) throw new FatalError("corruption", `${thrown.message}; ${AGAIN}`);
        this.found(await this.#ports.sealedRepair.rows(thrown));
      }
    }
  }

  /** Damage was met: what is in memory is written back, for the rest the owner is told. */
  found(entries: readonly FaultyEntry[]): void {
    const { faults, segments, listener, cache, failed } = this.#ports;
    const first = segments.first?.firstIndex ?? 0;
    const fresh = entries.filter((entry) => entry.index >= first && faults.add(entry));
    if (fresh.length === 0) return;
    listener.damaged(fresh);
    for (const { index } of fresh) {
      const run = cache.read(index, 1, index);
      if (run !== undefined) this.repair(Buffer.concat(run.chunks)).catch(failed);
    }
  }

  async possession(wanted: EntryId & { readonly chain: number }): Promise<Possession> {
    const { faults, segments, idAt, read } = this.#ports;
    const { index, term, chain } = wanted;
    while (await this.#has(wanted)) {
      if (faults.has(index)) return { kind: "haveFaulty" };
      try {
        const { chunks, prevChain } = await read(index);
        const bytes = Buffer.concat(chunks);
        // It may have been cut, and another one put in its place, meanwhile.
        if (frameOf(bytes, prevChain)?.header.chain === chain)
          return { kind: "have", frame: bytes };
      } catch (thrown) {
        if (!(thrown instanceof LogError)) throw thrown;
      }
    }
    // Another chain under the same index and term is damage or divergence, never a denial: on
    // the strength of denials a leader cuts its log. Nor does a node deny what it once had.
    const first = segments.first?.firstIndex ?? 0;
    const gone = index < first;
    return { kind: gone || idAt(index)?.term === term ? "haveFaulty" : "dontHave" };
  }

  async #has({ index, term, chain }: EntryId & { readonly chain: number }): Promise<boolean> {
    if (this.#ports.idAt(index)?.term !== term) return false;
    try {
      return (await this.#chainOf(index)) === chain;
    } catch (thrown) {
      if (thrown instanceof LogError) return false;
      throw thrown;
    }
  }

  async repair(given: Uint8Array): Promise<void> {
    const bytes = Uint8Array.from(given);
    const index = frameOf(bytes, undefined)?.header.index;
    if (index === undefined) throw refused("the bytes are not one whole frame");
    for (;;) {
      const entry = this.#ports.faults.get(index);
      if (entry === undefined) return;
      const segment = this.#ports.segments.holding(index);
      const frame = await this.#verified(segment, entry, bytes).catch((thrown: unknown) => {
        if (this.#ports.faults.get(index) === entry) throw thrown;
      });
      if (frame === undefined) continue;
      if (this.#ports.faults.get(index) !== entry) continue;
      if (segment.sealed) await this.#repairSealed(entry, frame);
      else await this.#repairOpen(segment, entry, frame);
    }
  }

  async #verified(segment: Segment, entry: FaultyEntry, bytes: Uint8Array): Promise<Frame> {
    const { index, term, chain } = entry;
    const row = await this.#row(segment, index);
    const before = (index - 1) as LogIndex;
    const prevChain =
      index === segment.firstIndex
        ? segment.start.prevChain
        : (await this.#row(segment, before)).chain;
    const frame = frameOf(bytes, prevChain);
    if (
      frame?.header.chain !== chain ||
      frame.header.term !== term ||
      frame.header.baseOffset !== row.offset ||
      frame.header.timestamp !== row.timestamp ||
      bytes.length !== row.length
    )
      throw refused(`the frame is not the entry ${index} of term ${term} that this log had`);
    return frame;
  }

  async #repairSealed(entry: FaultyEntry, frame: Frame): Promise<void> {
    const { faults, segments, sealedRepair } = this.#ports;
    const { index } = entry;
    const where = () => {
      if (faults.get(index) !== entry) return undefined;
      const segment = segments.holding(index);
      return segment.sealed ? segment : undefined;
    };
    await sealedRepair.frame(where, frame, (mended, faulty) => this.mended(mended, faulty));
  }

  /** A file was written anew: these entries are intact, and those were found to be damaged. */
  mended(indexes: readonly LogIndex[], faulty: readonly FaultyEntry[]): void {
    this.#replaced++;
    for (const index of indexes) {
      this.#ports.faults.remove(index);
      this.#ports.repaired(index);
    }
    this.found(faulty);
  }

  /** In place, between appends: nobody reads the bytes of a faulty entry. */
  async #repairOpen(segment: OpenSegment, entry: FaultyEntry, frame: Frame): Promise<void> {
    const { faults, exclusively } = this.#ports;
    const { index, position } = entry;
    const done = deferred<void>();
    exclusively(async () => {
      const { files } = segment;
      const held = this.#ports.segments.holds(segment);
      if (faults.get(index) === entry && files !== undefined && held) {
        await files.log.write([frame.bytes], position);
        await files.log.sync();
        // A cut that was called meanwhile is carried out after this, and has forgotten the entry.
        if (faults.get(index) === entry) {
          faults.remove(index);
          this.#replaced++;
          segment.repaired(frame);
          this.#ports.repaired(index);
        }
      }
      done.resolve();
    });
    await done.promise;
  }

  async #row(segment: Segment, index: LogIndex): Promise<Row> {
    if (!segment.sealed) return segment.rows.row(index);
    return this.lookUp(() => this.#ports.rows.row(segment, index));
  }

  async #chainOf(index: LogIndex): Promise<number> {
    const segment = this.#ports.segments.holding(index);
    return segment.sealed ? (await this.#row(segment, index)).chain : segment.rows.chain(index);
  }
}

function refused(why: string): LogError {
  return new LogError("INVALID_ARGUMENT", `an entry cannot be repaired: ${why}`);
}

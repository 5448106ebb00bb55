import { assert } from "../../common/assert.ts";
import { LogIndex, type NodeId } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { Sequencer } from "../../common/sequencer.ts";
import type { EntryId, InstallSnapshot, RaftStatus } from "../../raft/index.ts";
import type { CompactedPrefix } from "../../storage/compaction/types.ts";
import type { FileSystem } from "../../storage/file-system.ts";
import { decodeCheckpoint } from "../../storage/snapshots/checkpoint-format.ts";
import { IncomingSnapshot } from "../../storage/snapshots/incoming-snapshot.ts";
import type { StagedPart } from "../../storage/snapshots/staged-part.ts";
import type { Checkpoint, CheckpointStore } from "../../storage/snapshots/types.ts";
import type { LogStore, SpaceWatch } from "../../storage/types.ts";
import type {
  SnapshotOffer,
  SnapshotSink,
  StagedSnapshot,
} from "../../transport/snapshot-transfer.ts";
import type { CoreLoop } from "../core-loop.ts";
import type { SnapshotStatus } from "../lifecycle-api.ts";
import type { Tracer } from "../tracer.ts";
import { CHECKPOINT_PART } from "./snapshot-content.ts";

export interface ReceiverPorts {
  readonly fileSystem: FileSystem;
  /** `snapshots/` of the data directory. */
  readonly directory: string;
  readonly loop: Pick<CoreLoop, "post">;
  readonly raft: () => Pick<RaftStatus, "currentTerm" | "commitIndex">;
  readonly log: Pick<LogStore, "faulty" | "replacePrefix" | "reset" | "start">;
  readonly checkpoints: Pick<CheckpointStore, "save">;
  /** Absent: no compacted segments are taken. */
  readonly compacted?: Pick<CompactedPrefix, "install" | "upTo"> | undefined;
  readonly space: SpaceWatch;
  readonly tracer: Pick<Tracer, "tell">;
  /** Keeps everything else away from the log's front until `installed`; resolves when it is. */
  readonly quiet: () => Promise<void>;
  /** All of it is durable: what only the old log needs may go. */
  readonly installed: () => void;
  /**
   * The log begins after `checkpoint` now, and is empty unless the suffix was to be kept: what was
   * built from the entries that went is that of then.
   */
  readonly restore: (checkpoint: Checkpoint, keepSuffix: boolean) => void;
  readonly fail: (thrown: unknown) => void;
}

/** The transfer under way. */
interface Receiving {
  readonly from: NodeId;
  readonly offer: SnapshotOffer;
  bytes: number;
}

/** A snapshot that is whole and that the core decides about. */
interface Verified {
  readonly checkpoint: Checkpoint;
  readonly compacted: readonly StagedPart[];
}

/**
 * Takes snapshots in: stages and verifies one at a time, hands it to the core as InstallSnapshot,
 * and makes it the log, or drops it, as the core says.
 */
export class SnapshotReceiver {
  readonly #ports: ReceiverPorts;
  /** All that touches what is staged, one after the other. */
  readonly #jobs = new Sequencer();
  #incoming: IncomingSnapshot | undefined;
  #receiving: Receiving | undefined;
  #verified: Verified | undefined;
  #installing = false;
  #stopped = false;

  constructor(ports: ReceiverPorts) {
    this.#ports = ports;
  }

  /** Looks for what an earlier process staged; what the log has by now is dropped. */
  start(): void {
    this.#run((incoming) => this.#dropHeld(incoming)).catch(() => undefined);
  }

  /**
   * What an earlier transfer left, to go on from.
   * @throws LogError (rejects) with why none may come
   */
  async staged(): Promise<StagedSnapshot | undefined> {
    this.#checkFree();
    return this.#run((incoming) => {
      const { staged } = incoming;
      const told = staged && { hash: staged.offer.hash, bytes: staged.bytes };
      return Promise.resolve(told);
    });
  }

  /** Takes an offer; the transfer before it, if there is one, is over. */
  async offered(from: NodeId, offer: SnapshotOffer): Promise<SnapshotSink> {
    this.#checkFree();
    const { currentTerm } = this.#ports.raft();
    if (offer.term < currentTerm)
      throw this.#refused(from, new LogError("ABORTED", `term ${offer.term} is over`));
    if (this.#holds(offer.last)) return this.#needless(from, offer);
    // One for a leader that lacks something is no match for one of a leader's.
    if (offer.leaderId !== from && this.#receiving !== undefined)
      throw this.#refused(from, new LogError("BACKPRESSURE", "another one is on its way"));
    return this.#run(async (incoming) => {
      await this.#checkRoom(from, offer);
      const position = await incoming.begin(offer);
      const receiving: Receiving = { from, offer, bytes: position };
      this.#receiving = receiving;
      return this.#sink(receiving, position);
    });
  }

  /** Makes the one that the core was told of last the log; posts `snapshotInstalled`. */
  install({ last, keepSuffix }: { readonly last: EntryId; readonly keepSuffix: boolean }): void {
    const verified = this.#verified;
    assert(
      verified !== undefined && isSame(verified.checkpoint.start.last, last),
      "the core installs the snapshot that it was told of",
    );
    this.#installing = true;
    const quiet = this.#ports.quiet();
    this.#run(async (incoming) => {
      await (keepSuffix ? this.#replacePrefix(verified, quiet) : this.#install(verified));
      await incoming.discard();
      this.#verified = undefined;
      this.#installing = false;
    }).catch((thrown: unknown) => {
      // Said by `#run` already, unless what was staged could not be put in place.
      if (thrown instanceof LogError && !this.#stopped) this.#ports.fail(thrown);
    });
  }

  /** The core does not want the one it was told of; another that is on its way stays. */
  discard(_unwanted: { readonly last: EntryId }): void {
    if (this.#installing) return;
    this.#verified = undefined;
    this.#run(async (incoming) => {
      if (this.#receiving === undefined) await incoming.discard();
    }).catch(() => undefined);
  }

  stop(): void {
    this.#stopped = true;
    this.#receiving = undefined;
  }

  /** Resolves when nothing touches the disk any more. */
  async close(): Promise<void> {
    this.stop();
    await this.#jobs.run(async () => this.#incoming?.close());
  }

  transfers(): SnapshotStatus["transfers"] {
    if (this.#receiving === undefined) return [];
    const { from: peer, bytes, offer } = this.#receiving;
    return [{ peer, direction: "receiving", bytes, totalBytes: offer.totalBytes }];
  }

  /** All of it is committed here, and whole. */
  #holds({ index }: EntryId): boolean {
    const { log, raft } = this.#ports;
    const [damaged] = log.faulty;
    return index <= raft().commitIndex && (damaged === undefined || damaged.index > index);
  }

  /** The core has all of it, and answers with its match: nothing need be sent. */
  #needless(from: NodeId, offer: SnapshotOffer): SnapshotSink {
    return {
      position: offer.totalBytes,
      write: () => Promise.reject(new LogError("INVALID_ARGUMENT", "nothing is missing")),
      finish: () => Promise.resolve(this.#tellCore(from, offer, { held: true })),
      abandon: () => undefined,
    };
  }

  #sink(receiving: Receiving, position: number): SnapshotSink {
    const { from } = receiving;
    const ifCurrent = (work: (incoming: IncomingSnapshot) => Promise<void>) =>
      this.#run(async (incoming) => {
        if (this.#receiving !== receiving)
          throw new LogError("ABORTED", "another transfer took its place");
        await work(incoming).catch((thrown: unknown) => {
          this.#receiving = undefined;
          throw thrown instanceof LogError ? this.#refused(from, thrown) : thrown;
        });
      });
    return {
      position,
      write: (at, bytes) =>
        ifCurrent(async (incoming) => {
          await incoming.write(at, bytes);
          receiving.bytes = at + bytes.length;
        }),
      finish: () => ifCurrent((incoming) => this.#finish(incoming, receiving)),
      abandon: () => {
        if (this.#receiving === receiving) this.#receiving = undefined;
      },
    };
  }

  async #finish(incoming: IncomingSnapshot, { from, offer }: Receiving): Promise<void> {
    const [first, ...rest] = await incoming.finish();
    const decoded = first?.name === CHECKPOINT_PART && decodeCheckpoint(await incoming.read(first));
    const checkpoint = decoded && decoded.kind === "valid" ? decoded.checkpoint : undefined;
    if (checkpoint === undefined || !isSame(checkpoint.start.last, offer.last)) {
      await incoming.discard();
      throw new LogError("CORRUPT", "the snapshot holds no checkpoint of what was offered");
    }
    if (rest.length > 0 && this.#ports.compacted === undefined) {
      await incoming.discard();
      throw new LogError("INVALID_ARGUMENT", "no compacted segments are taken here");
    }
    // While the transfer can still be refused: from the core's word on there is no way back.
    const compacted = await incoming.extract(rest);
    if (this.#stopped) return;
    this.#receiving = undefined;
    this.#verified = { checkpoint, compacted };
    const { last, totalBytes } = offer;
    const facts = { from, lastIndex: last.index, ofTerm: last.term, totalBytes };
    this.#ports.tracer.tell("snapshot.received", facts);
    this.#tellCore(from, offer);
  }

  #tellCore(
    from: NodeId,
    { term, leaderId, last }: SnapshotOffer,
    staged: Pick<InstallSnapshot, "held"> = {},
  ): void {
    const message = { type: "InstallSnapshot" as const, term, leaderId, last, ...staged };
    this.#ports.loop.post({ type: "received", from, message });
  }

  /** In the order of docs/log-life.md: a crash in between leaves the old log or the new one. */
  async #install({ checkpoint, compacted }: Verified): Promise<void> {
    const { checkpoints, log, restore, tracer, loop } = this.#ports;
    const { start } = checkpoint;
    await checkpoints.save(checkpoint);
    const prepared = await this.#ports.compacted?.install(compacted);
    const durable = log.reset(start, { compactedTo: prepared?.index ?? LogIndex(0) });
    // Log and prefix are the new ones for readers at once, and in one step: none finds a gap.
    prepared?.show();
    restore(checkpoint, false);
    await durable;
    await prepared?.adopt();
    const { last } = start;
    tracer.tell("snapshot.installed", { lastIndex: last.index, ofTerm: last.term });
    if (!this.#stopped) loop.post({ type: "snapshotInstalled", last });
    this.#ports.installed();
  }

  /**
   * What the log holds after the snapshot stays: this node may have acknowledged it. Until the log
   * is told to begin there, a crash leaves it as it is, with a checkpoint to boot from.
   */
  async #replacePrefix({ checkpoint, compacted }: Verified, quiet: Promise<void>): Promise<void> {
    const { checkpoints, log, restore, tracer, loop } = this.#ports;
    const { start } = checkpoint;
    const { last } = start;
    await quiet;
    await checkpoints.save(checkpoint);
    const ours = this.#ports.compacted;
    // What went by itself meanwhile reached further, or what is compacted does.
    const reached = Math.max(log.start.last.index, ours?.upTo.index ?? 0);
    const prepared = reached >= last.index ? undefined : await ours?.install(compacted);
    const taken = (): void => {
      prepared?.show();
      restore(checkpoint, true);
    };
    await log.replacePrefix(start, taken, prepared && { compactedTo: prepared.index });
    await prepared?.adopt();
    const facts = { lastIndex: last.index, ofTerm: last.term, keepSuffix: true };
    tracer.tell("snapshot.installed", facts);
    if (!this.#stopped) loop.post({ type: "snapshotInstalled", last });
    this.#ports.installed();
  }

  async #checkRoom(from: NodeId, { totalBytes, hash }: SnapshotOffer): Promise<void> {
    const { freeBytes, low } = await this.#ports.space.check();
    const { staged } = this.#incoming ?? {};
    const there = staged?.offer.hash === hash ? staged.bytes : 0;
    // Compacted segments are copied out of what is staged.
    if (!low && freeBytes >= 2 * totalBytes - there) return;
    const reason = `no room for a snapshot of ${totalBytes} bytes`;
    throw this.#refused(from, new LogError("STORAGE_FULL", reason));
  }

  async #dropHeld(incoming: IncomingSnapshot): Promise<void> {
    const { staged } = incoming;
    if (staged === undefined || !this.#holds(staged.offer.last)) return;
    await incoming.discard();
  }

  #checkFree(): void {
    if (this.#stopped) throw new LogError("CLOSED", "the node is stopping");
    if (this.#installing)
      throw new LogError("BACKPRESSURE", "another snapshot is being installed here");
  }

  #refused(from: NodeId, error: LogError): LogError {
    this.#ports.tracer.tell("snapshot.refused", { from, reason: error.message });
    return error;
  }

  /** What a disk does to us is final for the process; a LogError is the transfer's own. */
  #run<T>(work: (incoming: IncomingSnapshot) => Promise<T>): Promise<T> {
    return this.#jobs.run(async () => {
      const { fileSystem, directory, fail } = this.#ports;
      if (this.#stopped) throw new LogError("CLOSED", "the node is stopping");
      try {
        this.#incoming ??= await IncomingSnapshot.open(fileSystem, directory);
        return await work(this.#incoming);
      } catch (thrown) {
        if (!(thrown instanceof LogError)) fail(thrown);
        throw thrown;
      }
    });
  }
}

function isSame(one: EntryId, other: EntryId): boolean {
  return one.index === other.index && one.term === other.term;
}

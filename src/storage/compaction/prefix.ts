import { assert } from "../../common/assert.ts";
import type { LogIndex, Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { Sequencer } from "../../common/sequencer.ts";
import { deflatedFrom } from "../compression/compressed-name.ts";
import type { File } from "../file-system.ts";
import { join } from "../layout.ts";
import type { RecordLocation, SegmentStatus } from "../types.ts";
import { FilePool } from "../wal/file-pool.ts";
import { manifestName } from "./compacted-name.ts";
import { DeflatedFiles } from "./deflated-files.ts";
import { damageError, FileDamage } from "./file-damage.ts";
import { FilePins } from "./file-pins.ts";
import { KnownDamage } from "./known-damage.ts";
import { firstEndingAfter, fragmentationOf, NO_PREFIX } from "./manifest.ts";
import type { CompactedFile, Manifest } from "./manifest.ts";
import { writeManifest } from "./manifest-file.ts";
import { bootPrefix, leftoversOf, type PrefixPlace, type PrefixRecord } from "./prefix-boot.ts";
import { emptyRun, locationOf, PrefixReader } from "./prefix-reader.ts";
import { PrefixScrubber } from "./prefix-scrubber.ts";
import { exportPrefix, type Placed, placeFiles, prepareInstall } from "./prefix-transfer.ts";
import { NO_RUNS, withRun } from "./run-counters.ts";
import type { CompactionTask } from "./task.ts";
import { taskOf } from "./task-of.ts";
import type * as contract from "./types.ts";
import type { CompactionWorkers } from "./workers.ts";

export interface PrefixOptions extends PrefixPlace {
  /** `<data>/log`: where the sealed segments lie. */
  readonly logDirectory: string;
  readonly hardState: PrefixRecord;
  readonly workers: CompactionWorkers;
  /** Bound of a run's key table. */
  readonly keyTableBytes?: number;
  /** Read and written by a run together; 0: as fast as it goes. */
  readonly bytesPerSecond?: number;
  /** What was found at start, one sentence each, is added here. */
  readonly notes: string[];
  /** Absent: damage that a start finds cannot be mended, and ends it. */
  readonly mending?: PrefixMending | undefined;
}

/** For a prefix that others may mend. */
export interface PrefixMending {
  /** Offset after the records of an entry, as the log says. */
  readonly offsetAfter: (index: LogIndex) => Offset | Promise<Offset>;
  /** Damage was met: `damage` tells it. Called from within other calls. */
  readonly met: () => void;
}

export const DEFAULT_KEY_TABLE_BYTES = 64 << 20;

/**
 * Opens the compacted prefix of the log: what the hard state's `compactedTo` names.
 * @throws FatalError("corruption") naming the manifest or file that is damaged or absent, where
 *   nobody can mend it
 */
export async function openCompactedPrefix(
  options: PrefixOptions,
): Promise<contract.CompactedPrefix> {
  const { hardState, mending, notes } = options;
  const booted = await bootPrefix(options, hardState, notes, mending !== undefined);
  const { manifest, damage, deflated } = booted;
  const lost = manifest === undefined && damage.length > 0;
  const known = new KnownDamage(damage, lost);
  if (!lost || mending === undefined)
    return new Prefix(options, manifest ?? NO_PREFIX, known, deflated);
  const { compactedTo: index = NO_PREFIX.index } = hardState.current;
  const nextOffset = await mending.offsetAfter(index);
  return new Prefix(options, { ...NO_PREFIX, index, nextOffset }, known, deflated);
}

class Prefix implements contract.CompactedPrefix {
  readonly #options: PrefixOptions;
  #manifest: Manifest;
  readonly #pool: FilePool;
  readonly #reader = new PrefixReader();
  readonly #pins: FilePins;
  readonly #scrubber: PrefixScrubber;
  /** Whatever replaces the manifest, one at a time. */
  readonly #changes = new Sequencer();
  /** Put in place and not adopted yet: its files are no leftovers, and nothing else changes. */
  #prepared: Manifest | undefined;
  /** The run under way and those that wait for it: given up for what is installed. */
  readonly #runs = new Set<AbortController>();
  #known: KnownDamage;
  #counters = NO_RUNS;
  readonly #deflated: DeflatedFiles;

  constructor(
    options: PrefixOptions,
    manifest: Manifest,
    known: KnownDamage,
    deflated: ReadonlyMap<string, number>,
  ) {
    const { fileSystem, directory } = options;
    this.#known = known;
    this.#deflated = new DeflatedFiles(deflated);
    this.#options = options;
    this.#manifest = manifest;
    this.#pool = new FilePool(fileSystem);
    this.#pins = new FilePins(fileSystem, directory, (name) =>
      this.#pool.forget(join(directory, name)),
    );
    this.#scrubber = new PrefixScrubber(this.#reader.rows);
  }

  get upTo(): { readonly index: LogIndex; readonly nextOffset: Offset } {
    const { index, nextOffset } = this.#manifest;
    return { index, nextOffset };
  }

  get heldFrom(): Offset {
    return this.#manifest.logStartOffset;
  }

  get counters(): contract.CompactionCounters {
    return this.#counters;
  }

  get damage(): readonly contract.CompactedDamage[] {
    return this.#known.all;
  }

  get manifest(): Manifest | undefined {
    return this.#known.manifestLost ? undefined : this.#manifest;
  }

  get fragmentation(): { readonly records: number; readonly dirtyBytes: number } {
    return fragmentationOf(this.#manifest);
  }

  segments(): readonly SegmentStatus[] {
    return this.#manifest.files.map((file) => this.#deflated.segmentOf(file));
  }

  async read(from: Offset, maxBytes: number): Promise<contract.CompactedRun> {
    const manifest = this.#manifest;
    assert(from < manifest.nextOffset, "the compacted prefix is read below its end");
    this.#known.checkManifest();
    const { files } = manifest;
    for (let at = firstEndingAfter(files, from); at < files.length; at++) {
      const file = files[at] as CompactedFile;
      const found = await this.#using(file, (opened) =>
        this.#reader.read(opened, file, from, maxBytes),
      );
      if (found === undefined) continue;
      const { run, nextOffset, end } = found;
      const next = files[at + 1]?.baseOffset ?? manifest.nextOffset;
      return { run, nextOffset: end.position < file.frameBytes ? nextOffset : next };
    }
    return { run: emptyRun(manifest.index), nextOffset: manifest.nextOffset };
  }

  async locate(offset: Offset): Promise<RecordLocation | undefined> {
    const { files } = this.#manifest;
    this.#known.checkManifest();
    for (let at = firstEndingAfter(files, offset); at < files.length; at++) {
      const file = files[at] as CompactedFile;
      const found = await this.#using(file, (opened) => this.#reader.read(opened, file, offset, 1));
      if (found !== undefined) return locationOf(file, found);
    }
    return undefined;
  }

  async locateTime(timestamp: number): Promise<Offset | undefined> {
    this.#known.checkManifest();
    for (const file of this.#manifest.files) {
      if (file.lastTimestamp < timestamp) continue;
      return this.#using(file, (opened) => this.#reader.locateTime(opened, file, timestamp));
    }
    return undefined;
  }

  compact(
    order: contract.CompactionOrder,
    segments: readonly SegmentStatus[],
    { signal }: contract.CompactOptions = {},
  ): Promise<contract.CompactionOutcome> {
    const giveUp = new AbortController();
    const given = signal === undefined ? [] : [signal];
    const either = AbortSignal.any([...given, giveUp.signal]);
    this.#runs.add(giveUp);
    const outcome = this.#changes.run(async (): Promise<contract.CompactionOutcome> => {
      const { workers, hardState } = this.#options;
      if (giveUp.signal.aborted || this.#prepared !== undefined) throw replaced();
      await this.#removeLeftovers();
      const result = await workers.run(this.#taskOf(order, segments), either);
      if (result.kind === "skipped") {
        this.#counters = { ...this.#counters, skipped: this.#counters.skipped + 1 };
        return result;
      }
      if (result.kind === "damaged")
        throw this.#met(new FileDamage(result.path, result.position, result.what));
      await hardState.update({ compactedTo: order.index });
      this.#counters = withRun(this.#counters, result.counters);
      await this.#adopt(result.manifest);
      return { kind: "done", index: order.index };
    });
    return outcome.finally(() => this.#runs.delete(giveUp));
  }

  trim(offset: Offset): Promise<void> {
    return this.#changes.run(async () => {
      const { fileSystem, directory } = this.#options;
      if (this.#prepared !== undefined) return;
      const files = this.#manifest.files.filter(({ nextOffset }) => nextOffset > offset);
      if (files.length === this.#manifest.files.length) return;
      const { nextOffset } = this.#manifest;
      const logStartOffset = Math.max(this.heldFrom, Math.min(offset, nextOffset)) as Offset;
      const manifest = { ...this.#manifest, logStartOffset, files };
      await writeManifest(fileSystem, directory, manifest);
      await this.#adopt(manifest);
    });
  }

  takeDeflated(file: CompactedFile, storedBytes: number): Promise<boolean> {
    const { name, sha256 } = file;
    return this.#changes.run(() => {
      const held = this.#manifest.files.some((one) => one.name === name && one.sha256 === sha256);
      return this.#deflated.take(this.#options, this.#pool, { name, storedBytes, held });
    });
  }

  async scrub(maxBytes: number): Promise<{ bytes: number; roundEnded: boolean }> {
    const { fileSystem, directory } = this.#options;
    const file = this.#scrubber.fileOf(this.#manifest.files);
    if (file === undefined) {
      const manifest = this.#manifest;
      const bytes = await this.#guarded(() =>
        this.#scrubber.checkManifest(fileSystem, directory, () =>
          this.#manifest === manifest ? manifest : undefined,
        ),
      );
      return { bytes: bytes ?? 0, roundEnded: true };
    }
    const bytes = await this.#guarded(() =>
      this.#opened(file, (opened) => this.#scrubber.check(opened, file, maxBytes)),
    );
    if (bytes === undefined) this.#scrubber.leave(file);
    return { bytes: bytes ?? maxBytes, roundEnded: false };
  }

  async exportFiles(only: "whole" | "intact" = "whole"): Promise<contract.CompactedExport> {
    const { all } = this.#known;
    if (all[0] !== undefined && (only === "whole" || this.#known.manifestLost))
      throw damageError(all[0]);
    const damaged = new Set(all.map(({ file }) => file));
    return exportPrefix(this.#manifest, this.#pins, this.#pool, this.#options, damaged);
  }

  lacking(manifest: Manifest): readonly CompactedFile[] {
    const intact = this.#intact();
    return manifest.files.filter(({ sha256 }) => !intact.has(sha256));
  }

  mend(manifest: Manifest, fetched: ReadonlyMap<string, string>): Promise<void> {
    return this.#changes.run(async () => {
      const { hardState } = this.#options;
      if (this.#prepared !== undefined || !this.#mayBecome(manifest)) throw replaced();
      const intact = this.#intact();
      const placed = ({ sha256 }: CompactedFile): Placed => {
        const held = intact.get(sha256);
        return held === undefined ? { fetched: fetched.get(sha256) } : { held };
      };
      const heldFrom = Math.max(this.heldFrom, manifest.logStartOffset) as Offset;
      const trimmed = { ...manifest, logStartOffset: heldFrom };
      const mended = await placeFiles(this.#options, trimmed, placed, this.#names());
      const { index: compactedTo } = manifest;
      if (hardState.current.compactedTo !== compactedTo) await hardState.update({ compactedTo });
      this.#become(mended);
      await this.#removeLeftovers();
    });
  }

  install(files: readonly contract.StagedFile[]): Promise<contract.PreparedInstall> {
    // What they read is about to go, or theirs would be the word that counts in the end.
    for (const run of this.#runs) run.abort();
    return this.#changes.run(async () => {
      const manifest =
        files.length === 0 ? NO_PREFIX : await prepareInstall(this.#options, files, this.#names());
      const { index, nextOffset } = manifest;
      this.#prepared = manifest;
      const show = (): void => this.#become(manifest);
      const adopt = (): Promise<void> =>
        this.#changes.run(async () => {
          if (this.#prepared === manifest) this.#prepared = undefined;
          await this.#adopt(manifest);
        });
      return { index, nextOffset, show, adopt };
    });
  }

  /** In use, or absent and known to be. */
  #names(): readonly string[] {
    return this.#manifest.files.map(({ name }) => name);
  }

  async close(): Promise<void> {
    await this.#changes.run(() => this.#pool.close());
  }

  /** Names of the files that are whole, as far as is known, by their SHA-256. */
  #intact(): ReadonlyMap<string, string> {
    const { files } = this.#manifest;
    const intact = files.filter(({ name }) => !this.#known.isDamaged(name));
    return new Map(intact.map(({ sha256, name }) => [sha256, name]));
  }

  /** The log ends nowhere earlier for its readers, and means the same at the same place. */
  #mayBecome({ index, nextOffset }: Manifest): boolean {
    const { upTo } = this;
    const same = nextOffset === upTo.nextOffset || this.#known.manifestLost;
    return index > upTo.index || (index === upTo.index && same);
  }

  /** Reads `file`, which stays for as long; damage is noted. */
  async #using<T>(file: CompactedFile, read: (opened: File) => Promise<T>): Promise<T> {
    try {
      return await this.#opened(file, read);
    } catch (thrown) {
      throw thrown instanceof FileDamage ? this.#met(thrown) : thrown;
    }
  }

  async #opened<T>(file: CompactedFile, read: (opened: File) => Promise<T>): Promise<T> {
    const { name } = file;
    const path = join(this.#options.directory, name);
    this.#known.checkFile(path, name);
    this.#pins.pin([name]);
    try {
      return await this.#pool.use(path, read);
    } finally {
      await this.#pins.unpin([name]);
    }
  }

  /** Absent when damage was met; it is noted. */
  async #guarded<T>(check: () => Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (thrown) {
      if (!(thrown instanceof FileDamage)) throw thrown;
      this.#met(thrown);
      return undefined;
    }
  }

  /** Damage of a file that is no longer part of the prefix is nobody's concern. */
  #met(found: FileDamage): Error {
    const { damage } = found;
    const ours = this.#manifest.files.some(({ name }) => name === damage.file);
    if (ours || damage.file === manifestName(this.#manifest.index)) {
      this.#known.note(damage);
      this.#options.mending?.met();
    }
    return damageError(damage);
  }

  #taskOf(order: contract.CompactionOrder, segments: readonly SegmentStatus[]): CompactionTask {
    const { keyTableBytes = DEFAULT_KEY_TABLE_BYTES, bytesPerSecond = 0 } = this.#options;
    const place = { ...this.#options, keyTableBytes, bytesPerSecond };
    return taskOf(place, this.#manifest, order, segments);
  }

  /** Readers see `manifest` from here on; what only older ones need is removed. */
  async #adopt(manifest: Manifest): Promise<void> {
    this.#show(manifest);
    await this.#removeLeftovers();
  }

  /** Made of files that are whole: nothing is damaged, as far as is known. */
  #become(manifest: Manifest): void {
    this.#show(manifest);
    this.#known = this.#known.mended();
  }

  #show(manifest: Manifest): void {
    const before = this.#manifest;
    this.#manifest = manifest;
    const kept = new Set(manifest.files.map(({ name }) => name));
    for (const file of before.files) if (!kept.has(file.name)) this.#reader.forget(file);
    this.#known.keepOnly((name) => kept.has(name));
    this.#deflated.keepOnly((name) => kept.has(name));
  }

  async #removeLeftovers(): Promise<void> {
    const { fileSystem, directory } = this.#options;
    const all = (await fileSystem.list(directory)) ?? [];
    // What is being compressed is somebody's work: only a start knows that it is nobody's.
    const names = all.filter((name) => deflatedFrom(name) === undefined);
    const unneeded = leftoversOf(names, this.#manifest);
    await this.#pins.remove(leftoversOf(unneeded, this.#prepared));
  }
}

function replaced(): LogError {
  return new LogError("ABORTED", "a snapshot takes the place of what was to be compacted");
}

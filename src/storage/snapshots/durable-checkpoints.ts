import type { LogIndex } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { FileSystem } from "../file-system.ts";
import { directoryOf, join } from "../layout.ts";
import { encodeCheckpoint } from "./checkpoint-format.ts";
import {
  checkpointName,
  isUnfinishedCheckpoint,
  parseCheckpointName,
  unfinishedName,
} from "./checkpoint-name.ts";
import { faultIn, type ReadCheckpoint, readCheckpoint } from "./read-checkpoint.ts";
import type { Checkpoint, CheckpointStatus, CheckpointStore } from "./types.ts";

/** Checkpoints read at the same time: a long log has one for each segment. */
const LOOKS_AT_ONCE = 16;

/** The checkpoints in `snapshots/`, which is made with the first of them. */
export class DurableCheckpoints implements CheckpointStore {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #known = new Map<LogIndex, CheckpointStatus>();
  /** Everything takes turns: no file goes while it is read. */
  #last: Promise<unknown> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;

  private constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  /**
   * Looks at every checkpoint, and removes what a save that was interrupted left.
   * @param notes what was found, one sentence each, is added here.
   */
  static async open(
    fileSystem: FileSystem,
    directory: string,
    notes: string[],
  ): Promise<DurableCheckpoints> {
    const store = new DurableCheckpoints(fileSystem, directory);
    const names = await fileSystem.list(directory);
    if (names === undefined) return store;
    const indexes = names.flatMap((name) => parseCheckpointName(name) ?? []);
    for (let at = 0; at < indexes.length; at += LOOKS_AT_ONCE) {
      const some = indexes.slice(at, at + LOOKS_AT_ONCE);
      const looks = await Promise.all(some.map((index) => store.#look(index)));
      for (const [of, { found }] of looks.entries()) {
        const damage = faultIn(found);
        const path = store.#path(some[of] as LogIndex);
        if (damage !== undefined)
          notes.push(`${path}: ${damage}; kept until it can be written anew`);
      }
    }
    for (const name of names.filter(isUnfinishedCheckpoint)) {
      await fileSystem.unlink(join(directory, name));
      notes.push(`removed ${join(directory, name)}: a checkpoint that was not finished`);
    }
    // A name that is seen here may have reached the page cache only, and the hard state is about to
    // rely on it. The same goes for the name of the folder.
    await fileSystem.syncDirectory(directory);
    await fileSystem.syncDirectory(directoryOf(directory));
    return store;
  }

  list(): readonly CheckpointStatus[] {
    return [...this.#known.values()].sort((a, b) => a.index - b.index);
  }

  newest(atMost: LogIndex): Promise<Checkpoint | undefined> {
    return this.#inTurn(async () => {
      for (const { index } of [...this.list()].reverse()) {
        if (index > atMost) continue;
        const { found } = await this.#look(index);
        if (found.kind === "valid") return found.checkpoint;
      }
      return undefined;
    });
  }

  read(index: LogIndex): Promise<Checkpoint | undefined> {
    return this.#inTurn(async () => {
      if (!this.#known.has(index)) return undefined;
      const { found } = await this.#intact(index);
      return found.kind === "valid" ? found.checkpoint : undefined;
    });
  }

  readFile(index: LogIndex): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      if (this.#known.has(index)) return (await this.#intact(index)).bytes;
      throw new LogError("UNAVAILABLE", `${this.#path(index)}: absent; a newer one is there`);
    });
  }

  save(checkpoint: Checkpoint): Promise<void> {
    return this.#inTurn(() => this.#writing(() => this.#save(checkpoint)));
  }

  prune(keeps: (index: LogIndex) => boolean): Promise<void> {
    return this.#inTurn(() => this.#writing(() => this.#prune(keeps)));
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  #path(index: LogIndex): string {
    return join(this.#directory, checkpointName(index));
  }

  async #look(index: LogIndex): Promise<ReadCheckpoint> {
    const read = await readCheckpoint(this.#fileSystem, this.#path(index), index);
    this.#know(index, read.bytes.length, faultIn(read.found));
    return read;
  }

  #know(index: LogIndex, bytes: number, damage: string | undefined): void {
    this.#known.set(index, { file: checkpointName(index), index, bytes, damage });
  }

  async #intact(index: LogIndex): Promise<ReadCheckpoint> {
    const read = await this.#look(index);
    const damage = faultIn(read.found);
    if (damage === undefined) return read;
    const place = `${this.#path(index)}: ${damage}`;
    throw new LogError("CORRUPT", `${place}; next: nothing, it is written anew when it can be`);
  }

  async #save(checkpoint: Checkpoint): Promise<void> {
    const { index } = checkpoint.start.last;
    const bytes = encodeCheckpoint(checkpoint);
    if (this.#known.has(index) && Buffer.compare((await this.#look(index)).bytes, bytes) === 0)
      return;
    const fileSystem = this.#fileSystem;
    await fileSystem.makeDirectory(this.#directory);
    const path = this.#path(index);
    const beside = unfinishedName(path);
    const file = await fileSystem.open(beside, "create");
    try {
      await file.write([bytes], 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(beside, path);
    await fileSystem.syncDirectory(this.#directory);
    this.#know(index, bytes.length, undefined);
  }

  async #prune(keeps: (index: LogIndex) => boolean): Promise<void> {
    const going = this.list().filter(({ index, damage }) => damage === undefined && !keeps(index));
    for (const { index } of going) {
      this.#known.delete(index);
      await this.#fileSystem.unlink(this.#path(index));
    }
    if (going.length > 0) await this.#fileSystem.syncDirectory(this.#directory);
  }

  /** A write that failed is final, as everywhere. */
  async #writing(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.cause;
    try {
      await work();
    } catch (cause) {
      this.#failure = { cause };
      throw cause;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

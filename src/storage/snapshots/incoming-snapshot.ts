import { createHash, type Hash } from "node:crypto";
import { assert } from "../../common/assert.ts";
import { LogError } from "../../common/errors.ts";
import type { File, FileSystem } from "../file-system.ts";
import { isNoRoom } from "../io-error.ts";
import { join } from "../layout.ts";
import { decodeRecord, encodeRecord } from "../record-file.ts";
import { hashOfFile, readExactly } from "./file-hash.ts";
import { INCOMING_FORMAT, type IncomingOffer, type IncomingRecord } from "./incoming-record.ts";
import {
  CONTENTS_HEAD_BYTES,
  decodeContents,
  hashOfContents,
  type PlacedPart,
  type SnapshotContents,
  tableBytesOf,
} from "./snapshot-contents.ts";
import type { StagedPart } from "./staged-part.ts";

const CONTENT = "incoming";
const META = "incoming.meta";
const META_ASIDE = "incoming.meta.tmp";
/** Sent anew after a crash, at most; each record costs three syncs. */
const RECORD_EVERY_BYTES = 16 << 20;
const COPY_BYTES = 1 << 20;

/** What is staged now. */
interface Staging {
  readonly offer: IncomingOffer;
  readonly file: File;
  /** Of all that was written. */
  readonly hash: Hash;
  bytes: number;
  recordedBytes: number;
  /** Set by `finish`: what is here is what was offered. */
  contents: SnapshotContents | undefined;
}

/**
 * A snapshot on its way in, staged in `snapshots/`: `incoming` is its content so far, and
 * `incoming.meta` says how much of it is synced. After a crash what is claimed is what is there, or
 * nothing. Calls come one after the other; memory does not grow with the snapshot.
 */
export class IncomingSnapshot {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #recordEveryBytes: number;
  #staging: Staging | undefined;

  private constructor(fileSystem: FileSystem, directory: string, recordEveryBytes: number) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#recordEveryBytes = recordEveryBytes;
  }

  /** Finds what an earlier process staged, verifies it, and removes what is not of use. */
  static async open(
    fileSystem: FileSystem,
    directory: string,
    recordEveryBytes = RECORD_EVERY_BYTES,
  ): Promise<IncomingSnapshot> {
    const incoming = new IncomingSnapshot(fileSystem, directory, recordEveryBytes);
    const names = (await fileSystem.list(directory)) ?? [];
    const record = names.includes(META) ? await incoming.#readRecord() : undefined;
    if (record !== undefined && names.includes(CONTENT)) await incoming.#resume(record);
    const kept: readonly string[] = incoming.#staging === undefined ? [] : [CONTENT, META];
    await incoming.#remove((name) => !kept.includes(name));
    return incoming;
  }

  /** What need not be sent again, if it is still what is offered. */
  get staged(): { readonly offer: IncomingOffer; readonly bytes: number } | undefined {
    const { offer, bytes } = this.#staging ?? {};
    return offer === undefined || bytes === undefined ? undefined : { offer, bytes };
  }

  /**
   * Goes on with what is staged, or begins anew if that is something else.
   * @returns the position of the next byte
   */
  async begin(offer: IncomingOffer): Promise<number> {
    const staged = this.#staging?.offer;
    if (this.#staging !== undefined && staged !== undefined && isSame(staged, offer))
      return this.#staging.bytes;
    await this.discard();
    await this.#fileSystem.makeDirectory(this.#directory);
    const file = await this.#fileSystem.open(join(this.#directory, CONTENT), "create");
    // No record may ever be durable before the name of what it tells of.
    await this.#fileSystem.syncDirectory(this.#directory);
    const hash = createHash("sha256");
    this.#staging = { offer, file, hash, bytes: 0, recordedBytes: 0, contents: undefined };
    return 0;
  }

  /**
   * Takes the next piece.
   * @throws LogError STORAGE_FULL (what is staged is gone) | FatalError("io")
   */
  async write(position: number, bytes: Uint8Array): Promise<void> {
    const staging = this.#current();
    assert(
      position === staging.bytes && position + bytes.length <= staging.offer.totalBytes,
      "a piece continues what is staged",
    );
    await this.#withRoom(async () => {
      await staging.file.write([bytes], position);
      staging.hash.update(bytes);
      staging.bytes += bytes.length;
      if (staging.bytes - staging.recordedBytes >= this.#recordEveryBytes)
        await this.#record(staging);
    });
  }

  /**
   * Verifies on the disk that all of it is what was offered, synced; `parts` can be read then.
   * @throws LogError CORRUPT (what is staged is gone) | STORAGE_FULL | FatalError("io")
   */
  async finish(): Promise<readonly PlacedPart[]> {
    const staging = this.#current();
    assert(staging.bytes === staging.offer.totalBytes, "all of it was written");
    await this.#withRoom(() => this.#record(staging));
    const fault = await this.#verify(staging);
    if (fault !== undefined) {
      await this.discard();
      throw new LogError("CORRUPT", `the snapshot is not what was offered: ${fault}`);
    }
    return staging.contents?.parts ?? [];
  }

  /** The bytes of a part of the finished snapshot; it must be small. */
  async read(part: PlacedPart): Promise<Uint8Array> {
    return readExactly(this.#current().file, part.position, part.bytes);
  }

  /**
   * Copies parts of the finished snapshot into files of their own, synced.
   * @throws LogError STORAGE_FULL (what is staged is gone) | FatalError("io")
   */
  async extract(parts: readonly PlacedPart[]): Promise<readonly StagedPart[]> {
    const staging = this.#current();
    const copied: StagedPart[] = [];
    await this.#withRoom(async () => {
      for (const [at, part] of parts.entries()) {
        const path = join(this.#directory, `${CONTENT}.${at}`);
        await this.#copy(staging.file, part, path);
        copied.push({ name: part.name, path });
      }
      await this.#fileSystem.syncDirectory(this.#directory);
    });
    return copied;
  }

  /** Nothing is staged any more, durably. */
  async discard(): Promise<void> {
    await this.close();
    await this.#remove(() => true);
  }

  /** What is staged stays where it is. */
  async close(): Promise<void> {
    const staging = this.#staging;
    this.#staging = undefined;
    await staging?.file.close();
  }

  #current(): Staging {
    assert(this.#staging !== undefined, "a snapshot is being staged");
    return this.#staging;
  }

  /** A disk without room is no reason to halt: the log needs what there is more than we do. */
  async #withRoom(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      if (!isNoRoom(thrown)) throw thrown;
      await this.discard();
      throw new LogError("STORAGE_FULL", "there is no room for the snapshot on this node's disk");
    }
  }

  /** Content first: a record never claims what could still be lost. */
  async #record(staging: Staging): Promise<void> {
    const { offer, bytes, hash, file } = staging;
    if (bytes === staging.recordedBytes) return;
    await file.sync();
    const prefixHash = hash.copy().digest("hex");
    const record = encodeRecord(INCOMING_FORMAT, 1, { offer, syncedBytes: bytes, prefixHash });
    const aside = join(this.#directory, META_ASIDE);
    const meta = await this.#fileSystem.open(aside, "create");
    try {
      await meta.write([record], 0);
      await meta.sync();
    } finally {
      await meta.close();
    }
    await this.#fileSystem.rename(aside, join(this.#directory, META));
    await this.#fileSystem.syncDirectory(this.#directory);
    staging.recordedBytes = bytes;
  }

  async #readRecord(): Promise<IncomingRecord | undefined> {
    const file = await this.#fileSystem.open(join(this.#directory, META), "read");
    try {
      const bytes = new Uint8Array(INCOMING_FORMAT.fileBytes);
      const filled = await file.read(bytes, 0);
      const found = decodeRecord(INCOMING_FORMAT, bytes.subarray(0, filled));
      return found.kind === "valid" ? found.value : undefined;
    } finally {
      await file.close();
    }
  }

  async #resume({ offer, syncedBytes: bytes, prefixHash }: IncomingRecord): Promise<void> {
    const file = await this.#fileSystem.open(join(this.#directory, CONTENT), "write");
    const hash = createHash("sha256");
    const whole = await hashOfFile(file, 0, bytes, hash);
    if (!whole || hash.copy().digest("hex") !== prefixHash) return file.close();
    // What lies behind was never claimed; pieces to come must not meet it.
    await file.truncate(bytes);
    this.#staging = { offer, file, hash, bytes, recordedBytes: bytes, contents: undefined };
  }

  async #verify(staging: Staging): Promise<string | undefined> {
    const { file, offer } = staging;
    const head = await readExactly(file, 0, Math.min(CONTENTS_HEAD_BYTES, offer.totalBytes));
    const tableBytes = tableBytesOf(head);
    if (tableBytes === undefined || tableBytes > offer.totalBytes)
      return "it begins with no table of parts";
    const table = await readExactly(file, 0, tableBytes);
    if (hashOfContents(table) !== offer.hash) return "its table has another SHA-256";
    const contents = decodeContents(table);
    if (contents?.totalBytes !== offer.totalBytes) return "its table does not fit its length";
    for (const { name, position, bytes, sha256 } of contents.parts) {
      const hash = createHash("sha256");
      const whole = await hashOfFile(file, position, bytes, hash);
      if (!whole || hash.digest("hex") !== sha256) return `${name} has another SHA-256`;
    }
    staging.contents = contents;
    return undefined;
  }

  async #copy(from: File, { position, bytes }: PlacedPart, path: string): Promise<void> {
    const file = await this.#fileSystem.open(path, "create");
    try {
      for (let at = 0; at < bytes; at += COPY_BYTES) {
        const piece = await readExactly(from, position + at, Math.min(COPY_BYTES, bytes - at));
        await file.write([piece], at);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** The record goes first, and durably: content without one is nothing. */
  async #remove(which: (name: string) => boolean): Promise<void> {
    const names = (await this.#fileSystem.list(this.#directory)) ?? [];
    const ours = names.filter((name) => isOfIncoming(name) && which(name));
    if (ours.length === 0) return;
    if (ours.includes(META)) {
      await this.#fileSystem.unlink(join(this.#directory, META));
      await this.#fileSystem.syncDirectory(this.#directory);
    }
    for (const name of ours)
      if (name !== META) await this.#fileSystem.unlink(join(this.#directory, name));
    await this.#fileSystem.syncDirectory(this.#directory);
  }
}

/** Whether a file of `snapshots/` belongs to a snapshot on its way in. */
export function isOfIncoming(name: string): boolean {
  return name === CONTENT || name.startsWith(`${CONTENT}.`);
}

function isSame(one: IncomingOffer, other: IncomingOffer): boolean {
  const { last, totalBytes, hash } = other;
  const { index, term } = one.last;
  return (
    hash === one.hash && totalBytes === one.totalBytes && last.index === index && last.term === term
  );
}

import type { File, FileSystem } from "../file-system.ts";
import { writeAnew } from "../wal/write-anew.ts";
import type { CompressedFile } from "./compressed-file.ts";
import { deflateName } from "./compressed-name.ts";

const PIECE_BYTES = 1 << 20;

/**
 * A compressed file that was opened to be written: read as it is until the first change or sync
 * is asked for, and plain on the disk from then on. For recovery only, before anybody else has the
 * file open: who has would go on reading the compressed one.
 */
export class ExpandingFile implements File {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #compressed: CompressedFile;
  #plain: Promise<File> | undefined;

  constructor(fileSystem: FileSystem, compressed: CompressedFile) {
    this.path = compressed.path;
    this.#fileSystem = fileSystem;
    this.#compressed = compressed;
  }

  async size(): Promise<number> {
    return (await this.#now()).size();
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#now()).read(into, position);
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    await (await this.#expanded()).write(chunks, position);
  }

  async sync(): Promise<void> {
    await (await this.#expanded()).sync();
  }

  async truncate(length: number): Promise<void> {
    await (await this.#expanded()).truncate(length);
  }

  async close(): Promise<void> {
    await this.#compressed.close();
    await (await this.#plain)?.close();
  }

  #now(): File | Promise<File> {
    return this.#plain ?? this.#compressed;
  }

  #expanded(): Promise<File> {
    this.#plain ??= expandFile(this.#fileSystem, this.#compressed).then(() =>
      this.#fileSystem.open(this.path, "write"),
    );
    return this.#plain;
  }
}

/** Puts the plain file in the place of the compressed one, durably. */
export async function expandFile(fileSystem: FileSystem, file: CompressedFile): Promise<void> {
  const bytes = await file.size();
  const copy = async (plain: File): Promise<void> => {
    for (let at = 0; at < bytes; at += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes - at));
      await file.read(piece, at);
      await plain.write([piece], at);
    }
  };
  await writeAnew(fileSystem, file.path, copy, deflateName(file.path));
}

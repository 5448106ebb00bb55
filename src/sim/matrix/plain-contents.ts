import type { FileSystem } from "../../storage/file-system.ts";
import { InflatingFileSystem } from "../../storage/compression/inflating-file-system.ts";
import type { SimDisk } from "../disk/index.ts";

/** The files of a disk as they are now, compressed ones as what they hold. */
export class PlainContents {
  readonly fileSystem: FileSystem;
  readonly #known = new Map<string, Promise<Uint8Array>>();

  constructor(disk: SimDisk) {
    // A copy without time: reads are answered at once, and disturb nobody.
    this.fileSystem = new InflatingFileSystem(disk.fork().mount());
  }

  of(path: string): Promise<Uint8Array> {
    const known = this.#known.get(path) ?? this.#read(path);
    this.#known.set(path, known);
    return known;
  }

  async #read(path: string): Promise<Uint8Array> {
    const file = await this.fileSystem.open(path, "read");
    try {
      const bytes = new Uint8Array(await file.size());
      await file.read(bytes, 0);
      return bytes;
    } finally {
      await file.close();
    }
  }
}

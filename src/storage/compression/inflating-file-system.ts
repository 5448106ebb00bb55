import type { File } from "../file-system.ts";
import { LayeredFileSystem } from "../layered-file-system.ts";
import { CompressedFile, type HeadFault } from "./compressed-file.ts";
import { mayBeCompressed } from "./compressed-name.ts";
import { ExpandingFile } from "./expanding-file.ts";

/** A disk on which compressed segments and compacted files look as if they were plain. */
export class InflatingFileSystem extends LayeredFileSystem {
  async open(path: string, mode: "create" | "write" | "read"): Promise<File> {
    const file = await this.beneath.open(path, mode);
    if (mode === "create" || !mayBeCompressed(path)) return file;
    const compressed = await this.#looked(file);
    if (compressed === undefined) return file;
    return mode === "read" ? compressed : new ExpandingFile(this.beneath, compressed);
  }

  async #looked(file: File): Promise<CompressedFile | undefined> {
    try {
      return await CompressedFile.over(file);
    } catch (thrown) {
      await file.close();
      throw thrown;
    }
  }
}

/** What is damaged of a compressed file beside its blocks, which every read looks at. */
export async function headFaultOf(file: File): Promise<HeadFault | undefined> {
  return file instanceof CompressedFile ? file.checkHeads() : undefined;
}

/** Its size on the disk; absent where `file` is plain. */
export function storedBytesOf(file: File): number | undefined {
  return file instanceof CompressedFile ? file.storedBytes : undefined;
}

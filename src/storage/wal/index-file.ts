import type { FileSystem } from "../file-system.ts";
import { decodeIndexHeader, INDEX_HEADER_BYTES, type IndexHeader } from "./index-header.ts";

/** The header of the `.index` file at `path`; absent where it is not intact. */
export async function readIndexHeader(
  fileSystem: FileSystem,
  path: string,
): Promise<IndexHeader | undefined> {
  const file = await fileSystem.open(path, "read");
  try {
    const bytes = new Uint8Array(INDEX_HEADER_BYTES);
    const header = decodeIndexHeader(bytes.subarray(0, await file.read(bytes, 0)));
    return typeof header === "string" ? undefined : header;
  } finally {
    await file.close();
  }
}

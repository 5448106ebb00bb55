import type { LogIndex, Offset } from "../../common/brand.ts";
import type { File, FileSystem } from "../file-system.ts";
import { readFooter } from "../wal/footer-file.ts";
import { FileDamage } from "./file-damage.ts";
import type { FrameExtent } from "./frame-stream.ts";
import type { CompactedFile } from "./manifest.ts";

interface InputBounds {
  readonly path: string;
  /** Frames and what is behind them. */
  readonly bytes: number;
  readonly baseOffset: Offset;
  readonly nextOffset: Offset;
  readonly lastIndex: LogIndex;
  readonly lastTimestamp: number;
}

/** A sealed segment of the log. */
export interface SealedInput extends InputBounds {
  readonly kind: "sealed";
}

/** A compacted file: of the manifest, or made by an earlier pass of the same run. */
export interface CompactedInput extends InputBounds {
  readonly kind: "compacted";
  readonly file: CompactedFile;
}

/** What a fold reads; plain data. */
export type FoldInput = SealedInput | CompactedInput;

export function compactedInput(path: string, file: CompactedFile): CompactedInput {
  const { bytes, baseOffset, nextOffset, lastIndex, lastTimestamp } = file;
  return { kind: "compacted", path, bytes, baseOffset, nextOffset, lastIndex, lastTimestamp, file };
}

/** Runs `read` with the file of `input` and where its frames lie. */
export async function withFrames<T>(
  fileSystem: FileSystem,
  input: FoldInput,
  read: (file: File, extent: FrameExtent) => Promise<T>,
): Promise<T> {
  const file = await fileSystem.open(input.path, "read");
  try {
    return await read(file, await extentOf(file, input));
  } finally {
    await file.close();
  }
}

async function extentOf(file: File, input: FoldInput): Promise<FrameExtent> {
  if (input.kind === "compacted") {
    const { frameBytes, lastChain } = input.file;
    return { position: 0, end: frameBytes, prevChain: 0, lastChain };
  }
  const bytes = await file.size();
  const footer = await readFooter(file, bytes);
  if (footer === undefined || typeof footer === "string")
    throw new FileDamage(input.path, bytes, "the footer is damaged");
  if (footer.lastIndex !== input.lastIndex || footer.nextOffset !== input.nextOffset)
    throw new FileDamage(input.path, footer.frameBytes, "it is not the segment it should be");
  const { frameBytes, prevChain, lastChain } = footer;
  return { position: 0, end: frameBytes, prevChain, lastChain };
}

import type { Offset } from "../../common/brand.ts";
import { FatalError } from "../../common/fatal-error.ts";
import { headerChainAt } from "../../common/frame.ts";
import type { File, FileSystem } from "../file-system.ts";
import { isAbsent } from "../io-error.ts";
import { join } from "../layout.ts";
import { COMPACTED_FOOTER_BYTES, decodeCompactedFooter } from "./compacted-footer.ts";
import { manifestName } from "./compacted-name.ts";
import { FileDamage } from "./file-damage.ts";
import { streamFrames } from "./frame-stream.ts";
import type { CompactedFile, Manifest } from "./manifest.ts";
import { readManifest } from "./manifest-file.ts";
import type { RowLookup } from "./row-lookup.ts";

/** Goes round the compacted files, piece by piece: frames, rows, footer; then the manifest. */
export class PrefixScrubber {
  readonly #rows: RowLookup;
  /** Files whose offsets end at or before it were looked at in this round. */
  #doneTo = 0 as Offset;
  /** Inside the file that comes next. */
  #within: { readonly name: string; position: number; chain: number } | undefined;

  constructor(rows: RowLookup) {
    this.#rows = rows;
  }

  /** The file that comes next; absent when only the manifest is left. */
  fileOf(files: readonly CompactedFile[]): CompactedFile | undefined {
    return files.find(({ nextOffset }) => nextOffset > this.#doneTo);
  }

  /** Goes on in `file`; answers the bytes looked at. @throws FileDamage */
  async check(opened: File, file: CompactedFile, maxBytes: number): Promise<number> {
    if (this.#within?.name !== file.name) this.#within = { name: file.name, position: 0, chain: 0 };
    const place = this.#within;
    const from = place.position;
    const extent = {
      position: from,
      end: file.frameBytes,
      prevChain: place.chain,
      lastChain: file.lastChain,
    };
    for await (const { position, bytes, view, frames } of streamFrames(opened, extent)) {
      place.position = position + bytes.length;
      place.chain = headerChainAt(view, frames.at(-1) as number);
      if (place.position - from >= maxBytes && place.position < file.frameBytes)
        return place.position - from;
    }
    await this.#rows.verify(opened, file);
    await checkFooter(opened, file);
    this.leave(file);
    return file.bytes - from;
  }

  /** The rest of `file` is not looked at in this round. */
  leave({ nextOffset }: CompactedFile): void {
    this.#doneTo = nextOffset;
    this.#within = undefined;
  }

  /** Ends the round. `current`: absent when the manifest was replaced meanwhile. */
  async checkManifest(
    fileSystem: FileSystem,
    directory: string,
    current: () => Manifest | undefined,
  ): Promise<number> {
    this.#doneTo = 0 as Offset;
    const manifest = current();
    if (manifest === undefined || manifest.index === 0) return 0;
    try {
      await readManifest(fileSystem, directory, manifest.index);
    } catch (thrown) {
      if (current() === undefined) return 0;
      // A disk that fails ends the process: what could not be read is not damaged (seed 71763).
      if (!(thrown instanceof FatalError)) throw thrown;
      if (thrown.kind === "io" && !isAbsent(thrown)) throw thrown;
      const path = join(directory, manifestName(manifest.index));
      throw new FileDamage(path, 0, "the manifest is damaged");
    }
    return 0;
  }
}

async function checkFooter(opened: File, file: CompactedFile): Promise<void> {
  const at = file.bytes - COMPACTED_FOOTER_BYTES;
  const bytes = new Uint8Array(COMPACTED_FOOTER_BYTES);
  await opened.read(bytes, at);
  if (typeof decodeCompactedFooter(bytes, file.bytes) === "string")
    throw new FileDamage(opened.path, at, "the footer is damaged");
}

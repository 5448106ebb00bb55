import type { LogIndex, Offset } from "../../common/brand.ts";
import type { FrameHeader } from "../../common/frame.ts";
import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import { unfinishedName } from "./compacted-name.ts";
import { CompactedWriter } from "./compacted-writer.ts";
import { type CompactedInput, compactedInput } from "./fold-input.ts";
import type { RunBudget } from "./run-budget.ts";

/** Frames that wait in memory before they are written. */
const FLUSH_BYTES = 1 << 20;

/** Makes the files of one run, all of them aside: none has its name yet. */
export class UnfinishedFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #index: LogIndex;
  readonly #paths = new Set<string>();
  #made = 0;

  constructor(fileSystem: FileSystem, directory: string, index: LogIndex) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#index = index;
  }

  async create(baseOffset: Offset): Promise<{ path: string; writer: CompactedWriter }> {
    const path = join(this.#directory, unfinishedName(baseOffset, this.#index, ++this.#made));
    const file = await this.#fileSystem.open(path, "create");
    this.#paths.add(path);
    return { path, writer: new CompactedWriter(file, baseOffset) };
  }

  /** Whether `path` is one of them: not yet part of any prefix. */
  has(path: string): boolean {
    return this.#paths.has(path);
  }

  async remove(path: string): Promise<void> {
    if (this.#paths.delete(path)) await this.#fileSystem.unlink(path);
  }

  /** It has its name now. */
  async rename(path: string, name: string): Promise<void> {
    await this.#fileSystem.rename(path, join(this.#directory, name));
    this.#paths.delete(path);
  }

  /** Removes what is left of a run that failed; what cannot be removed now is at the next start. */
  async removeAll(): Promise<void> {
    for (const path of [...this.#paths]) await this.remove(path).catch(() => undefined);
  }
}

/** Survivors of consecutive inputs, in files that end near `targetBytes` or where they must. */
export class OutputFiles {
  readonly #files: UnfinishedFiles;
  readonly #budget: RunBudget;
  readonly #targetBytes: number;
  readonly #made: CompactedInput[] = [];
  #current: { readonly path: string; readonly writer: CompactedWriter } | undefined;
  /** Where the next file's offsets begin. */
  #base: Offset;
  #lastIndex: LogIndex = 0 as LogIndex;

  constructor(files: UnfinishedFiles, budget: RunBudget, targetBytes: number, base: Offset) {
    this.#files = files;
    this.#budget = budget;
    this.#targetBytes = targetBytes;
    this.#base = base;
  }

  get made(): readonly CompactedInput[] {
    return this.#made;
  }

  async add(header: FrameHeader, skip: number, count: number, payload: Uint8Array): Promise<void> {
    const base = (header.baseOffset + skip) as Offset;
    this.#current ??= await this.#files.create(this.#base);
    const { writer } = this.#current;
    if (writer.frameBytes >= this.#targetBytes) {
      await this.end(base, this.#lastIndex);
      this.#current = await this.#files.create(this.#base);
    }
    this.#current.writer.add(header, skip, count, payload);
    this.#lastIndex = header.index;
    if (this.#current.writer.pendingBytes >= FLUSH_BYTES) await this.#flush(this.#current.writer);
  }

  /** Ends the file under way: it stands for everything below `nextOffset`. */
  async end(nextOffset: Offset, lastIndex: LogIndex): Promise<void> {
    this.#base = nextOffset;
    const current = this.#current;
    if (current === undefined) return;
    await this.#flush(current.writer);
    const { frameBytes } = current.writer;
    const facts = await current.writer.finish({ nextOffset, lastIndex });
    this.#current = undefined;
    await this.#budget.wrote(facts.bytes - frameBytes);
    const name = current.path.slice(current.path.lastIndexOf("/") + 1);
    this.#made.push(compactedInput(current.path, { ...facts, name, settled: false }));
  }

  async abandon(): Promise<void> {
    await this.#current?.writer.abandon().catch(() => undefined);
    this.#current = undefined;
  }

  async #flush(writer: CompactedWriter): Promise<void> {
    const bytes = writer.pendingBytes;
    await writer.flush();
    await this.#budget.wrote(bytes);
  }
}

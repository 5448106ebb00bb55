import { deflateRawSync } from "node:zlib";
import { SimDisk } from "../../../../src/sim/disk/index.ts";
import {
  compressFile,
  type CompressionResult,
} from "../../../../src/storage/compression/compress-file.ts";
import { deflateName } from "../../../../src/storage/compression/compressed-name.ts";
import { InflatingFileSystem } from "../../../../src/storage/compression/inflating-file-system.ts";
import type { File, FileSystem } from "../../../../src/storage/file-system.ts";
import { SourceLog } from "../../compaction/support/source-log.ts";

export const BLOCK_BYTES = 300;

/** A sealed segment of some 2 KB that deflates well, made by hand. */
export async function sealedSegment(): Promise<{
  readonly disk: SimDisk;
  readonly path: string;
  readonly plain: Uint8Array;
}> {
  const disk = new SimDisk();
  const mount = disk.mount();
  await mount.makeDirectory("data/log");
  const source = new SourceLog();
  for (let i = 0; i < 10; i++) source.entry({ key: `k${i}`, value: "abcdefgh".repeat(10) });
  const path = `data/log/${source.seal(disk).file}`;
  disk.kill();
  return { disk, path, plain: Uint8Array.from(disk.readFile(path)) };
}

/** Carries out one task on the thread of the test. */
export function compress(
  fileSystem: FileSystem,
  path: string,
  { blockBytes = BLOCK_BYTES, signal }: { blockBytes?: number; signal?: AbortSignal } = {},
): Promise<CompressionResult> {
  const task = { path, blockBytes, keepFreeBytes: 5000, bytesPerSecond: 0 };
  return compressFile(task, { fileSystem, pause: undefined }, signal);
}

/** Compresses the file at `path`, where nobody has it open. */
export async function compressOffline(disk: SimDisk, path: string): Promise<void> {
  const mount = new InflatingFileSystem(disk.mount());
  const result = await compress(mount, path);
  if (result.kind !== "done") throw new Error(`${path} is ${result.kind}`);
  await mount.rename(deflateName(path), path);
  await mount.syncDirectory(path.slice(0, path.lastIndexOf("/")));
  disk.kill();
}

/** The whole file at `path`, as a process sees it. */
export async function readWhole(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fileSystem.open(path, "read");
  const bytes = new Uint8Array((await file.size()) + 10);
  const filled = await file.read(bytes, 0);
  await file.close();
  return bytes.slice(0, filled);
}

/** What inflates to `bytes` zeros, and takes next to nothing. */
export function bomb(bytes: number): Uint8Array {
  return deflateRawSync(new Uint8Array(bytes));
}

/** A disk whose files of such names, where they are created, do something else. */
export function changedFiles(
  beneath: FileSystem,
  which: RegExp,
  change: (file: File) => Partial<File>,
): FileSystem {
  return overlaid(beneath, {
    open: async (path, mode) => {
      const file = await beneath.open(path, mode);
      return mode === "create" && which.test(path) ? overlaid(file, change(file)) : file;
    },
  });
}

function overlaid<T extends object>(beneath: T, changes: Partial<T>): T {
  return new Proxy(beneath, {
    get: (target, name) => {
      const changed: unknown = Reflect.get(changes, name);
      if (changed !== undefined) return changed;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

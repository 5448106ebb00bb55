import fs from "node:fs/promises";
import { closeSync, fsync, open as openCallback } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { InflatingFileSystem } from "./compression/inflating-file-system.ts";
import type { File, FileSystem } from "./file-system.ts";
import { NodeFile } from "./node-file.ts";
import { codeOf, failing } from "./node-io.ts";
import { lockDirectory } from "./node-lock.ts";

const openDescriptor = promisify(openCallback);
const syncDescriptor = promisify(fsync);

/** Nobody but the user that runs the node has business here. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const FLAGS = { create: "wx+", write: "r+", read: "r" } as const;

/** The machine's disk as it is. */
const bareFileSystem: FileSystem = {
  async open(file, mode): Promise<File> {
    const action = mode === "create" ? "create" : "open";
    const descriptor = openDescriptor(file, FLAGS[mode], FILE_MODE);
    return new NodeFile(file, await failing(action, file, descriptor));
  },

  async list(directory) {
    try {
      return (await fs.readdir(directory)).sort();
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      return failing("list", directory, Promise.reject(error));
    }
  },

  async makeDirectory(directory) {
    const missing: string[] = [];
    for (let at = path.resolve(directory); !(await exists(at)); at = path.dirname(at))
      missing.unshift(at);
    for (const at of missing) {
      await failing("create the directory", at, fs.mkdir(at, { mode: DIRECTORY_MODE }));
      await syncDirectory(path.dirname(at));
    }
  },

  async rename(from, to) {
    await failing("rename", from, fs.rename(from, to));
  },

  async unlink(file) {
    await failing("remove", file, fs.unlink(file));
  },

  syncDirectory,

  async freeBytes(at) {
    const { bavail, bsize } = await failing("look at the space of", at, fs.statfs(at));
    return bavail * bsize;
  },

  lock: lockDirectory,
};

/** The machine's disk; what is compressed on it looks as if it were plain. */
export const nodeFileSystem: FileSystem = new InflatingFileSystem(bareFileSystem);

async function exists(directory: string): Promise<boolean> {
  try {
    await fs.stat(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    return failing("look at", directory, Promise.reject(error));
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const descriptor = await failing("open", directory, openDescriptor(directory, "r"));
  try {
    await failing("sync the directory", directory, syncDescriptor(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

import type { DirectoryLock, File, FileSystem } from "./file-system.ts";

/** A disk that is another one seen through something: only what it opens differs. */
export abstract class LayeredFileSystem implements FileSystem {
  protected readonly beneath: FileSystem;

  constructor(beneath: FileSystem) {
    this.beneath = beneath;
  }

  abstract open(path: string, mode: "create" | "write" | "read"): Promise<File>;

  list(path: string): Promise<readonly string[] | undefined> {
    return this.beneath.list(path);
  }

  makeDirectory(path: string): Promise<void> {
    return this.beneath.makeDirectory(path);
  }

  rename(from: string, to: string): Promise<void> {
    return this.beneath.rename(from, to);
  }

  unlink(path: string): Promise<void> {
    return this.beneath.unlink(path);
  }

  syncDirectory(path: string): Promise<void> {
    return this.beneath.syncDirectory(path);
  }

  freeBytes(path: string): Promise<number> {
    return this.beneath.freeBytes(path);
  }

  lock(directory: string): Promise<DirectoryLock> {
    return this.beneath.lock(directory);
  }
}

import type { File, FileSystem } from "../../src/storage/file-system.ts";
import { LayeredFileSystem } from "../../src/storage/layered-file-system.ts";

class AlteredFileSystem extends LayeredFileSystem {
  open(path: string, mode: "create" | "write" | "read"): Promise<File> {
    return this.beneath.open(path, mode);
  }
}

/** `beneath`, but for what is given: to plant a fault, to count, to hold something up. */
export function altered(beneath: FileSystem, changes: Partial<FileSystem>): FileSystem {
  return Object.assign(new AlteredFileSystem(beneath), changes);
}

/** `beneath`, where syncs of the files that match do nothing and report success. */
export function withoutSync(path: RegExp, beneath: FileSystem): FileSystem {
  return altered(beneath, {
    open: async (name, mode) => {
      const file = await beneath.open(name, mode);
      if (path.test(name)) file.sync = () => Promise.resolve();
      return file;
    },
  });
}

/** `beneath`, where no change of a name is made durable. */
export function withoutDirectorySync(beneath: FileSystem): FileSystem {
  return altered(beneath, { syncDirectory: () => Promise.resolve() });
}

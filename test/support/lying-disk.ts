import type { NodePorts } from "../../src/runtime/node-options.ts";
import type { File, FileSystem } from "../../src/storage/file-system.ts";

/** A planted bug: a disk that says it has synced, and has not. */
export function withLyingDisk(_nodeId: string, ports: NodePorts): NodePorts {
  return { ...ports, fileSystem: lyingAbout(/./, ports.fileSystem) };
}

/** A file system that only says that it has synced the files whose path matches. */
export function lyingAbout(files: RegExp, fileSystem: FileSystem): FileSystem {
  return {
    list: (path) => fileSystem.list(path),
    makeDirectory: (path) => fileSystem.makeDirectory(path),
    rename: (from, to) => fileSystem.rename(from, to),
    unlink: (path) => fileSystem.unlink(path),
    syncDirectory: (path) => fileSystem.syncDirectory(path),
    freeBytes: (path) => fileSystem.freeBytes(path),
    lock: (directory) => fileSystem.lock(directory),
    open: async (path, mode) => {
      const file = await fileSystem.open(path, mode);
      return files.test(path) ? withoutSync(file) : file;
    },
  };
}

function withoutSync(file: File): File {
  return {
    path: file.path,
    size: () => file.size(),
    read: (into, position) => file.read(into, position),
    write: (chunks, position) => file.write(chunks, position),
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
    sync: () => Promise.resolve(),
  };
}

import type { NodePorts } from "../../src/runtime/node-options.ts";
import type { File, FileSystem } from "../../src/storage/file-system.ts";

/** A planted bug: a disk that says it has synced, and has not. */
export function withLyingDisk(_nodeId: string, ports: NodePorts): NodePorts {
  const { fileSystem } = ports;
  const lying: FileSystem = {
    list: (path) => fileSystem.list(path),
    makeDirectory: (path) => fileSystem.makeDirectory(path),
    rename: (from, to) => fileSystem.rename(from, to),
    unlink: (path) => fileSystem.unlink(path),
    syncDirectory: (path) => fileSystem.syncDirectory(path),
    freeBytes: (path) => fileSystem.freeBytes(path),
    lock: (directory) => fileSystem.lock(directory),
    open: async (path, mode) => withoutSync(await fileSystem.open(path, mode)),
  };
  return { ...ports, fileSystem: lying };
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

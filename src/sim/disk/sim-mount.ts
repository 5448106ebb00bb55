import { assert } from "../../common/assert.ts";
import { FatalError } from "../../common/fatal-error.ts";
import type { DirectoryLock, File, FileSystem } from "../../storage/file-system.ts";
import { ioError } from "../../storage/io-error.ts";
import type { CrashPolicy } from "./fate.ts";
import type { Incarnation, Operations } from "./operations.ts";
import { isFile, type PendingEntry, type SimDirectory } from "./sim-directory.ts";
import { SimFile } from "./sim-file.ts";
import { SimInode } from "./sim-inode.ts";
import { directoryAt, ensureName, nameOf, parentAt, parentOf, partsOf } from "./sim-path.ts";

/** What a mount needs of its disk. */
export interface MountPorts {
  readonly root: () => SimDirectory;
  readonly operations: Operations;
  readonly locks: Map<string, Incarnation>;
  readonly failedSync: () => CrashPolicy;
  /** How much larger files may grow. */
  readonly freeBytes: () => number;
}

/** The disk as one incarnation of a process sees it. */
export class SimMount implements FileSystem {
  readonly #owner: Incarnation;
  readonly #ports: MountPorts;

  constructor(owner: Incarnation, ports: MountPorts) {
    this.#owner = owner;
    this.#ports = ports;
  }

  async open(path: string, mode: "create" | "write" | "read"): Promise<File> {
    const inode = mode === "create" ? await this.#create(path) : await this.#find(path);
    const { operations, failedSync, freeBytes } = this.#ports;
    const writable = mode !== "read";
    const owner = this.#owner;
    return new SimFile({ path, inode, writable, owner, operations, failedSync, freeBytes });
  }

  list(path: string): Promise<readonly string[] | undefined> {
    return this.#ports.operations.read(this.#owner, {
      kind: "open",
      path,
      finish: () => directoryAt(this.#ports.root(), path)?.names(),
    });
  }

  async makeDirectory(path: string): Promise<void> {
    const parts = partsOf(path);
    for (let depth = 1; depth <= parts.length; depth++) {
      const at = parts.slice(0, depth).join("/");
      const missing = await this.#ports.operations.read(this.#owner, {
        kind: "open",
        path: at,
        finish: () => directoryAt(this.#ports.root(), at) === undefined,
      });
      if (!missing) continue;
      await this.#ports.operations.change(this.#owner, {
        kind: "makeDirectory",
        path: at,
        begin: (record) => ensureName(this.#parent(at), nameOf(at), record),
        finish: () => undefined,
      });
      await this.syncDirectory(parts.slice(0, depth - 1).join("/"));
    }
  }

  rename(from: string, to: string): Promise<void> {
    assert(parentOf(from) === parentOf(to), "files are renamed within their directory only");
    return this.#ports.operations.change(this.#owner, {
      kind: "rename",
      path: from,
      detail: () => `to ${nameOf(to)}`,
      begin: (record) => {
        const directory = this.#parent(from);
        const node = this.#inode(from, "rename");
        const added = { name: nameOf(to), node };
        directory.change({ operation: record, removed: nameOf(from), added });
      },
      finish: () => undefined,
    });
  }

  unlink(path: string): Promise<void> {
    return this.#ports.operations.change(this.#owner, {
      kind: "unlink",
      path,
      begin: (record) => {
        this.#inode(path, "remove");
        this.#parent(path).change({ operation: record, removed: nameOf(path), added: undefined });
      },
      finish: () => undefined,
    });
  }

  syncDirectory(path: string): Promise<void> {
    let directory: SimDirectory | undefined;
    let last: PendingEntry | undefined;
    return this.#ports.operations.change(this.#owner, {
      kind: "syncDirectory",
      path,
      begin: () => {
        directory = directoryAt(this.#ports.root(), path);
        if (directory === undefined) throw ioError("sync the directory", path, "ENOENT");
        last = directory.pending.at(-1);
      },
      finish: () => directory?.synced(last),
    });
  }

  freeBytes(path: string): Promise<number> {
    return this.#ports.operations.read(this.#owner, {
      kind: "open",
      path,
      finish: () => this.#ports.freeBytes(),
    });
  }

  async lock(directory: string): Promise<DirectoryLock> {
    const { locks } = this.#ports;
    const key = partsOf(directory).join("/");
    if (locks.get(key)?.alive)
      throw new FatalError(
        "io",
        `${directory} is in use by another process; stop it first or choose another --data-dir`,
      );
    locks.set(key, this.#owner);
    return Promise.resolve({
      release: () => {
        if (locks.get(key) === this.#owner) locks.delete(key);
        return Promise.resolve();
      },
    });
  }

  async #create(path: string): Promise<SimInode> {
    const inode = new SimInode();
    await this.#ports.operations.change(this.#owner, {
      kind: "create",
      path,
      begin: (record) => {
        const directory = this.#parent(path);
        if (directory.get(nameOf(path)) !== undefined) throw ioError("create", path, "EEXIST");
        const added = { name: nameOf(path), node: inode };
        directory.change({ operation: record, removed: undefined, added });
      },
      finish: () => undefined,
    });
    return inode;
  }

  #find(path: string): Promise<SimInode> {
    return this.#ports.operations.read(this.#owner, {
      kind: "open",
      path,
      finish: () => this.#inode(path, "open"),
    });
  }

  #inode(path: string, action: string): SimInode {
    const node = parentAt(this.#ports.root(), path)?.get(nameOf(path));
    if (node === undefined) throw ioError(action, path, "ENOENT");
    if (!isFile(node)) throw ioError(action, path, "EISDIR");
    return node;
  }

  #parent(path: string): SimDirectory {
    const directory = parentAt(this.#ports.root(), path);
    if (directory === undefined) throw ioError("create", path, "ENOENT");
    return directory;
  }
}

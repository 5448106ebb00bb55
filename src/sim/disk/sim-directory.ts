import type { CrashPolicy } from "./fate.ts";
import type { OperationRecord } from "./operations.ts";
import { SimInode } from "./sim-inode.ts";

export type SimNode = SimInode | SimDirectory;

/** One change of names; a rename is atomic, so it is one change. */
export interface PendingEntry {
  readonly operation: OperationRecord;
  readonly removed: string | undefined;
  readonly added: { readonly name: string; readonly node: SimNode } | undefined;
}

/** Names: those the device holds, those one sees, and the changes that no sync has covered. */
export class SimDirectory {
  readonly #device = new Map<string, SimNode>();
  #cache = new Map<string, SimNode>();
  #pending: PendingEntry[] = [];

  get pending(): readonly PendingEntry[] {
    return this.#pending;
  }

  get(name: string): SimNode | undefined {
    return this.#cache.get(name);
  }

  names(): readonly string[] {
    return [...this.#cache.keys()].sort();
  }

  change(entry: PendingEntry): void {
    apply(this.#cache, entry);
    this.#pending.push(entry);
  }

  /** Changes up to `last` have reached the device; an overlapping sync may have been first. */
  synced(last: PendingEntry | undefined): void {
    const covered = last === undefined ? 0 : this.#pending.indexOf(last) + 1;
    for (const entry of this.#pending.splice(0, covered)) apply(this.#device, entry);
  }

  /** Power is lost here and below: each pending change is kept or lost on its own. */
  powerLost(policy: CrashPolicy): void {
    for (const entry of this.#pending.splice(0))
      if (policy.entry(entry.operation) === "kept") apply(this.#device, entry);
    this.#cache = new Map(this.#device);
    for (const node of new Set(this.#device.values())) node.powerLost(policy);
  }

  /** Changes device and page cache alike, as a careless hand does. */
  edit(name: string, node: SimNode | undefined): void {
    for (const names of [this.#device, this.#cache])
      if (node === undefined) names.delete(name);
      else names.set(name, node);
  }

  /** Every file and directory that is seen, or may be seen again after a crash. */
  nodes(): ReadonlySet<SimNode> {
    const added = this.#pending.flatMap((entry) => (entry.added ? [entry.added.node] : []));
    return new Set([...this.#device.values(), ...this.#cache.values(), ...added]);
  }

  copy(): SimDirectory {
    const copies = new Map<SimNode, SimNode>();
    for (const node of this.nodes()) copies.set(node, node.copy());
    const copyOf = (node: SimNode) => copies.get(node) ?? node;
    const copy = new SimDirectory();
    for (const [name, node] of this.#device) copy.#device.set(name, copyOf(node));
    for (const [name, node] of this.#cache) copy.#cache.set(name, copyOf(node));
    copy.#pending = this.#pending.map((entry) => ({
      ...entry,
      added: entry.added && { name: entry.added.name, node: copyOf(entry.added.node) },
    }));
    return copy;
  }
}

function apply(names: Map<string, SimNode>, entry: PendingEntry): void {
  if (entry.removed !== undefined) names.delete(entry.removed);
  if (entry.added !== undefined) names.set(entry.added.name, entry.added.node);
}

export function isFile(node: SimNode | undefined): node is SimInode {
  return node instanceof SimInode;
}

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Often enough that nothing swells and shrinks unseen. */
const EVERY_MS = 50;

/** Looks again and again how much disk each node's log takes, snapshots included. */
export class DiskSampler implements Disposable {
  readonly #directories: ReadonlyMap<string, string>;
  readonly #most = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  samples = 0;

  constructor(directories: ReadonlyMap<string, string>) {
    this.#directories = directories;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** The most that each node took. */
  get most(): ReadonlyMap<string, number> {
    return this.#most;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    this.samples++;
    for (const [id, directory] of this.#directories)
      this.#most.set(id, Math.max(this.#most.get(id) ?? 0, bytesOfLog(directory)));
  }
}

/** Bytes of a data directory's segments, checkpoints, compacted and incoming files. */
export function bytesOfLog(dataDirectory: string): number {
  let sum = 0;
  for (const folder of ["log", "snapshots"])
    for (const path of filesIn(join(dataDirectory, folder))) sum += sizeOf(path);
  return sum;
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** A file that goes between the two looks takes nothing. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

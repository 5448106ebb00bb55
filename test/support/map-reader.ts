import { codecs, connect } from "../../src/index.ts";
import type { TestCluster } from "./cluster.ts";

/** A map as one reader of the log builds it, and what was wrong on the way. */
export interface ReadMap {
  readonly state: ReadonlyMap<string, string>;
  readonly records: number;
  readonly faults: readonly string[];
}

interface Line {
  readonly offset: number;
  readonly key: string;
  readonly value: string | null;
}

class Building implements ReadMap {
  readonly state = new Map<string, string>();
  readonly faults: string[] = [];
  records = 0;
  #last = -1;

  add({ offset, key, value }: Line): void {
    this.records++;
    if (offset <= this.#last) this.faults.push(`offset ${offset} after ${this.#last}`);
    this.#last = offset;
    if (value === null) this.state.delete(key);
    else this.state.set(key, value);
  }
}

/** Everything that `nodeId` itself has, from its log start on. */
export async function mapOf(cluster: TestCluster, nodeId: string): Promise<ReadMap> {
  const where = ["-o", "start", "-e", "-w", "ndjson", "--from-node", nodeId];
  const printed = await cluster.balsa("tail", ...where);
  const read = new Building();
  for (const line of printed.split("\n")) if (line !== "") read.add(JSON.parse(line) as Line);
  return read;
}

/** Follows the log from its start while it grows and is compacted, until `lastKey` is written. */
export async function followMap(endpoints: readonly string[], lastKey: string): Promise<ReadMap> {
  await using client = await connect({ endpoints });
  const read = new Building();
  for await (const { offset, key, value } of client.tail({ from: "start", codec: codecs.text })) {
    read.add({ offset, key: String(key), value });
    if (key === lastKey) break;
  }
  return read;
}

/** Where two maps differ, a few of the places. */
export function mapDifferences(
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): readonly string[] {
  const keys = new Set([...found.keys(), ...expected.keys()]);
  return [...keys]
    .filter((key) => found.get(key) !== expected.get(key))
    .map((key) => `${key}: ${found.get(key) ?? "absent"}, not ${expected.get(key) ?? "absent"}`)
    .slice(0, 10);
}

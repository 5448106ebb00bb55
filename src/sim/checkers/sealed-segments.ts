import type { SimHost } from "../world.ts";

/** Sealed segments are byte-identical on every node that has them. */
export function checkSealedSegments(hosts: readonly SimHost[]): string[] {
  const violations: string[] = [];
  const contents = new Map<string, { nodeId: string; bytes: Uint8Array }>();
  for (const { nodeId, disk, node } of hosts)
    for (const { file, state } of node?.status().segments ?? []) {
      if (state !== "sealed") continue;
      const path = disk.files().find((name) => name.endsWith(`/${file}`)) ?? file;
      const bytes = disk.readFile(path);
      const twin = contents.get(file);
      if (twin === undefined) contents.set(file, { nodeId, bytes });
      else if (Buffer.compare(twin.bytes, bytes) !== 0)
        violations.push(`sealed ${file} differs between ${twin.nodeId} and ${nodeId}`);
    }
  return violations;
}

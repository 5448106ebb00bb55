import type { NodeId } from "../../common/brand.ts";
import type { Violation } from "../../sim/checkers/index.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { isCorruption, noCounts, verifyDataDirectory } from "../../storage/verify.ts";

/** What `balsa verify` finds in the directories of stopped nodes. */
export async function damageIn(
  dataDirectories: readonly (readonly [NodeId, string])[],
): Promise<readonly Violation[]> {
  const violations: Violation[] = [];
  for (const [nodeId, directory] of dataDirectories)
    for await (const finding of verifyDataDirectory(nodeFileSystem, directory, noCounts()))
      if (isCorruption(finding)) {
        const at = finding.byte === undefined ? "" : ` at byte ${finding.byte}`;
        const message = `${finding.file}${at}: ${finding.kind}: ${finding.what}`;
        violations.push({ check: "verify", message, nodes: [nodeId] });
      }
  return violations;
}

import type { LogIndex } from "../../common/brand.ts";
import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import { noCounts, type VerifyFinding } from "../verify/finding.ts";
import { checkPrefix } from "../verify/prefix-check.ts";
import { isDamagedHead } from "../verify/head-findings.ts";
import { finding, type RepairWork } from "./finding.ts";
import { repairCompressed } from "./repair-compressed.ts";

/**
 * Looks at every byte of the compacted prefix. Only what a run left half-written is removed: what
 * is damaged there nothing on this disk can make again, but other nodes have it; what no manifest
 * names the next start removes, once it has seen which one counts.
 * @param compactedTo what the hard state says; absent where it is lost.
 */
export async function repairPrefix(
  fileSystem: FileSystem,
  directory: string,
  compactedTo: LogIndex | undefined,
  work: RepairWork,
): Promise<void> {
  const { apply, found } = work;
  const names = (await fileSystem.list(directory)) ?? [];
  const facts = { compactedTo, compactedNow: () => Promise.resolve(compactedTo) };
  let removed = false;
  await repairCompressed(fileSystem, directory, names, work);
  for await (const seen of checkPrefix(fileSystem, directory, names, facts, noCounts())) {
    if (isDamagedHead(seen)) continue;
    const unfinished = names.find(
      (name) => isHalfWritten(name) && join(directory, name) === seen.file,
    );
    if (unfinished === undefined) {
      const left = leftOf(seen);
      if (left !== undefined) found.push(left);
      continue;
    }
    found.push(finding("mend", seen.file, "left by a compaction that was interrupted; removed"));
    if (apply) await fileSystem.unlink(seen.file);
    removed = apply;
  }
  if (removed) await fileSystem.syncDirectory(directory);
}

function isHalfWritten(name: string): boolean {
  return /\.(?:compacted\.tmp|manifest\.tmp|compacted\.deflate)$/.test(name);
}

/** What is no file of Balsa's is nobody's to mend. */
function leftOf({ kind, file, byte, index, what, next }: VerifyFinding) {
  if (kind === "foreign" && byte === undefined) return undefined;
  const place = {
    ...(byte === undefined ? {} : { byte }),
    ...(index === undefined ? {} : { index }),
  };
  if (kind === "torn") return finding("start", file, `${what}; the next start sees to it`, place);
  // The node starts, serves nothing of it, and fetches it: docs/repair.md.
  const mendable = kind === "damaged" || kind === "absent";
  return finding(mendable ? "peers" : "stuck", file, `${what}; next: ${next}`, place);
}

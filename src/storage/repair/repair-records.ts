import type { FileSystem } from "../file-system.ts";
import { PairedRecord, type RecordPair, winnerOf } from "../paired-record.ts";
import type { RecordFormat } from "../record-file.ts";
import { checkPair } from "../verify/record-check.ts";
import { finding, type RepairWork } from "./finding.ts";

/**
 * Heals the two files of a record from each other.
 * @param lost what it means when neither is valid.
 * @returns the value that counts; absent when it is lost.
 */
export async function repairRecord<T>(
  fileSystem: FileSystem,
  directory: string,
  { format, pair, lost }: { format: RecordFormat<T>; pair: RecordPair<T>; lost: string },
  { apply, found }: RepairWork,
): Promise<T | undefined> {
  const winner = winnerOf(pair);
  const findings = checkPair(format, pair, lost);
  for (const { file, byte, what } of findings) {
    const place = byte === undefined ? {} : { byte };
    if (winner === undefined) found.push(finding("stuck", file, `${what}; ${lost}`, place));
    else found.push(finding("mend", file, `${what}; written again from the other file`, place));
  }
  if (winner === undefined) return undefined;
  if (apply && findings.length > 0) {
    const healed = await PairedRecord.open(fileSystem, directory, format, pair, winner);
    await healed.close();
  }
  return winner.value;
}

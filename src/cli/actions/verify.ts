import { nodeFileSystem } from "../../storage/node-file-system.ts";
import {
  isCorruption,
  noCounts,
  type VerifyCounts,
  type VerifyFinding,
  verifyDataDirectory,
} from "../../storage/verify.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { grouped, megabytes } from "../numbers.ts";
import { type OutputFormat, write } from "../output.ts";

interface Verified {
  readonly path: string;
  readonly ok: boolean;
  readonly counts: VerifyCounts;
  readonly findings: readonly VerifyFinding[];
}

/** Checks each path; tells everything found on stdout, and fails with 8 where it is damage. */
export async function verifyPaths(args: {
  readonly paths: readonly string[];
  readonly format: OutputFormat;
}): Promise<void> {
  const all: Verified[] = [];
  for (const path of args.paths) {
    const verified = await verifyPath(path);
    all.push(verified);
    if (args.format === "ndjson") await write(`${JSON.stringify(verified)}\n`);
    else if (args.format !== "json") await write(asText(verified));
  }
  if (args.format === "json") await write(`${JSON.stringify({ paths: all }, undefined, 2)}\n`);
  const damage = all.flatMap(({ findings }) => findings).filter(isCorruption);
  const [first] = damage;
  if (first === undefined) return;
  const more = damage.length === 1 ? "" : `, and ${damage.length - 1} more`;
  throw new Failure(EXIT.corruption, "CORRUPT", `damage: ${placeOf(first)}${more}`, first.next);
}

async function verifyPath(path: string): Promise<Verified> {
  const counts = noCounts();
  const findings: VerifyFinding[] = [];
  for await (const finding of verifyDataDirectory(nodeFileSystem, path, counts))
    findings.push(finding);
  return { path, ok: !findings.some(isCorruption), counts, findings };
}

function asText({ path, ok, counts, findings }: Verified): string {
  const { segments, sealedSegments, frames, records, bytes } = counts;
  const seen = [
    `${grouped(segments)} segments (${sealedSegments} sealed), ${grouped(frames)} frames`,
    `${grouped(records)} records`,
    ...snapshotsIn(counts),
    megabytes(bytes),
  ].join(", ");
  const lines = findings.flatMap((finding) => [
    `${placeOf(finding)}: ${finding.kind}: ${finding.what}`,
    `  ${finding.means}`,
    `  next: ${finding.next}`,
  ]);
  return `${[...lines, `${path}: ${ok ? "ok" : "DAMAGED"}: ${seen}`].join("\n")}\n`;
}

/** What lies in `snapshots/`, as far as anything does. */
function snapshotsIn({ checkpoints, compactedFiles, compactedRecords }: VerifyCounts): string[] {
  const told =
    checkpoints === 0 ? [] : [`${checkpoints} checkpoint${checkpoints === 1 ? "" : "s"}`];
  if (compactedFiles === 0) return told;
  const files = compactedFiles === 1 ? "1 compacted file" : `${compactedFiles} compacted files`;
  return [...told, `${files} with ${grouped(compactedRecords)} records`];
}

function placeOf({ file, byte, index }: VerifyFinding): string {
  const at = byte === undefined ? "" : ` at byte ${byte}`;
  return `${file}${at}${index === undefined ? "" : ` (entry ${index})`}`;
}

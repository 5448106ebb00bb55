import { type RecordPair, winnerOf } from "../paired-record.ts";
import type { RecordFile, RecordFormat } from "../record-file.ts";
import type { VerifyFinding } from "./finding.ts";

/** `lost`: what it means for the node when neither file is valid. */
export function checkPair<T>(
  format: RecordFormat<T>,
  pair: RecordPair<T>,
  lost: string,
): readonly VerifyFinding[] {
  const winner = winnerOf(pair);
  const findings = pair.files.flatMap((file, i) => {
    const path = pair.paths[i === 0 ? 0 : 1];
    const finding = describe(file, path, winner === undefined ? lost : undefined);
    return finding === undefined ? [] : [finding];
  });
  const [first, second] = pair.files;
  if (first.kind !== "valid" || second.kind !== "valid") return findings;
  const ahead = first.generation - second.generation;
  if (ahead === 0 && !isSame(format, first.value, second.value))
    return [differing(pair.paths[1], "it differs from the other file of the same generation")];
  // One ahead is an update that a crash cut short, or one that is under way.
  if (ahead === 0 || ahead === 1) return findings;
  const stale = pair.paths[ahead < 0 ? 0 : 1];
  return [differing(stale, `it is ${Math.abs(ahead)} generations behind the other file`)];
}

/** One file of a record, without the other. */
export function checkFile<T>(file: RecordFile<T>, path: string): readonly VerifyFinding[] {
  const finding = describe(file, path, undefined);
  return finding === undefined ? [] : [finding];
}

function describe<T>(
  file: RecordFile<T>,
  path: string,
  lost: string | undefined,
): VerifyFinding | undefined {
  const common = { file: path, index: undefined };
  const means = lost ?? "the other file is intact, and holds all that was promised";
  const next = lost === undefined ? "nothing: the next start heals it" : "put a copy of it back";
  if (file.kind === "absent")
    return { ...common, kind: "absent", byte: undefined, what: "absent", means, next };
  if (file.kind === "damaged")
    return { ...common, kind: "damaged", byte: file.byte, what: file.reason, means, next };
  if (file.kind === "valid") return undefined;
  return {
    ...common,
    kind: "foreign",
    byte: 8,
    what: `format version ${file.version}`,
    means: "this program cannot read it",
    next: "verify with the version that wrote it",
  };
}

function differing(file: string, what: string): VerifyFinding {
  return {
    kind: "damaged",
    file,
    byte: 16,
    index: undefined,
    what,
    means: "the files are never written so: one of them is an old copy",
    next: "nothing: the next start heals it; find out who put it there",
  };
}

function isSame<T>(format: RecordFormat<T>, a: T, b: T): boolean {
  return JSON.stringify(format.encode(a)) === JSON.stringify(format.encode(b));
}

import { SimDisk } from "../../../src/sim/disk/index.ts";
import { noCounts, type VerifyFinding, verifyDataDirectory } from "../../../src/storage/verify.ts";
import { append, data, openLog, other } from "../wal/support/log-bench.ts";

/**
 * A node's disk after a clean stop: two sealed segments, two closed, one active; several terms,
 * entries without records, a segment that shares its base offset with the one before. `noop` makes
 * another history of the same shape.
 */
export async function writtenDisk(noop = ""): Promise<SimDisk> {
  const disk = new SimDisk();
  const opened = await openLog(disk.mount());
  const { log, heard } = opened;
  append(log, 1, [other("noop", noop), data(1, 2), data(2), data(3), data(4)]);
  append(log, 1, [other("control", '{"control":"roll"}'), data(5), other("config", "members")]);
  append(log, 3, [
    other("noop"),
    other("control", "x".repeat(300)),
    other("control", "y".repeat(250)),
  ]);
  append(log, 4, [data(6, 3), data(7, 1, 200), data(8), data(9)]);
  await heard.until(() => heard.durable === log.tail.last.index);
  const [, , third] = log.segments();
  if (third === undefined) throw new Error("the fixture needs more segments");
  log.committed(third.firstIndex);
  await heard.until(() => heard.sealed.length === 2);
  await opened.data.close();
  disk.kill();
  return disk;
}

export async function verify(disk: SimDisk, path = "data"): Promise<readonly VerifyFinding[]> {
  const found: VerifyFinding[] = [];
  for await (const finding of verifyDataDirectory(disk.mount(), path)) found.push(finding);
  return found;
}

export async function counted(disk: SimDisk, path = "data") {
  const counts = noCounts();
  for await (const finding of verifyDataDirectory(disk.mount(), path, counts)) void finding;
  return counts;
}

/** Findings as short lines: what an assertion wants to see of them. */
export function lines(findings: readonly VerifyFinding[]): readonly string[] {
  return findings.map(({ kind, file, byte, index, what }) => {
    const place = byte === undefined ? file : `${file}:${byte}`;
    return `${kind} ${place}${index === undefined ? "" : ` (entry ${index})`}: ${what}`;
  });
}

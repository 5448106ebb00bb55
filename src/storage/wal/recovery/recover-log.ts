import type { LogIndex } from "../../../common/brand.ts";
import type { File } from "../../file-system.ts";
import { join } from "../../layout.ts";
import type { LogStart } from "../../snapshots/types.ts";
import type { FaultyEntry } from "../../types.ts";
import { damage } from "../damage.ts";
import { encodeFooter } from "../footer.ts";
import { rebuildIndex } from "../index-rebuild.ts";
import { logOrigin, tailBehind } from "../log-tail.ts";
import type { OpenSegment, SegmentFiles } from "../open-segment.ts";
import { type Segment, SegmentList } from "../segment-list.ts";
import { TermRuns } from "../term-runs.ts";
import { tailOf } from "../tail-of.ts";
import type { RecoveredLog } from "../recovered-log.ts";
import { checkContinuity } from "./continuity.ts";
import { takeInventory } from "./inventory.ts";
import { removeLeftovers } from "./leftovers.ts";
import { extentOfPart, lookAtParts, originOf, type LookOptions, type Part } from "./look.ts";
import { repairSegment } from "./segment-repair.ts";

export interface RecoveryOptions extends LookOptions {
  /** What was mended, one sentence each. */
  readonly notes: string[];
}

type SealedPart = Extract<Part, { kind: "sealed" }>;
type OpenPart = Extract<Part, { kind: "open" }>;

/**
 * Brings the log from whatever a crash left to a state in which everything is durable. First it
 * looks at everything, and halts where it cannot go on without having changed a byte; then it
 * mends. Entries that are damaged and have kept their identity stay, as faulty ones.
 */
export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog> {
  const { fileSystem, directory, manifest, notes } = options;
  const names = (await fileSystem.list(directory)) ?? [];
  const inventory = takeInventory(directory, names, manifest);
  const opened: File[] = [];
  try {
    const parts = await lookAtParts(options, inventory.named, opened);
    checkContinuity({ directory, manifest, start: originOf(options) }, parts.map(extentOfPart));
    judgeEmptyActive(directory, parts);
    await removeLeftovers(fileSystem, directory, inventory, notes);
    const lastSealed = parts.findLast((part) => part.kind === "sealed");
    if (lastSealed !== undefined) await writeFooterAgain(options, lastSealed);
    const faulty: FaultyEntry[] = [];
    const segments: Segment[] = [];
    for (const part of parts) {
      if (part.kind === "sealed") await mendSealed(options, part, faulty);
      else await mendOpen(options, part, part === parts.at(-1), opened);
      segments.push(part.kind === "sealed" ? part.segment : part.scan.segment);
      if (part.kind === "open")
        for (const { what: _, ...entry } of part.scan.faulty) faulty.push(entry);
    }
    await dropEmptyActive(options, segments);
    return assemble(startOf(options, segments), parts, segments, faulty);
  } catch (thrown) {
    for (const file of opened) await file.close().catch(() => undefined);
    throw thrown;
  }
}

async function mendSealed(
  { fileSystem, disk, notes }: RecoveryOptions,
  { segment, index }: SealedPart,
  faulty: FaultyEntry[],
): Promise<void> {
  if (index) return;
  faulty.push(...(await rebuildIndex({ fileSystem, disk, segment })));
  notes.push(`${disk.indexPath(segment.stem)} was absent; made again from the frames`);
}

async function mendOpen(
  { disk, notes }: RecoveryOptions,
  part: OpenPart,
  active: boolean,
  opened: File[],
): Promise<void> {
  const { scan, log } = part;
  let { index } = part;
  if (index === undefined) {
    index = await disk.createIndex(scan.segment.stem);
    opened.push(index);
  }
  const files: SegmentFiles = { log, index };
  await repairSegment(scan, files, active, notes);
  if (part.index === undefined) await disk.syncNames();
  scan.segment.state = active ? "active" : "closed";
}

/**
 * The newest footer may have reached the page cache only. A later one must not become durable
 * before it, so it is written again, the same bytes in the same place, and synced.
 */
async function writeFooterAgain(
  { fileSystem, disk }: RecoveryOptions,
  last: SealedPart,
): Promise<void> {
  const { footer, segment } = last;
  const file = await fileSystem.open(disk.logPath(segment.stem), "write");
  try {
    await file.write([encodeFooter(footer)], footer.frameBytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A segment is sealed once the next one has a durable entry: then that one cannot be empty. */
function judgeEmptyActive(directory: string, parts: readonly Part[]): void {
  const active = parts.at(-1);
  if (active?.kind !== "open" || parts.at(-2)?.kind !== "sealed") return;
  const { segment } = active.scan;
  if (segment.rows.count === 0)
    throw damage(
      { file: join(directory, `${segment.stem}.log`), byte: 0, index: segment.firstIndex },
      "the file ends before it, and the footer of the segment before proves that it was synced",
    );
}

/** A roll whose first frame was lost did not happen: the segment before it is active again. */
async function dropEmptyActive(
  { disk, directory, notes }: RecoveryOptions,
  segments: Segment[],
): Promise<void> {
  const active = segments.at(-1);
  const previous = segments.at(-2);
  if (active === undefined || active.sealed || active.rows.count > 0) return;
  if (active.files === undefined || previous === undefined || previous.sealed) return;
  await disk.drop(active.stem, active.files, previous.ref);
  previous.state = "active";
  segments.pop();
  notes.push(`removed ${join(directory, `${active.stem}.log`)}: its first entry was never written`);
}

/** The entry before the first; its time is in its checkpoint only. */
function startOf({ chainSeed, origin }: RecoveryOptions, segments: readonly Segment[]): LogStart {
  const [first] = segments;
  if (first === undefined || first.firstIndex === 1) return logOrigin(chainSeed);
  const { baseOffset, firstIndex, prevTerm, prevChain } = first.start;
  return {
    last: { index: (firstIndex - 1) as LogIndex, term: prevTerm },
    nextOffset: baseOffset,
    chain: prevChain,
    timestamp: origin?.timestamp ?? 0,
  };
}

function assemble(
  start: LogStart,
  parts: readonly Part[],
  segments: readonly Segment[],
  faulty: readonly FaultyEntry[],
): RecoveredLog {
  const terms = new TermRuns(start.last);
  for (const part of parts) {
    if (part.kind === "sealed")
      for (const { term, count } of part.footer.runs) terms.append(term, count);
    else addTerms(terms, part.scan.segment);
  }
  const active = segments.at(-1);
  const written = active !== undefined && !active.sealed && active.rows.count > 0;
  const tail = written ? tailOf(active) : tailBehind(start);
  return { segments: new SegmentList(segments), terms, start, tail, faulty };
}

function addTerms(terms: TermRuns, { rows, firstIndex, lastIndex }: OpenSegment): void {
  for (let index = firstIndex; index <= lastIndex; index = (index + 1) as LogIndex)
    terms.append(rows.term(index), 1);
}

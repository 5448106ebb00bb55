import type { LogIndex, Term } from "../../../common/brand.ts";
import type { File, FileSystem } from "../../file-system.ts";
import { join } from "../../layout.ts";
import type { HardStateStore } from "../../types.ts";
import { damage, unknownVersion } from "../damage.ts";
import { encodeFooter, type Footer } from "../footer.ts";
import { readFooter } from "../footer-file.ts";
import { emptyTail } from "../log-tail.ts";
import type { OpenSegment, SegmentFiles } from "../open-segment.ts";
import { SealedSegment } from "../sealed-segment.ts";
import type { SegmentDisk } from "../segment-disk.ts";
import { SegmentList } from "../segment-list.ts";
import { TermRuns } from "../term-runs.ts";
import { type RecoveredLog, tailOf } from "../write-ahead-log.ts";
import { checkContinuity } from "./continuity.ts";
import { type FoundSegment, takeInventory } from "./inventory.ts";
import { removeLeftovers } from "./leftovers.ts";
import { repairSegment } from "./segment-repair.ts";
import { judgeClosed, judgeEnd, type SegmentScan, scanSegment } from "./segment-scan.ts";

export interface RecoveryOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly hardState: HardStateStore;
  readonly chainSeed: number;
  readonly disk: SegmentDisk;
  readonly notes: string[];
}

/** Footers read at the same time: a long log has thousands. */
const FOOTERS_AT_ONCE = 16;

interface Sealed {
  readonly footer: Footer;
  readonly segment: SealedSegment;
}

interface Scanned {
  readonly scan: SegmentScan;
  readonly files: SegmentFiles;
}

/**
 * Brings the log from whatever a crash left to a state in which everything is durable. First it
 * looks at everything, and halts at damage without having changed a byte; then it mends.
 */
export async function recoverLog(options: RecoveryOptions): Promise<RecoveredLog> {
  const { fileSystem, directory, hardState, chainSeed, disk, notes } = options;
  await fileSystem.makeDirectory(directory);
  const names = (await fileSystem.list(directory)) ?? [];
  const { named, leftovers } = takeInventory(directory, names, hardState.current);
  const sealed = await readSealed(options, named);
  const opened: File[] = [];
  try {
    const scanned = await scanOpen(options, named.slice(sealed.length), opened);
    checkContinuity(
      chainSeed,
      directory,
      sealed.map(({ footer, segment }) => ({ ...footer, stem: segment.stem })),
      scanned.map(({ scan }) => scan.segment),
    );
    judgeEmptyActive(directory, scanned, sealed.length);
    await removeLeftovers(fileSystem, directory, leftovers, notes);
    const lastSealed = sealed.at(-1);
    if (lastSealed !== undefined) await writeFooterAgain(options, lastSealed);
    const open: OpenSegment[] = [];
    for (const [at, { scan, files }] of scanned.entries()) {
      const active = at === scanned.length - 1;
      await repairSegment(scan, files, active, notes);
      scan.segment.state = active ? "active" : "closed";
      open.push(scan.segment);
    }
    await dropEmptyActive(disk, directory, open, notes);
    return assemble(chainSeed, sealed, open);
  } catch (thrown) {
    for (const file of opened) await file.close().catch(() => undefined);
    throw thrown;
  }
}

/** The sealed segments: those with an intact footer, which are the oldest. */
async function readSealed(
  { fileSystem, directory }: RecoveryOptions,
  named: readonly FoundSegment[],
): Promise<readonly Sealed[]> {
  const candidates = named.slice(0, -1);
  const found: (Sealed | number)[] = [];
  for (let at = 0; at < candidates.length; at += FOOTERS_AT_ONCE) {
    const some = candidates.slice(at, at + FOOTERS_AT_ONCE);
    found.push(
      ...(await Promise.all(some.map(({ stem }) => readSegmentEnd(fileSystem, directory, stem)))),
    );
  }
  const sealed = found.filter((end) => typeof end !== "number");
  const unsealed = found.findIndex((end) => typeof end === "number");
  const byte = found[unsealed];
  // Footers are written oldest first, each synced before the next.
  if (typeof byte === "number" && unsealed < sealed.length)
    throw damage(
      { file: join(directory, `${candidates[unsealed]?.stem}.log`), byte },
      "the footer is damaged, and a later segment's footer proves that it was synced",
    );
  return sealed;
}

/** A segment's footer; where there is none that is intact, the length of its file. */
async function readSegmentEnd(
  fileSystem: FileSystem,
  directory: string,
  stem: string,
): Promise<Sealed | number> {
  const file = await fileSystem.open(join(directory, `${stem}.log`), "read");
  try {
    const fileBytes = await file.size();
    const footer = await readFooter(file, fileBytes);
    if (footer === "version") throw unknownVersion({ file: file.path, byte: 0 }, "the footer is");
    if (footer === undefined || footer === "damaged") return fileBytes;
    return { footer, segment: new SealedSegment(stem, footer, fileBytes) };
  } finally {
    await file.close();
  }
}

/**
 * The newest footer may have reached the page cache only. A later one must not become durable
 * before it, so it is written again, the same bytes in the same place, and synced.
 */
async function writeFooterAgain(
  { fileSystem, disk }: RecoveryOptions,
  last: Sealed,
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

/** Reads the segments without footer, and judges how each of them ends. */
async function scanOpen(
  { disk }: RecoveryOptions,
  named: readonly FoundSegment[],
  opened: File[],
): Promise<readonly Scanned[]> {
  const scanned: Scanned[] = [];
  for (const { stem } of named) {
    const files = await disk.open(stem);
    opened.push(files.log, files.index);
    scanned.push({ scan: await scanSegment(stem, files.log, files.index), files });
  }
  for (const [at, { scan, files }] of scanned.entries()) {
    const next = scanned[at + 1];
    if (next === undefined) await judgeEnd(scan, files.log);
    else judgeClosed(scan, files.log, next.scan.segment.firstIndex);
  }
  return scanned;
}

/** A segment is sealed once the next one has a durable entry: then that one cannot be empty. */
function judgeEmptyActive(directory: string, scanned: readonly Scanned[], sealed: number): void {
  const [only] = scanned;
  if (only === undefined || scanned.length > 1 || sealed === 0) return;
  const { segment } = only.scan;
  if (segment.rows.count === 0)
    throw damage(
      { file: join(directory, `${segment.stem}.log`), byte: 0, index: segment.firstIndex },
      "the file ends before it, and the footer of the segment before proves that it was synced",
    );
}

/** A roll whose first frame was lost did not happen: the segment before it is active again. */
async function dropEmptyActive(
  disk: SegmentDisk,
  directory: string,
  open: OpenSegment[],
  notes: string[],
): Promise<void> {
  const active = open.at(-1);
  const previous = open.at(-2);
  if (active?.files === undefined || active.rows.count > 0 || previous === undefined) return;
  await disk.drop(active.stem, active.files, previous.ref);
  previous.state = "active";
  open.pop();
  notes.push(`removed ${join(directory, `${active.stem}.log`)}: its first entry was never written`);
}

function assemble(
  chainSeed: number,
  sealed: readonly Sealed[],
  open: readonly OpenSegment[],
): RecoveredLog {
  const segments = [...sealed.map(({ segment }) => segment), ...open];
  const first = segments[0];
  const terms = new TermRuns({
    index: ((first?.firstIndex ?? 1) - 1) as LogIndex,
    term: first?.start.prevTerm ?? (0 as Term),
  });
  for (const { footer } of sealed)
    for (const { term, count } of footer.runs) terms.append(term, count);
  for (const { rows, firstIndex, lastIndex } of open)
    for (let index = firstIndex; index <= lastIndex; index = (index + 1) as LogIndex)
      terms.append(rows.term(index), 1);
  const start = emptyTail(chainSeed);
  const active = open.at(-1);
  const tail = active === undefined || active.rows.count === 0 ? start : tailOf(active);
  return { segments: new SegmentList(segments), terms, start, tail };
}

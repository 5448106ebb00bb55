import type { Offset } from "../../common/brand.ts";
import { type FrameHeader, frameAt, isDataAt, payloadOf } from "../../common/frame.ts";
import { LogError } from "../../common/errors.ts";
import { FileDamage } from "./file-damage.ts";
import { type FoldInput, withFrames } from "./fold-input.ts";
import { type FrameChunk, streamFrames } from "./frame-stream.ts";
import { KeyTable } from "./key-table.ts";
import type { RunBudget } from "./run-budget.ts";
import type { RunPorts } from "./run-ports.ts";
import type { Survival } from "./survival.ts";
import type { KeyedRecord } from "./types.ts";

/** Reads inputs for one pass. */
export interface PassPorts extends Pick<RunPorts, "fileSystem" | "codec"> {
  readonly budget: RunBudget;
}

interface DataFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
  readonly records: readonly KeyedRecord[];
}

/** The data frames of an input, in pieces. @throws FileDamage */
async function* dataFrames(
  ports: PassPorts,
  input: FoldInput,
  chunks: AsyncIterable<FrameChunk>,
): AsyncGenerator<readonly DataFrame[]> {
  for await (const { bytes, view, position, frames } of chunks) {
    await ports.budget.read(bytes.length);
    const data: DataFrame[] = [];
    for (const at of frames) {
      if (!isDataAt(view, at)) continue;
      const frame = frameAt(bytes, view, at);
      const payload = payloadOf(frame);
      const records = splitAt(ports, input, position + at, payload);
      if (records.length !== frame.header.recordCount)
        throw new FileDamage(input.path, position + at, "the frame miscounts its records");
      data.push({ header: frame.header, payload, records });
    }
    yield data;
  }
}

function splitAt(
  { codec }: PassPorts,
  { path }: FoldInput,
  position: number,
  payload: Uint8Array,
): readonly KeyedRecord[] {
  try {
    return codec.split(payload);
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    throw new FileDamage(path, position, thrown.message);
  }
}

/** Runs `visit` for each data frame of `input` until it answers false. */
async function eachFrame(
  ports: PassPorts,
  input: FoldInput,
  visit: (frame: DataFrame) => boolean | Promise<boolean>,
): Promise<void> {
  await withFrames(ports.fileSystem, input, async (file, extent) => {
    for await (const frames of dataFrames(ports, input, streamFrames(file, extent)))
      for (const frame of frames) {
        const going = visit(frame);
        if (!(going === true || (going !== false && (await going)))) return;
      }
  });
}

/**
 * Notes the newest offset of every key at or past `from`. Ends early when the table is full:
 * `knownTo` is the first offset that it knows nothing of.
 */
export async function fillTable(
  ports: PassPorts,
  inputs: readonly FoldInput[],
  from: Offset,
  maxBytes: number,
): Promise<{ readonly table: KeyTable; readonly knownTo: Offset | undefined }> {
  const table = new KeyTable(maxBytes);
  let full: Offset | undefined;
  for (const input of inputs) {
    if (input.nextOffset <= from) continue;
    await eachFrame(ports, input, ({ header, records }) => {
      const { baseOffset } = header;
      for (let i = Math.max(0, from - baseOffset); i < records.length; i++) {
        const { key } = records[i] as KeyedRecord;
        if (key === undefined || table.add(key, baseOffset + i)) continue;
        full = (baseOffset + i) as Offset;
        return false;
      }
      return true;
    });
    if (full !== undefined) break;
  }
  return { table, knownTo: full };
}

/** Whether `input` holds a record that does not survive; reads no further than to the first. */
export async function losesRecords(
  ports: PassPorts,
  input: FoldInput,
  survival: Survival,
): Promise<boolean> {
  let loses = false;
  await eachFrame(ports, input, ({ header, records }) => {
    loses = !records.every((record, i) =>
      survival.keeps(record, header.baseOffset + i, header.timestamp),
    );
    return !loses;
  });
  return loses;
}

/** Takes runs of surviving neighbours: `count` records from `skip` on of the frame it heads. */
export type TakeRun = (
  header: FrameHeader,
  skip: number,
  count: number,
  payload: Uint8Array,
) => Promise<void>;

/** Hands the survivors of `input` to `take`; answers how many records did not survive. */
export async function copySurvivors(
  ports: PassPorts,
  input: FoldInput,
  survival: Survival,
  take: TakeRun,
): Promise<number> {
  let dropped = 0;
  await eachFrame(ports, input, async ({ header, payload, records }) => {
    const kept = records.map((record, i) =>
      survival.keeps(record, header.baseOffset + i, header.timestamp),
    );
    for (let from = 0; from < kept.length; ) {
      const end = runEnd(kept, from);
      if (kept[from] !== true) dropped += end - from;
      else if (end - from === kept.length) await take(header, 0, kept.length, payload);
      else await take(header, from, end - from, ports.codec.join(records.slice(from, end)));
      from = end;
    }
    return true;
  });
  return dropped;
}

/** First place behind `from` that has not the value there. */
function runEnd(kept: readonly boolean[], from: number): number {
  let end = from + 1;
  while (end < kept.length && kept[end] === kept[from]) end++;
  return end;
}

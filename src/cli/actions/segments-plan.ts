import { formatSize } from "../../runtime/config/quantity.ts";
import { PASTE } from "../supervisor/narrator.ts";
import { grouped } from "../numbers.ts";
import { type OutputFormat, printObject } from "../output.ts";
import {
  type PlanInput,
  planSegments,
  SCAN_BYTES_PER_SECOND,
  type SegmentPlan,
  UNSEALED_SEGMENTS,
} from "../plan/segment-plan.ts";
import { say } from "../terminal.ts";
import { spanText } from "../when.ts";

/** Proposes a segment size, and shows how each figure comes about. Asks nobody. */
export async function showPlan(args: PlanInput & { readonly format: OutputFormat }): Promise<void> {
  const { format, ...input } = args;
  const plan = planSegments(input);
  await printObject(format, { input, ...plan }, textOf(input, plan));
  if (format === "table") for (const conflict of plan.conflicts) say(`mind: ${conflict}`);
}

function textOf(input: PlanInput, plan: SegmentPlan): string {
  const { writeBytesPerSecond: rate, recoveryMs, nodes, entryBytes } = input;
  const { segmentBytes, retentionBytes, retentionMs, atMost, atLeast, segments } = plan;
  const size = formatSize(segmentBytes);
  const scan = `${UNSEALED_SEGMENTS} x ${size} / ${amount(SCAN_BYTES_PER_SECOND)}/s`;
  const rows: readonly (readonly [string, string, string])[] = [
    ["segment.bytes", size, `the power of two at or below ${amount(atMost.bytes)}`],
    ["  at most", amount(atMost.bytes), atMost.because],
    ["  at least", amount(atLeast.bytes), atLeast.because],
    [
      "kept",
      `${amount(retentionBytes)}, ${spanText(retentionMs)}`,
      "ms" in input.retention
        ? `${amount(rate)}/s x ${spanText(retentionMs)}`
        : `${amount(retentionBytes)} / ${amount(rate)}/s`,
    ],
    ["segments", grouped(segments), `${amount(retentionBytes)} / ${size}, and the active one`],
    ["a roll every", spanText(plan.rollSeconds * 1000), `${size} / ${amount(rate)}/s`],
    [
      "late by at most",
      `${amount(plan.overshootBytes)}, ${spanText(plan.overshootMs)}`,
      "one segment: it goes as a whole",
    ],
    ["rescan at restart", spanText(plan.rescanMs), `${scan}, asked ${spanText(recoveryMs)}`],
    ["files on a node", grouped(plan.filesPerNode), "a .log and an .index for each segment"],
    [
      "index on a node",
      amount(plan.indexBytesPerNode),
      `48 B for each entry of ${amount(entryBytes)} (--entry-bytes)`,
    ],
    ["disk on a node", amount(plan.bytesPerNode), "kept, one segment more, indexes and footers"],
    ["disk in all", amount(plan.bytesInAll), `x ${nodes} nodes`],
  ];
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map(
    ([name, value, how]) =>
      `${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}   ${how}`,
  );
  const retention =
    "ms" in input.retention
      ? `retention.ms=${input.retention.ms}`
      : `retention.bytes=${input.retention.bytes}`;
  const apply = `${PASTE} config set segment.bytes=${size} ${retention}`;
  return [...lines, "", `to apply it: ${apply}`].join("\n");
}

function amount(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}

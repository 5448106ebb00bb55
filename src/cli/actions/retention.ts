import { type LogIndex, LogIndex as Index, type Offset } from "../../common/brand.ts";
import { decideRetention, type RetentionInput } from "../../runtime/lifecycle/retention.ts";
import type { LogSettings } from "../../client/index.ts";
import type { SegmentStatus } from "../../storage/types.ts";
import { invalidValue } from "../failure.ts";
import { grouped, megabytes } from "../numbers.ts";
import { type ClientArguments, withClient } from "../open-client.ts";
import { type Column, type OutputFormat, printRows } from "../output.ts";
import { findSegments, isPath, type SegmentView } from "../segment-view.ts";
import { settingText } from "../log-settings-text.ts";
import { say } from "../terminal.ts";
import { untilText } from "../when.ts";

interface RetentionArguments extends ClientArguments {
  readonly where: string | undefined;
  readonly format: OutputFormat;
  readonly dryRun: boolean;
  /** What the dry run takes instead of the settings in force. */
  readonly retentionBytes: number | undefined;
  readonly retentionMs: number | undefined;
}

interface Outlook {
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly bytes: number;
  readonly state: string;
  readonly reason: string;
  readonly explanation: string;
  readonly goesAt?: number | undefined;
}

const right = "right" as const;
const COLUMNS: readonly Column<Outlook>[] = [
  { header: "BASE", align: right, value: ({ baseOffset }) => baseOffset },
  { header: "NEXT", align: right, value: ({ nextOffset }) => nextOffset },
  { header: "BYTES", align: right, value: ({ bytes }) => bytes },
  { header: "STATE", value: ({ state }) => state },
  { header: "WHY", value: ({ reason }) => reason },
  {
    header: "GOES",
    value: ({ reason, goesAt }) => {
      if (reason === "goes next") return "next";
      return goesAt === undefined ? "-" : untilText(goesAt);
    },
  },
  { header: "BECAUSE", value: ({ explanation }) => explanation },
];

/** For every segment why it is still there and when it goes; with `dryRun`: what would go now. */
export async function showRetention(args: RetentionArguments): Promise<void> {
  if (args.where !== undefined && isPath(args.where))
    throw invalidValue("<node>", "a directory knows no policy; name a node (n1)");
  const asIf = args.retentionBytes !== undefined || args.retentionMs !== undefined;
  if (asIf && !args.dryRun)
    throw invalidValue(
      args.retentionBytes === undefined ? "--retention-ms" : "--retention-bytes",
      "is for --dry-run",
      "`balsa config set retention.bytes=…` changes it",
    );
  const { segments } = await findSegments(args);
  const settings = await withClient(args, (client) => client.admin.settings());
  const rows = args.dryRun ? dryRun(args, segments, settings) : segments.map(outlookOf);
  await printRows(args.format, rows, COLUMNS);
  if (args.format !== "table") return;
  say(policyText(settings, args));
  if (args.dryRun) say(verdictOf(rows));
}

function outlookOf(segment: SegmentView): Outlook {
  const { baseOffset, nextOffset, bytes, state, goesAt } = segment;
  const { reason = "-", explanation = "-" } = segment;
  return { baseOffset, nextOffset, bytes, state, reason, explanation, goesAt };
}

/** The policy's own function, over what a node told, perhaps with other settings. */
function dryRun(
  args: RetentionArguments,
  segments: readonly SegmentView[],
  settings: LogSettings,
): readonly Outlook[] {
  const [compacted, log] = [true, false].map((wanted) =>
    segments.filter(({ state }) => (state === "compacted") === wanted),
  ) as unknown as readonly [readonly SegmentStatus[], readonly SegmentStatus[]];
  const last = Index(Math.max(0, ...segments.map(({ lastIndex }) => lastIndex)));
  const input: RetentionInput = {
    settings: {
      ...settings,
      segmentMs: settings.segmentMs ?? undefined,
      retentionMs: args.retentionMs ?? settings.retentionMs ?? undefined,
      retentionBytes: args.retentionBytes ?? settings.retentionBytes ?? undefined,
    },
    segments: log,
    compacted,
    compactedTo: compacted.at(-1)?.lastIndex ?? (0 as LogIndex),
    snapshot: { index: last, timestamp: 0 },
    logStartOffset: 0 as Offset,
    appliedIndex: last,
    nowMs: Date.now(),
    followers: [],
  };
  const { expired } = decideRetention(input);
  return expired.map(({ segment, why }) => ({
    ...outlookOf(segment),
    reason: "goes next",
    explanation: `${why} lets it go`,
    goesAt: undefined,
  }));
}

function policyText(settings: LogSettings, args: RetentionArguments): string {
  const asked = {
    ...settings,
    retentionBytes: args.retentionBytes ?? settings.retentionBytes,
    retentionMs: args.retentionMs ?? settings.retentionMs,
  };
  const keys = ["cleanupPolicy", "retentionBytes", "retentionMs"] as const;
  return keys.map((key) => settingText(key, asked[key])).join("  ");
}

function verdictOf(going: readonly Outlook[]): string {
  const last = going.at(-1);
  if (last === undefined) return "nothing would go";
  const bytes = going.reduce((sum, segment) => sum + segment.bytes, 0);
  const count = going.length === 1 ? "1 segment" : `${grouped(going.length)} segments`;
  return `would go: ${count}, ${megabytes(bytes)}; the log would start at ${last.nextOffset}`;
}

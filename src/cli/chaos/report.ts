import { livedThrough, type Verdict, type Violation } from "../../sim/checkers/index.ts";
import type { RunRecord } from "../../sim/history.ts";
import { grouped } from "../numbers.ts";

/** What a run came to: names that scripts may rely on. */
export interface ChaosReport {
  readonly scenario: string;
  readonly seed: number;
  /** While clients worked and things broke. */
  readonly durationMs: number;
  readonly acknowledged: number;
  readonly failed: number;
  readonly unknown: number;
  /** Answered reads, tails' messages among them. */
  readonly reads: number;
  /** Records in the log at the end. */
  readonly records: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Processes that were killed, or ended because of their disk. */
  readonly kills: number;
  readonly leaderChanges: number;
  /** Faults that cut links. */
  readonly partitions: number;
  readonly longestWithoutAckMs: number;
  /** From the end of the last fault until an append was acknowledged; null: never. */
  readonly recoveredMs: number | null;
  readonly violations: readonly Violation[];
  /** Checks that could not look, and why. */
  readonly skipped: Verdict["skipped"];
  readonly verdict: "kept" | "violated";
  /** Directory of history, data and logs; null: nothing was kept. */
  readonly kept: string | null;
}

export interface ReportParts {
  readonly scenario: string;
  readonly seed: number;
  readonly record: RunRecord;
  readonly verdict: Verdict;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly kept: string | undefined;
}

export function reportOf(parts: ReportParts): ChaosReport {
  const { scenario, seed, record, verdict, startedMs, endedMs, kept } = parts;
  const { acknowledged, unknown, reads, leaderChanges } = livedThrough(record);
  const { faults = [], recovery } = record;
  const own = record.appends.filter(({ client }) => client !== "foreign");
  const foreign = record.appends.length - own.length;
  const ends = record.logs.map(({ entries }) => entries.at(-1));
  const cameMs = recovery?.acknowledgedMs;
  return {
    ...{ scenario, seed, durationMs: Math.round(endedMs - startedMs), acknowledged },
    failed: own.length - acknowledged - (unknown - foreign),
    unknown: unknown - foreign,
    reads,
    records: Math.max(0, ...ends.map((end) => (end?.baseOffset ?? 0) + (end?.values.length ?? 0))),
    faults: counts(faults.map(({ kind }) => kind)),
    kills: faults.reduce((sum, fault) => sum + killsOf(fault), 0),
    leaderChanges,
    partitions: faults.filter(({ cut }) => cut !== undefined).length,
    longestWithoutAckMs: longestWithoutAck(record, startedMs, endedMs),
    recoveredMs:
      recovery === undefined || cameMs === undefined
        ? null
        : Math.round(cameMs - recovery.healedMs),
    violations: verdict.violations,
    skipped: verdict.skipped,
    verdict: verdict.violations.length === 0 ? "kept" : "violated",
    kept: kept ?? null,
  };
}

/** For people. */
export function reportText(report: ChaosReport): string {
  const { faults, violations, skipped, kept } = report;
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  const lines: readonly (readonly [string, string])[] = [
    ["scenario", `${report.scenario}, seed ${report.seed}, ${seconds(report.durationMs)}`],
    ["appends", appendsOf(report)],
    ["reads", `${grouped(report.reads)} answered, tails among them`],
    ["faults", kinds.join(", ") || "none"],
    ["kills", String(report.kills)],
    ["leader changes", String(report.leaderChanges)],
    ["partitions", String(report.partitions)],
    ["longest time without an ack", seconds(report.longestWithoutAckMs)],
    ["recovered", report.recoveredMs === null ? "never" : `in ${seconds(report.recoveredMs)}`],
    ...(skipped.length === 0 ? [] : [["not judged", checksOf(skipped)] as const]),
    ...violations.map(({ check, message }) => ["VIOLATION", `${check}: ${message}`] as const),
    ...(kept === null ? [] : [["kept", kept] as const]),
    ["verdict", violations.length === 0 ? "every promise was kept" : "A PROMISE WAS BROKEN"],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

function appendsOf({ acknowledged, failed, unknown, records }: ChaosReport): string {
  return (
    `${grouped(acknowledged)} acknowledged, ${grouped(failed)} failed, ` +
    `${grouped(unknown)} unknown; ${grouped(records)} records in the log`
  );
}

function checksOf(skipped: Verdict["skipped"]): string {
  const names = [...new Set(skipped.map(({ check }) => check))];
  return `${names.join(", ")} (--json says why)`;
}

function counts(names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of names.toSorted()) found[name] = (found[name] ?? 0) + 1;
  return found;
}

function killsOf({ kind, stopped = [], mayHalt = [] }: NonNullable<RunRecord["faults"]>[number]) {
  if (kind === "kill" || kind === "kill-all") return stopped.length;
  return kind === "sync-error" || kind === "no-space" ? mayHalt.length : 0;
}

function longestWithoutAck({ appends }: RunRecord, startedMs: number, endedMs: number): number {
  const times = appends
    .flatMap(({ outcome, settledMs }) =>
      outcome === "acknowledged" && settledMs !== undefined ? [settledMs] : [],
    )
    .filter((timeMs) => timeMs < endedMs)
    .sort((a, b) => a - b);
  let longest = 0;
  let before = startedMs;
  for (const timeMs of [...times, endedMs]) {
    longest = Math.max(longest, timeMs - before);
    before = Math.max(before, timeMs);
  }
  return Math.round(longest);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

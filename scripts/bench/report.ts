import type { BenchOptions } from "./options.ts";
import type { Machine } from "./machine.ts";
import { type FailoverFigures, failoverLines } from "./failover.ts";
import type { Measured } from "./measure.ts";
import type { ScaleFigures } from "./scale/figures.ts";
import { scaleLines } from "./scale/scale-lines.ts";

/** What `--out` writes and `--json` prints. */
export interface BenchReport {
  readonly machine: Machine;
  readonly node: string;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly cases: readonly Measured[];
  /** P5; absent where it was not measured. */
  readonly failover: FailoverFigures | undefined;
  /** P4 and P6 to P9; absent where none of them was measured. */
  readonly scale: ScaleFigures | undefined;
}

export function settingsOf(options: BenchOptions, preallocateMib: number): BenchReport["settings"] {
  return {
    nodes: 3,
    address: "loopback",
    acknowledgement: "synced on a majority",
    recordBytes: 100,
    secondsPerRun: options.seconds,
    warmUpSeconds: 1,
    rounds: options.rounds,
    segmentBytes: "64MiB",
    lingerMs: 0,
    ceilingPreallocatedMib: preallocateMib,
    directory: options.directory,
  };
}

function figure(value: number, unit: string): string {
  return unit === "ms" ? value.toFixed(3) : Math.round(value).toLocaleString("en");
}

function rowOf(one: Measured): readonly string[] {
  const comparison = one.unit === "ms" ? "<=" : ">=";
  return [
    one.id,
    one.title,
    `${figure(one.value, one.unit)} ${one.unit}`,
    figure(one.ceiling, one.unit),
    one.ratioToCeiling.toFixed(2),
    `${comparison} ${one.goalRatio}${one.reached ? "" : "  not yet"}`,
    figure(one.ceilingGrowing, one.unit),
    one.ratioToCeilingGrowing.toFixed(2),
  ];
}

const HEAD = ["", "WHAT", "BALSA", "CEILING", "RATIO", "GOAL", "GROWING", "RATIO"];

function columns(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

function cpuLines(cases: readonly Measured[]): readonly string[] {
  const us = (value: number): string => value.toFixed(1);
  return cases.map(({ id, cpuUs: { client, nodes, ceilingClient, ceilingNodes } }) =>
    [
      `${id}: CPU for each append, microseconds: client ${us(client)}, three nodes ${us(nodes)};`,
      `ceiling ${us(ceilingClient)} and ${us(ceilingNodes)}.`,
    ].join(" "),
  );
}

export function printTable(report: BenchReport): string {
  const { machine, node, settings, cases, failover, scale } = report;
  const listed = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, Linux ${machine.kernel}, ` +
      `${machine.fileSystem}, Node ${node}`,
    `fdatasync ${machine.fdatasyncMs} ms (growing file), ` +
      `${machine.fdatasyncPreallocatedMs} ms (preallocated)`,
    listed.join(" "),
    ...(cases.length === 0 ? [] : ratioLines(cases)),
    ...(failover === undefined ? [] : ["", ...failoverLines(failover)]),
    ...(scale === undefined ? [] : ["", ...scaleLines(scale)]),
  ].join("\n");
}

function ratioLines(cases: readonly Measured[]): readonly string[] {
  return [
    "",
    columns([HEAD, ...cases.map(rowOf)]),
    "",
    "CEILING: a bare pipeline with the same transport and syncs on preallocated files, measured in",
    "turn with Balsa in this run. GROWING: the same on files that grow, as Balsa's segments do.",
    ...cpuLines(cases),
  ];
}

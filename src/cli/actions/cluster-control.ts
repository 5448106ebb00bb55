import { constants } from "node:os";
import { invalidValue } from "../failure.ts";
import { type Column, type OutputFormat, printObject, printRows } from "../output.ts";
import type { ProcessReport } from "../supervisor/cluster-file.ts";
import type { ControlAnswer } from "../supervisor/control-channel.ts";
import { requireAnswer } from "../supervisor/find-supervisor.ts";

interface ControlArguments {
  readonly procfile: string;
  readonly nodes: readonly string[];
  readonly format: OutputFormat;
}

export async function clusterControl(
  args: ControlArguments & { readonly verb: "pause" | "resume" | "restart" },
): Promise<void> {
  const { procfile, verb, nodes, format } = args;
  await printAnswer(format, await requireAnswer(procfile, { verb, nodes }));
}

export async function clusterKill(
  args: ControlArguments & { readonly signal: string },
): Promise<void> {
  const { procfile, nodes, format } = args;
  const signal = readSignal(args.signal);
  await printAnswer(format, await requireAnswer(procfile, { verb: "kill", nodes, signal }));
}

export async function clusterStatus(args: {
  readonly procfile: string;
  readonly format: OutputFormat;
}): Promise<void> {
  const { nodes } = await requireAnswer(args.procfile, { verb: "status", nodes: [] });
  await printRows(args.format, nodes, COLUMNS);
}

const COLUMNS: readonly Column<ProcessReport>[] = [
  { header: "NODE", value: ({ name }) => name },
  { header: "STATE", value: ({ state }) => state },
  { header: "PROCESS", align: "right", value: ({ process }) => process?.pid ?? "-" },
  { header: "ROLE", value: ({ role }) => (role === "unknown" ? "-" : role) },
  { header: "SINCE", align: "right", value: ({ sinceMs }) => ago(sinceMs) },
  { header: "STARTS", align: "right", value: ({ starts }) => starts },
  { header: "CLIENTS", value: ({ client }) => client },
  { header: "PEERS", value: ({ peer }) => peer },
  { header: "NOTE", value: ({ reason }) => reason ?? "" },
];

async function printAnswer(format: OutputFormat, answer: ControlAnswer): Promise<void> {
  await printObject(format, answer, answer.lines.join("\n"));
}

function readSignal(text: string): NodeJS.Signals {
  const signals = Object.entries(constants.signals);
  const name = text.toUpperCase().replace(/^(?!SIG)/, "SIG");
  const found = signals.find(([known, value]) => known === name || String(value) === text);
  if (found === undefined) throw invalidValue("--signal", `there is no signal "${text}"`);
  return found[0] as NodeJS.Signals;
}

function ago(sinceMs: number): string {
  const seconds = Math.max(0, Math.round((Date.now() - sinceMs) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
}

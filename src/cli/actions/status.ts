import type { WireNodeStatus } from "../../wire/log-messages.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import {
  asTable,
  type Column,
  type OutputFormat,
  printObject,
  printRows,
  write,
} from "../output.ts";
import { requireReachable } from "../reachable.ts";
import { askStatus } from "../status-call.ts";
import { transferText } from "../transfer-text.ts";

/** One table for all nodes, whoever answers. */
export async function showStatus(args: {
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
}): Promise<void> {
  const endpoints = resolveEndpoints(args.endpoints);
  await requireReachable(endpoints);
  const nodes = await askStatus(endpoints, args.timeoutMs);
  const leader = leaderOf(nodes);
  if (args.format === "table") await write(statusText(nodes));
  else if (args.format === "json") await printObject("json", statusSummary(nodes), "");
  else await printRows(args.format, nodes, columnsFor(leader));
  if (leader === undefined)
    throw new Failure(
      EXIT.noQuorum,
      "NO_QUORUM",
      "no node leads",
      "a majority of the nodes must be up and reach each other",
    );
}

/** The node that leads; of two that say so, the one of the newer term is right. */
export function leaderOf(nodes: readonly WireNodeStatus[]): WireNodeStatus | undefined {
  const leading = nodes.filter(({ role }) => role === "leader");
  return leading.toSorted((a, b) => b.term - a.term)[0];
}

/** The line about the cluster, and the table of its nodes. */
export function statusText(nodes: readonly WireNodeStatus[]): string {
  return `${headline(nodes)}\n${asTable(nodes, columnsFor(leaderOf(nodes)))}`;
}

/** What `--json` prints. */
export function statusSummary(nodes: readonly WireNodeStatus[]) {
  const clusterId = nodes.find((node) => node.clusterId !== "")?.clusterId ?? null;
  const term = Math.max(...nodes.map((node) => node.term));
  return { clusterId, term, leader: leaderOf(nodes)?.nodeId ?? null, nodes };
}

function headline(nodes: readonly WireNodeStatus[]): string {
  const up = nodes.filter(({ role }) => role !== "down").length;
  const { clusterId, term, leader } = statusSummary(nodes);
  const parts = [
    `CLUSTER ${clusterId ?? "not formed yet"}`,
    `TERM ${term}`,
    `LEADER ${leader ?? "none"}`,
    `UP ${up}/${nodes.length}`,
    `RECORDS ${Math.max(...nodes.map(({ highWatermark }) => highWatermark))}`,
  ];
  return parts.join("  ");
}

const SYMBOLS: Readonly<Record<string, string>> = { leader: "●", follower: "○", down: "✕" };

function columnsFor(leader: WireNodeStatus | undefined): readonly Column<WireNodeStatus>[] {
  const whenUp = (value: (node: WireNodeStatus) => string | number) => (node: WireNodeStatus) =>
    node.role === "down" ? "-" : value(node);
  const progress = (nodeId: string) => leader?.peers.find((peer) => peer.nodeId === nodeId);
  const right = "right" as const;
  return [
    { header: "NODE", value: ({ nodeId }) => nodeId },
    { header: "ROLE", value: ({ role }) => `${SYMBOLS[role] ?? "◌"} ${role}` },
    { header: "TERM", align: right, value: whenUp(({ term }) => term) },
    { header: "LAST", align: right, value: whenUp(({ lastIndex }) => lastIndex) },
    { header: "COMMIT", align: right, value: whenUp(({ commitIndex }) => commitIndex) },
    { header: "APPLIED", align: right, value: whenUp(({ appliedIndex }) => appliedIndex) },
    {
      header: "MATCH",
      align: right,
      value: (node) =>
        node === leader ? node.durableIndex : (progress(node.nodeId)?.matchIndex ?? "-"),
    },
    {
      header: "LAG",
      align: right,
      value: whenUp(({ nextOffset }) =>
        leader === undefined ? "-" : Math.max(0, leader.nextOffset - nextOffset),
      ),
    },
    { header: "LOG START", align: right, value: whenUp(({ logStartOffset }) => logStartOffset) },
    { header: "END", align: right, value: whenUp(({ highWatermark }) => highWatermark) },
    { header: "SEGMENTS", value: whenUp(({ segments }) => segmentsOf(segments)) },
    {
      header: "SNAPSHOT",
      value: whenUp(({ snapshotIndex }) => (snapshotIndex === 0 ? "-" : `@${snapshotIndex}`)),
    },
    { header: "UP", align: right, value: whenUp(({ uptimeMs }) => uptime(uptimeMs)) },
    { header: "CLIENTS", value: ({ clientAddress }) => clientAddress },
    { header: "NOTE", value: noteOn },
  ];
}

/** Why it does not serve, or what it is busy with. */
function noteOn({ waiting, error, transfers }: WireNodeStatus): string {
  if (error !== "") return brief(error);
  const busy = transfers.map((transfer) => transferText(transfer.nodeId, transfer));
  return [...(waiting === "" ? [] : [waiting]), ...busy].join("; ");
}

/** The library's account of a refused connection is long; `--json` has all of it. */
function brief(error: string): string {
  return /ECONNREFUSED/.test(error) ? "connection refused" : error;
}

function segmentsOf(segments: WireNodeStatus["segments"]): string {
  const sealed = segments.filter(({ state }) => state === "sealed").length;
  return `${segments.length} (${sealed} sealed)`;
}

function uptime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
}

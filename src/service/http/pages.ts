import type { NodeApi } from "../../runtime/node-api.ts";
import { METRICS_CONTENT_TYPE, metricsText } from "./metrics-text.ts";
import { statusMetrics } from "./status-metrics.ts";

/** What a page is made of. */
export interface PageContext {
  readonly node: NodeApi;
}

/** What is answered to one path. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The pages by path; each is made anew for every request. */
export const PAGES: ReadonlyMap<string, (context: PageContext) => Page> = new Map([
  ["/", index],
  ["/metrics", metrics],
  ["/livez", live],
  ["/readyz", ready],
]);

export function notFound(): Page {
  return text(404, `no such page; there are ${paths()}`);
}

export function notAllowed(): Page {
  return text(405, "only GET and HEAD");
}

export function failed(thrown: unknown): Page {
  return text(500, `cannot be told: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
}

function paths(): string {
  return [...PAGES.keys()].join(", ");
}

function index({ node }: PageContext): Page {
  return text(200, `balsa node ${node.nodeId}: ${paths()}`);
}

function metrics({ node }: PageContext): Page {
  const families = [...statusMetrics(node.status()), ...node.metrics()];
  return { status: 200, contentType: METRICS_CONTENT_TYPE, body: metricsText(families) };
}

/** The process answers; never depends on peers, or a partition would restart all of them. */
function live(): Page {
  return text(200, "ok");
}

/** Takes part: it serves appends or knows who does. */
function ready({ node }: PageContext): Page {
  if (node.healthy) return text(200, "ok");
  const { waiting, raft } = node.status();
  const reason = waiting ?? (raft?.leaderId === undefined ? "no leader is known" : "not yet ready");
  return text(503, reason);
}

function text(status: number, line: string): Page {
  return { status, contentType: "text/plain; charset=utf-8", body: `${line}\n` };
}

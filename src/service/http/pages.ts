import type { NodeApi } from "../../runtime/node-api.ts";
import { METRICS_CONTENT_TYPE, metricsText } from "./metrics-text.ts";

/** What is answered to one path. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const TEXT = "text/plain; charset=utf-8";

/** The pages by path; each is made anew for every request. */
export const PAGES: ReadonlyMap<string, (node: NodeApi) => Page> = new Map([
  ["/", index],
  ["/metrics", metrics],
  ["/livez", live],
  ["/readyz", ready],
]);

export function notFound(): Page {
  return { status: 404, contentType: TEXT, body: `no such page; there are ${paths()}\n` };
}

function paths(): string {
  return [...PAGES.keys()].join(", ");
}

function index({ nodeId }: NodeApi): Page {
  return { status: 200, contentType: TEXT, body: `balsa node ${nodeId}: ${paths()}\n` };
}

function metrics(node: NodeApi): Page {
  return { status: 200, contentType: METRICS_CONTENT_TYPE, body: metricsText(node.metrics()) };
}

/** The process answers; never depends on peers, or a partition would restart all of them. */
function live(): Page {
  return { status: 200, contentType: TEXT, body: "ok\n" };
}

/** Takes part: it serves appends or knows who does. */
function ready(node: NodeApi): Page {
  const { waiting, raft } = node.status();
  if (node.healthy) return { status: 200, contentType: TEXT, body: "ok\n" };
  const reason = waiting ?? (raft?.leaderId === undefined ? "no leader is known" : "not yet ready");
  return { status: 503, contentType: TEXT, body: `${reason}\n` };
}

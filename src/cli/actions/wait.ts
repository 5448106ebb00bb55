import { setTimeout as sleep } from "node:timers/promises";
import { connect, type LogOffsets } from "../../client/index.ts";
import { LogError } from "../../common/errors.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure, invalidValue } from "../failure.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { askStatus } from "../status-call.ts";
import { leaderOf } from "./status.ts";

const POLL_MS = 100;
/** One question's share of the time, so that a paused node does not use it all up. */
const QUESTION_MS = 2_000;

/** `offset`: the high watermark has reached it, so everything before it is committed. */
export type Condition = "leader" | "healthy" | { readonly offset: number };

/** Reads what `--for` says. @throws Failure */
export function parseCondition(text: string): Condition {
  if (text === "leader" || text === "healthy") return text;
  const [, digits] = /^offset=(\d+)$/.exec(text) ?? [];
  const offset = Number(digits);
  if (Number.isSafeInteger(offset)) return { offset };
  throw invalidValue("--for", `"${text}" is none of leader, healthy, offset=N`);
}

/** Returns when the condition holds; fails with 124 when the time runs out. */
export async function waitFor(args: {
  readonly condition: Condition;
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
}): Promise<void> {
  const endpoints = resolveEndpoints(args.endpoints);
  const deadline = Date.now() + args.timeoutMs;
  let missing = "nothing was asked yet";
  do {
    const leftMs = Math.max(1, deadline - Date.now());
    const seen = await look(endpoints, args.condition, Math.min(leftMs, QUESTION_MS));
    if (seen.missing === undefined) {
      const { leader, term, highWatermark } = seen;
      const end = typeof args.condition === "object" ? `, high watermark ${highWatermark}` : "";
      const text = `${nameOf(args.condition)}: ${leader} leads term ${term}${end}`;
      return printObject(args.format, { leader, term, highWatermark }, text);
    }
    missing = seen.missing;
    await sleep(Math.min(POLL_MS, leftMs));
  } while (Date.now() < deadline);
  throw new Failure(EXIT.timeout, "TIMEOUT", `not ${nameOf(args.condition)} in time: ${missing}`);
}

function nameOf(condition: Condition): string {
  return typeof condition === "object" ? `offset ${condition.offset}` : condition;
}

interface Seen {
  /** What the condition still lacks; `undefined`: it holds. */
  readonly missing: string | undefined;
  readonly leader: string | undefined;
  readonly term: number;
  readonly highWatermark: number;
}

async function look(
  endpoints: readonly string[],
  condition: Condition,
  timeoutMs: number,
): Promise<Seen> {
  const nothing = { leader: undefined, term: 0, highWatermark: 0 };
  try {
    const nodes = await askStatus(endpoints, timeoutMs);
    const leader = leaderOf(nodes);
    if (leader === undefined) return { ...nothing, missing: "no node leads" };
    if (condition === "healthy")
      for (const { nodeId, role, leaderId, error } of nodes) {
        const unwell = `${nodeId} is ${role}${error === "" ? "" : ` (${error})`}`;
        if (role !== "leader" && role !== "follower") return { ...nothing, missing: unwell };
        if (leaderId !== leader.nodeId)
          return { ...nothing, missing: `${nodeId} does not follow ${leader.nodeId} yet` };
      }
    const { highWatermark } = await askLeader(leader.clientAddress, timeoutMs);
    const isThere = typeof condition !== "object" || highWatermark >= condition.offset;
    const missing = isThere ? undefined : `the high watermark is ${highWatermark}`;
    return { missing, leader: leader.nodeId, term: leader.term, highWatermark };
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    return { ...nothing, missing: thrown.message };
  }
}

/** A linearizable question: only a leader that a majority follows, and that is ready, answers. */
async function askLeader(address: string, timeoutMs: number): Promise<LogOffsets> {
  await using client = await connect({ endpoints: [address], retry: { maxElapsedMs: timeoutMs } });
  return await client.offsets();
}

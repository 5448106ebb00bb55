import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../client/index.ts";
import { LogError } from "../../common/errors.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { askStatus } from "../status-call.ts";
import { leaderOf } from "./status.ts";

const POLL_MS = 100;
/** One question's share of the time, so that a paused node does not use it all up. */
const QUESTION_MS = 2_000;

/** Returns when the condition holds; fails with 124 when the time runs out. */
export async function waitFor(args: {
  readonly condition: "leader" | "healthy";
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
      const text = `${args.condition}: ${seen.leader} leads term ${seen.term}`;
      return printObject(args.format, { leader: seen.leader, term: seen.term }, text);
    }
    missing = seen.missing;
    await sleep(Math.min(POLL_MS, leftMs));
  } while (Date.now() < deadline);
  throw new Failure(EXIT.timeout, "TIMEOUT", `not ${args.condition} in time: ${missing}`);
}

interface Seen {
  /** What the condition still lacks; `undefined`: it holds. */
  readonly missing: string | undefined;
  readonly leader: string | undefined;
  readonly term: number;
}

async function look(
  endpoints: readonly string[],
  condition: "leader" | "healthy",
  timeoutMs: number,
): Promise<Seen> {
  const nothing = { leader: undefined, term: 0 };
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
    await provesItself(leader.clientAddress, timeoutMs);
    return { missing: undefined, leader: leader.nodeId, term: leader.term };
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    return { ...nothing, missing: thrown.message };
  }
}

/** A linearizable question: only a leader that a majority follows, and that is ready, answers. */
async function provesItself(address: string, timeoutMs: number): Promise<void> {
  await using client = await connect({ endpoints: [address], retry: { maxElapsedMs: timeoutMs } });
  await client.offsets();
}

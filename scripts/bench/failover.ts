import { type Client, codecs, connect } from "balsa";
import type { LocalCluster } from "../local-cluster/local-cluster.ts";
import { FailoverLoad } from "./failover-load.ts";
import { percentile } from "./percentile.ts";

/** Goals of P5, in milliseconds. */
const GOAL_P50_MS = 200;
const GOAL_P99_MS = 600;
/** Appends that are acknowledged before the next kill: the load is on its feet again. */
const SETTLED_APPENDS = 500;

/** One kill: milliseconds after it at which things happened. */
interface Kill {
  readonly killed: string;
  /** First acknowledgement of a newer term: what a client sees. */
  readonly firstAckMs: number;
  /** A survivor asked for pre-votes, won, and took appends, by the flight recorders. */
  readonly campaignMs: number | undefined;
  readonly wonMs: number | undefined;
  readonly readyMs: number | undefined;
  /** Elections it took. */
  readonly elections: number;
}

/** P5: a leader killed under load, to the first new acknowledgement. */
export interface FailoverFigures {
  readonly id: "P5";
  readonly title: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly goalP50Ms: number;
  readonly goalP99Ms: number;
  readonly reached: boolean;
  readonly inFlight: number;
  readonly kills: readonly Kill[];
}

/** Kills the leader `count` times while a client appends, and starts it again each time. */
export async function measureFailover(
  cluster: LocalCluster,
  count: number,
): Promise<FailoverFigures> {
  const client = await connect({ endpoints: cluster.endpoints });
  const load = new FailoverLoad(client.producer({ codec: codecs.bytes, lingerMs: 0 }));
  const kills: Kill[] = [];
  try {
    load.start();
    for (let at = 0; at < count; at++) {
      await load.acknowledged(SETTLED_APPENDS);
      const kill = await killLeader(cluster, client, load);
      kills.push(kill);
      console.error(`P5 kill ${at + 1} of ${count}: ${JSON.stringify(kill)}`);
      cluster.start(kill.killed);
      await cluster.balsa("wait", "--for", "healthy", "--timeout", "60s");
    }
  } finally {
    await load.stop();
    await client.close();
  }
  return figuresOf(kills, load.inFlight);
}

async function killLeader(
  cluster: LocalCluster,
  client: Client,
  load: FailoverLoad,
): Promise<Kill> {
  const { leader: leaderId } = await client.admin.status();
  if (leaderId === null) throw new Error("no leader to kill");
  const next = load.firstAckOfNextTerm();
  const killedAtMs = performance.now();
  void cluster.kill(leaderId, "SIGKILL");
  const firstAckMs = (await next) - killedAtMs;
  const story = await storySince(cluster, performance.timeOrigin + killedAtMs);
  const first = (name: string) => story.find(({ event }) => event === name)?.afterMs;
  return {
    killed: leaderId,
    firstAckMs: rounded(firstAckMs),
    campaignMs: first("preVote.started"),
    wonMs: first("election.won"),
    readyMs: first("leader.ready"),
    elections: story.filter(({ event }) => event === "election.started").length,
  };
}

interface Told {
  readonly event: string;
  readonly afterMs: number;
}

/** What the survivors' flight recorders hold from `sinceMs` (wall clock) on. */
async function storySince(cluster: LocalCluster, sinceMs: number): Promise<readonly Told[]> {
  const events = "preVote.started,election,leader";
  const text = await cluster.balsa("trace", "--last", "30s", "--event", events, "-w", "ndjson");
  const [head = "{}", ...lines] = text.trimEnd().split("\n");
  const originMs = Date.parse((JSON.parse(head) as { origin: string }).origin);
  return lines
    .map((line) => JSON.parse(line) as { event: string; time: number })
    .map(({ event, time }) => ({ event, afterMs: rounded(originMs + time - sinceMs) }))
    .filter(({ afterMs }) => afterMs >= 0);
}

function figuresOf(kills: readonly Kill[], inFlight: number): FailoverFigures {
  const times = kills.map(({ firstAckMs }) => firstAckMs);
  const p50Ms = percentile(times, 0.5);
  const p99Ms = percentile(times, 0.99);
  return {
    id: "P5",
    title: "leader killed under load, to the first new acknowledgement",
    p50Ms,
    p99Ms,
    maxMs: Math.max(...times),
    goalP50Ms: GOAL_P50_MS,
    goalP99Ms: GOAL_P99_MS,
    reached: p50Ms <= GOAL_P50_MS && p99Ms <= GOAL_P99_MS,
    inFlight,
    kills,
  };
}

/** Two lines for people: the figure, and where the time went. */
export function failoverLines(figures: FailoverFigures): readonly string[] {
  const { title, p50Ms, p99Ms, maxMs, kills, goalP50Ms, goalP99Ms, reached, inFlight } = figures;
  const median = (read: (kill: Kill) => number | undefined): string => {
    const known = kills.flatMap((kill) => read(kill) ?? []);
    return known.length === 0 ? "?" : percentile(known, 0.5).toFixed(0);
  };
  return [
    `P5  ${title}: p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, ` +
      `max ${maxMs.toFixed(0)} ms over ${kills.length} kills, ${inFlight} appends in flight ` +
      `(goal p50 <= ${goalP50Ms}, p99 <= ${goalP99Ms}${reached ? "" : "; not yet"})`,
    `P5: medians after the kill, milliseconds: campaign ${median((kill) => kill.campaignMs)}, ` +
      `won ${median((kill) => kill.wonMs)}, takes appends ${median((kill) => kill.readyMs)}, ` +
      `first acknowledgement ${median((kill) => kill.firstAckMs)}.`,
  ];
}

function rounded(ms: number): number {
  return Number(ms.toFixed(1));
}

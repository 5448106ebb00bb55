import type { NodeId } from "../../common/brand.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import type { Fault, Link } from "../../sim/history.ts";
import type { ChaosCluster, DiskFault } from "./chaos-cluster.ts";
import type { FaultPlan } from "./scenario.ts";

/** One fault that is about to happen, to whom, and how it ends. */
export interface Strike {
  /** Nodes that nothing else may strike meanwhile. */
  readonly nodes: readonly NodeId[];
  /** What the checkers are told, besides the times. */
  readonly facts: Omit<Fault, "kind" | "atMs" | "untilMs">;
  begin(): Promise<void>;
  end(): Promise<void>;
}

interface Aim {
  readonly plan: FaultPlan;
  readonly cluster: ChaosCluster;
  readonly target: NodeId;
  readonly random: Random;
}

/** Milliseconds between the two breaks of a connection that is reset again and again. */
const RESET_EVERY_MS = 250;

/** What the plan comes to, aimed at `target`. */
export function planStrike(aim: Aim): Strike {
  const { plan, cluster, target } = aim;
  const all = cluster.nodes.map(({ nodeId }) => nodeId);
  const others = all.filter((nodeId) => nodeId !== target);
  const says = others.map((to): Link => ({ from: target, to }));
  const hears = others.map((from): Link => ({ from, to: target }));
  switch (plan.do) {
    case "kill":
      return killStrike(cluster, [target]);
    case "kill-all":
      return killStrike(cluster, all);
    case "pause":
      return {
        nodes: [target],
        facts: { stopped: [target] },
        begin: () => cluster.pause(target),
        end: () => cluster.resume(target),
      };
    case "restart":
      return {
        nodes: [target],
        facts: { stopped: [target] },
        begin: () => cluster.restart(target),
        end: async () => {},
      };
    case "isolate":
      return cutStrike(cluster, [...says, ...hears]);
    case "mute":
      return cutStrike(cluster, says);
    case "deaf":
      return cutStrike(cluster, hears);
    case "ring":
      return cutStrike(
        cluster,
        all.map((from, at): Link => ({ from, to: all[(at + 1) % all.length] ?? from })),
      );
    case "delay":
      return delayStrike(cluster, [...says, ...hears], drawMs(aim));
    case "reset":
      return resetStrike(cluster, target, others);
    case "slow-sync":
      return diskStrike(cluster, target, { kind: plan.do, byMs: drawMs(aim) });
    case "sync-error":
    case "no-space":
    case "short-write":
    case "hang":
    case "low-space":
      return diskStrike(cluster, target, { kind: plan.do });
  }
}

function drawMs({ plan, random }: Aim): number {
  return randomInteger(random, plan.by.minMs, plan.by.maxMs);
}

function killStrike(cluster: ChaosCluster, nodes: readonly NodeId[]): Strike {
  return {
    nodes,
    facts: { stopped: nodes },
    begin: async () => void (await Promise.all(nodes.map((nodeId) => cluster.kill(nodeId)))),
    end: async () => void (await Promise.all(nodes.map((nodeId) => cluster.start(nodeId)))),
  };
}

function cutStrike({ links }: ChaosCluster, cut: readonly Link[]): Strike {
  const set = (isCut: boolean) => {
    for (const { from, to } of cut) links?.setCut(from, to, isCut);
  };
  return {
    nodes: [],
    facts: { cut },
    begin: async () => set(true),
    end: async () => set(false),
  };
}

function delayStrike({ links }: ChaosCluster, late: readonly Link[], byMs: number): Strike {
  const set = (delayMs: number) => {
    for (const { from, to } of late) links?.setDelay(from, to, delayMs);
  };
  return {
    nodes: [],
    facts: { hinders: true },
    begin: async () => set(byMs),
    end: async () => set(0),
  };
}

function resetStrike({ links }: ChaosCluster, node: NodeId, others: readonly NodeId[]): Strike {
  let timer: NodeJS.Timeout | undefined;
  const reset = () => {
    for (const other of others) links?.reset(node, other);
  };
  return {
    nodes: [],
    facts: { hinders: true },
    begin: async () => {
      reset();
      timer = setInterval(reset, RESET_EVERY_MS);
    },
    end: async () => clearInterval(timer),
  };
}

function diskStrike(cluster: ChaosCluster, node: NodeId, fault: DiskFault): Strike {
  return {
    nodes: [node],
    facts: { hinders: true, mayHalt: [node] },
    begin: async () => cluster.disks?.set(node, fault),
    end: async () => {
      cluster.disks?.set(node, undefined);
      // A process whose disk failed has ended, as it must.
      await cluster.start(node);
    },
  };
}

import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import { parseLogLine } from "../story.ts";
import type { ProcessReport } from "../supervisor/cluster-file.ts";
import type { ControlAnswer, ControlVerb } from "../supervisor/control-channel.ts";
import { requireAnswer } from "../supervisor/find-supervisor.ts";
import { endOfNodeLog, type NodeLogPlace, readNodeLog } from "../supervisor/node-log-files.ts";
import type { ChaosCluster, ChaosNode, UnaskedEnd } from "./chaos-cluster.ts";
import { driverMs } from "./driver-clock.ts";
import { NodeTrace } from "./node-trace.ts";

/** The cluster of `balsa cluster up`: its supervisor kills, freezes and starts as it is asked. */
export class SupervisedCluster implements ChaosCluster {
  readonly nodes: readonly ChaosNode[];
  readonly links: undefined;
  readonly disks: undefined;
  readonly #procfile: string;
  readonly #reports: readonly ProcessReport[];
  /** Where each node's log ended before the run. */
  readonly #logStart = new Map<NodeId, NodeLogPlace>();
  readonly #unasked: UnaskedEnd[] = [];
  readonly #mayBeDown = new Set<NodeId>();

  private constructor(procfile: string, reports: readonly ProcessReport[]) {
    this.#procfile = procfile;
    this.#reports = reports;
    this.nodes = reports.map(({ nodeId, client }) => ({ nodeId, client }));
    for (const { nodeId, dataDirectory } of reports) {
      const end = endOfNodeLog(dataDirectory);
      if (end !== undefined) this.#logStart.set(nodeId, end);
    }
  }

  /** @throws Failure when no cluster runs here */
  static async find(procfile: string): Promise<SupervisedCluster> {
    const { nodes } = await requireAnswer(procfile, { verb: "status", nodes: [] });
    return new SupervisedCluster(procfile, nodes);
  }

  get dataDirectories(): readonly (readonly [NodeId, string])[] {
    return this.#reports.map(({ nodeId, dataDirectory }) => [nodeId, dataDirectory]);
  }

  async leader(): Promise<NodeId | undefined> {
    const { nodes } = await this.#ask("status");
    const leading = nodes.filter(({ role, state }) => role === "leader" && state === "running");
    return leading.toSorted((a, b) => b.term - a.term)[0]?.nodeId;
  }

  async isRunning(nodeId: NodeId): Promise<boolean> {
    const { nodes } = await this.#ask("status");
    return nodes.find((report) => report.nodeId === nodeId)?.state === "running";
  }

  async kill(nodeId: NodeId): Promise<void> {
    this.#mayBeDown.add(nodeId);
    await this.#ask("kill", nodeId);
  }

  async start(nodeId: NodeId): Promise<void> {
    const { nodes } = await this.#ask("status");
    const report = nodes.find((each) => each.nodeId === nodeId);
    if (report?.state !== "down") return;
    if (!this.#mayBeDown.delete(nodeId))
      this.#unasked.push({ nodeId, atMs: driverMs(), how: report.reason ?? "it is down" });
    await this.#ask("restart", nodeId);
  }

  async restart(nodeId: NodeId): Promise<void> {
    await this.#ask("restart", nodeId);
  }

  async pause(nodeId: NodeId): Promise<void> {
    await this.#ask("pause", nodeId);
  }

  async resume(nodeId: NodeId): Promise<void> {
    await this.#ask("resume", nodeId);
  }

  async trace(): Promise<readonly TraceEvent[]> {
    const trace = new NodeTrace();
    for (const { nodeId, dataDirectory } of this.#reports)
      for (const raw of readNodeLog(dataDirectory, this.#logStart.get(nodeId)))
        trace.add(nodeId, parseLogLine(raw));
    return trace.events;
  }

  unaskedEnds(): readonly UnaskedEnd[] {
    return this.#unasked;
  }

  #ask(verb: ControlVerb, nodeId?: NodeId): Promise<ControlAnswer> {
    const report = this.#reports.find((each) => each.nodeId === nodeId);
    const nodes = report === undefined ? [] : [report.name];
    return requireAnswer(this.#procfile, { verb, nodes });
  }
}

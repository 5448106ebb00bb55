import { AssertionError } from "../common/assert.ts";
import type { NodeId, Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import { FatalError } from "../common/fatal-error.ts";
import type { TraceEvent } from "../common/trace.ts";
import { openDataDirectory } from "../storage/data-directory.ts";
import { DEFAULT_SPACE_MARKS } from "../storage/index.ts";
import type { DataDirectory, RecordLocation } from "../storage/types.ts";
import type { PeerHandler, PeerMessage } from "../transport/types.ts";
import { FirstMeeting } from "./first-meeting.ts";
import type { LifecycleApi } from "./lifecycle-api.ts";
import { NodeLifecycle } from "./lifecycle/node-lifecycle.ts";
import { EventMetrics } from "./event-metrics.ts";
import { LogMetrics } from "./log-metrics.ts";
import { Member } from "./member.ts";
import { addMemberGauges } from "./member-metrics.ts";
import { type MetricFamily, NodeMetrics } from "./metrics.ts";
import type {
  AppendAck,
  AppendBatch,
  CallOptions,
  Consistency,
  LogOffsets,
  NodeApi,
  NodeStatus,
  ProducerOpened,
  ReadAnswer,
  ReadOptions,
} from "./node-api.ts";
import type { NodeOptions, NodePorts } from "./node-options.ts";
import { PeerGate } from "./peer-gate.ts";
import { ProposalMetrics } from "./proposal-metrics.ts";
import { Tracer } from "./tracer.ts";

/**
 * One node, from its data directory to its clients. It boots in this order: the directory is taken
 * and its records read; the transport listens; the cluster is met (once in a disk's life); the log
 * is recovered; the core starts. What can be answered before that says what it waits for.
 */
export class LogNode implements NodeApi {
  readonly nodeId: NodeId;
  readonly lifecycle: LifecycleApi;
  readonly #options: NodeOptions;
  readonly #ports: NodePorts;
  readonly #directory: DataDirectory;
  readonly #gate: PeerGate;
  readonly #meeting: FirstMeeting;
  readonly #tracer: Tracer;
  readonly #metrics: NodeMetrics;
  readonly #logMetrics: LogMetrics;
  readonly #proposals: ProposalMetrics;
  readonly #listeners = new Set<() => void>();
  readonly #startedAtMs: number;
  #member: Member | undefined;
  #waiting: string | undefined = "starting";
  #halted = false;
  #closed = false;

  private constructor(options: NodeOptions, ports: NodePorts, directory: DataDirectory) {
    this.nodeId = options.nodeId;
    this.#options = options;
    this.#ports = ports;
    this.#directory = directory;
    this.#startedAtMs = ports.clock.nowMs();
    this.#metrics = ports.metrics ?? new NodeMetrics();
    this.lifecycle = new NodeLifecycle(() => this.#memberNow().life);
    this.#logMetrics = new LogMetrics(this.#metrics, () => this.#member?.life.view());
    this.#proposals = new ProposalMetrics(this.#metrics, ports.clock);
    addMemberGauges(this.#metrics, () => this.#member?.view());
    const eventMetrics = new EventMetrics(this.#metrics);
    const trace = (event: TraceEvent) => {
      this.#logMetrics.traced(event);
      eventMetrics.traced(event);
      ports.trace(event);
    };
    this.#tracer = new Tracer(options.nodeId, ports.clock, trace, ports.traceDetails ?? false);
    const { identity, hardState } = directory;
    this.#gate = new PeerGate(identity, options.voters, () => hardState.current.incarnation);
    const { transport, scheduler, random } = ports;
    this.#meeting = new FirstMeeting(options.voters, {
      identity,
      transport,
      scheduler,
      random,
      ours: () => this.#gate.meeting(),
      waiting: (reason) => this.#wait(reason),
    });
  }

  /**
   * Resolves once the node listens to its peers; it goes on joining and recovering by itself, and
   * reports what it cannot survive through `ports.halt`.
   * @throws FatalError when the directory or the address cannot be had.
   */
  static async start(options: NodeOptions, ports: NodePorts): Promise<LogNode> {
    const { fileSystem, random, transport } = ports;
    const { nodeId, dataDirectory, space = DEFAULT_SPACE_MARKS } = options;
    const directory = await openDataDirectory(fileSystem, dataDirectory, {
      ...{ nodeId, random, space },
    });
    const node = new LogNode(options, ports, directory);
    try {
      await transport.start(node.#peerHandler());
    } catch (thrown) {
      await directory.close();
      throw thrown;
    }
    node.#tracer.tell("node.started", { incarnation: directory.hardState.current.incarnation });
    node.#join().catch((thrown: unknown) => node.#halt(thrown));
    return node;
  }

  get healthy(): boolean {
    return this.#member?.healthy ?? false;
  }

  append(batch: AppendBatch, settle: (result: AppendAck | LogError) => void): void {
    if (this.#member === undefined) return settle(this.#notReady());
    this.#member.appends.append(batch, settle);
  }

  openProducer(id: number, epoch: number): ProducerOpened {
    return this.#memberNow().appends.openProducer(id, epoch);
  }

  async offsets(consistency: Consistency, options?: ReadOptions): Promise<LogOffsets> {
    return this.#memberNow().reader.offsets(consistency, options);
  }

  async offsetAtTime(timestamp: number): Promise<Offset> {
    return this.#memberNow().reader.offsetAtTime(timestamp);
  }

  async locate(offset: Offset): Promise<RecordLocation> {
    return this.#memberNow().reader.locate(offset);
  }

  async read(
    from: Offset,
    maxBytes: number,
    consistency: Consistency,
    options?: ReadOptions,
  ): Promise<ReadAnswer> {
    return this.#memberNow().reader.read(from, maxBytes, consistency, options);
  }

  async waitBeyond(offset: Offset, options?: CallOptions): Promise<void> {
    return this.#memberNow().reader.waitBeyond(offset, options);
  }

  status(): NodeStatus {
    const { clock } = this.#ports;
    return {
      clusterId: this.#directory.identity.current.cluster?.clusterId,
      waiting: this.#waiting,
      uptimeMs: clock.nowMs() - this.#startedAtMs,
      clientAddresses: this.#options.clientAddresses,
      ...(this.#member?.status() ?? NOTHING_YET),
    };
  }

  metrics(): readonly MetricFamily[] {
    return this.#metrics.collect();
  }

  trace(): readonly TraceEvent[] {
    return this.#tracer.recorded();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Settles what waits (undecided appends as `unknown`), syncs what was written, lets go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#meeting.stop();
    this.#member?.stop(new LogError("CLOSED", `${this.nodeId} is shutting down`));
    await this.#ports.transport.close();
    await this.#member?.close();
    await this.#directory.close();
    this.#tracer.tell("node.stopped");
  }

  async #join(): Promise<void> {
    const formedBefore = this.#directory.identity.current.cluster?.formed === true;
    const cluster = await this.#meeting.meet();
    if (this.#closed) return;
    if (!formedBefore) {
      const joined = this.#gate.ownDiskIsVoter ? "cluster.formed" : "cluster.joined";
      this.#tracer.tell(joined, { clusterId: cluster.clusterId });
    }
    this.#wait("recovering the log");
    const member = await Member.open(this.#options, this.#ports, {
      directory: this.#directory,
      gate: this.#gate,
      tracer: this.#tracer,
      proposals: this.#proposals,
      checkpointed: (durationMs) => this.#logMetrics.checkpointed(durationMs),
      changed: () => this.#changed(),
      fail: (thrown) => this.#halt(thrown),
    });
    if (this.#closed) return member.close();
    this.#member = member;
    this.#waiting = undefined;
    member.start();
    this.#changed();
  }

  #peerHandler(): PeerHandler {
    return {
      identity: () => this.#gate.ours(),
      checkPeer: (peer) => {
        const refusal = this.#gate.refusal(peer);
        if (refusal !== undefined) {
          if (this.#gate.isNews(peer, refusal))
            this.#tracer.tell("peer.refused", { peer: peer.nodeId, reason: refusal });
          return refusal;
        }
        const admitted = this.#gate.admission(peer);
        if (admitted !== undefined) this.#member?.peerAdmitted(peer.nodeId, admitted);
        return undefined;
      },
      received: (from: NodeId, message: PeerMessage) => this.#member?.received(from, message),
      streamOpened: (peer) => this.#tracer.tell("stream.opened", { peer }),
      streamClosed: (peer) => {
        this.#tracer.tell("stream.closed", { peer });
        this.#member?.streamClosed(peer);
      },
      meet: () => {
        const wallMs = this.#ports.clock.wallMs();
        return Promise.resolve({ ...this.#gate.meeting(), wallMs });
      },
      fetch: async (from, request) => this.#memberNow().fetch(from, request),
      piece: async (from, request) => this.#memberNow().mending.piece(from, request),
      snapshotStaged: async () => this.#memberNow().snapshots.staged(),
      snapshotOffered: async (from, offer) => this.#memberNow().snapshots.offered(from, offer),
    };
  }

  #wait(reason: string): void {
    if (this.#waiting === reason || this.#closed) return;
    this.#waiting = reason;
    this.#tracer.tell("cluster.waiting", { reason });
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #memberNow(): Member {
    if (this.#member === undefined) throw this.#notReady();
    return this.#member;
  }

  #notReady(): LogError {
    return new LogError("UNAVAILABLE", `${this.nodeId} is not ready: ${this.#waiting}`, {
      hint: "try again, or ask another node",
    });
  }

  #halt(thrown: unknown): void {
    if (this.#halted || this.#closed) return;
    this.#halted = true;
    const error = asFatal(thrown);
    this.#meeting.stop();
    this.#member?.stop(new LogError("UNAVAILABLE", `${this.nodeId} has halted`));
    this.#tracer.tell("node.halted", { kind: error.kind, reason: error.message });
    this.#ports.halt(error);
  }
}

const NOTHING_YET = {
  raft: undefined,
  voter: false,
  logStartOffset: 0 as Offset,
  highWatermark: 0 as Offset,
  nextOffset: 0 as Offset,
  segments: [],
};

/** Whatever ended the node, as the reason it gives and the code it exits with. */
function asFatal(thrown: unknown): FatalError {
  if (thrown instanceof FatalError) return thrown;
  if (thrown instanceof LogError && thrown.code === "CORRUPT")
    return new FatalError("corruption", thrown.message, thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const kind = thrown instanceof AssertionError ? "a safety invariant does not hold" : "a bug";
  return new FatalError("invariant", `${kind}: ${message}`, thrown);
}

import type { NodeId } from "../common/brand.ts";
import {
  MAX_APPEND_ENTRIES_BYTES,
  MAX_INFLIGHT_BYTES,
  MAX_INFLIGHT_MESSAGES,
  MAX_UNCOMMITTED_BYTES,
} from "../common/limits.ts";
import { randomHex } from "../common/random.ts";
import { LogNode } from "../runtime/log-node.ts";
import type { NodeOptions } from "../runtime/node-options.ts";
import { DEFAULT_LOG_SETTINGS } from "../statemachine/settings.ts";
import type { AdapterPorts } from "./adapter-ports.ts";
import { JsonPeerTransport, TRANSPORT_TYPES } from "./json-peer-transport.ts";
import { LeaderCalls } from "./leader-calls.ts";
import type { Body } from "./message.ts";
import { Patience } from "./patience.ts";
import { PeerCalls, type SendToNode } from "./peer-calls.ts";
import { Replica } from "./replica.ts";
import { ReplicatedService } from "./replicated-service.ts";
import type { RequestContext } from "./request-kind.ts";
import { SegmentView } from "./segment-view.ts";

/** As `init` tells it. */
export interface Membership {
  readonly nodeId: NodeId;
  readonly nodeIds: readonly NodeId[];
}

/** A cluster that forms needs its nodes to meet and to elect; a slow disk needs its time. */
const FORMED_WITHIN_MS = 10_000;

/** A production node on the workbench's network, and the state machines that follow its log. */
export class RunningNode {
  readonly membership: Membership;
  readonly context: RequestContext;
  /** Resolves when requests may begin: the node serves, or too much time has passed. */
  readonly ready: Promise<void>;
  readonly #node: LogNode;
  readonly #replica: Replica;
  readonly #transport: JsonPeerTransport;
  readonly #calls: PeerCalls;

  private constructor(
    membership: Membership,
    ports: AdapterPorts,
    session: string,
    parts: { node: LogNode; transport: JsonPeerTransport; calls: PeerCalls; sealed: Listeners },
  ) {
    const { clock, scheduler } = ports;
    const { node, calls } = parts;
    this.membership = membership;
    this.#node = node;
    this.#calls = calls;
    this.#transport = parts.transport;
    this.#replica = new Replica(node, scheduler, ports.halt);
    const [replica, patience] = [this.#replica, new Patience(node, clock, scheduler)];
    const leader = new LeaderCalls(node, calls);
    const segments = new SegmentView(node, replica, patience);
    parts.sealed.push(() => segments.sealed());
    this.context = {
      service: new ReplicatedService({ node, replica, leader, patience, session }),
      segments,
    };
    this.ready = patience.untilHealthy(FORMED_WITHIN_MS);
    replica.start();
  }

  /** Resolves once the node can hear of the others. @throws FatalError */
  static async start(
    membership: Membership,
    ports: AdapterPorts,
    send: SendToNode,
  ): Promise<RunningNode> {
    const { scheduler, complain } = ports;
    const session = randomHex(ports.random, 4);
    const calls = new PeerCalls(session, send, scheduler);
    const transport = new JsonPeerTransport(session, { send, calls, scheduler, complain });
    const sealed: Listeners = [];
    const trace: AdapterPorts["trace"] = (event) => {
      ports.trace(event);
      if (event.event === "segment.sealed") for (const tell of sealed) tell();
    };
    const node = await LogNode.start(nodeOptions(membership, ports), {
      ...ports,
      transport,
      trace,
    });
    return new RunningNode(membership, ports, session, { node, transport, calls, sealed });
  }

  /** Takes a message of another node; false: it is none that nodes send each other. */
  received(from: NodeId, body: Body): boolean {
    if (this.#calls.received(from, body)) return true;
    if (!TRANSPORT_TYPES.has(body["type"])) return false;
    this.#transport.received(from, body);
    return true;
  }

  async close(): Promise<void> {
    this.#replica.stop();
    await this.#node.close();
  }
}

type Listeners = (() => void)[];

function nodeOptions({ nodeId, nodeIds }: Membership, ports: AdapterPorts): NodeOptions {
  return {
    nodeId,
    dataDirectory: ports.dataDirectoryOf(nodeId),
    voters: nodeIds,
    // The workbench's clients find nodes by name.
    clientAddresses: new Map(nodeIds.map((name) => [name, name])),
    electionTimeoutMsMin: 500,
    electionTimeoutMsMax: 1000,
    heartbeatIntervalMs: 50,
    maxInflightMessages: MAX_INFLIGHT_MESSAGES,
    maxInflightBytes: MAX_INFLIGHT_BYTES,
    maxAppendEntriesBytes: MAX_APPEND_ENTRIES_BYTES,
    maxUncommittedBytes: MAX_UNCOMMITTED_BYTES,
    // Nothing is ever let go: the state machines are rebuilt from the whole log.
    settings: DEFAULT_LOG_SETTINGS,
  };
}

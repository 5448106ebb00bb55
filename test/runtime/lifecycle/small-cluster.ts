import { Offset } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import { payloadOf } from "../../../src/common/frame.ts";
import type { AppendAck } from "../../../src/runtime/node-api.ts";
import type { LogNode } from "../../../src/runtime/log-node.ts";
import { isLeader, type SimHost } from "../../../src/sim/host.ts";
import { World } from "../../../src/sim/world.ts";
import type { WorldOptions } from "../../../src/sim/world-options.ts";
import type { LogSettings } from "../../../src/statemachine/settings.ts";
import { iterateFrames } from "../../../src/wire/frame-records.ts";
import { decodeRecordBatch, encodeRecordBatch } from "../../../src/wire/record-batch.ts";

const LIMIT_MS = 60_000;

export interface ReadRecord {
  readonly offset: number;
  readonly key: string | undefined;
  readonly value: string | undefined;
}

/** Three simulated nodes with small segments, and what a test does to them. */
export class SmallCluster {
  readonly world: World;

  constructor(seed: number, settings: Partial<LogSettings>, options: Partial<WorldOptions> = {}) {
    this.world = new World(seed, {
      ...{ nodes: 3, segmentBytes: 2048, maxInflightMessages: 8, maxAppendEntriesBytes: 4096 },
      ...{ maxUncommittedBytes: 1 << 20, settings, ...options },
    });
  }

  static async started(...options: ConstructorParameters<typeof SmallCluster>) {
    const cluster = new SmallCluster(...options);
    for (const host of cluster.world.hosts) cluster.world.start(host);
    await cluster.leader();
    return cluster;
  }

  get nodes(): readonly LogNode[] {
    return this.world.running.flatMap(({ node }) => node ?? []);
  }

  host(nodeId: string): SimHost {
    const host = this.world.hosts.find((one) => one.nodeId === nodeId);
    if (host === undefined) throw new Error(`no host ${nodeId}`);
    return host;
  }

  /** The node that leads and takes appends, waited for. */
  async leader(): Promise<LogNode> {
    const leading = () => this.world.running.find((host) => isLeader(host) && host.node?.healthy);
    await this.until("a node leads", () => leading() !== undefined);
    return leading()?.node as LogNode;
  }

  /** A running node that follows. */
  async follower(): Promise<SimHost> {
    const leader = await this.leader();
    return this.world.running.find(({ nodeId }) => nodeId !== leader.nodeId) as SimHost;
  }

  async until(what: string, done: () => boolean, limitMs = LIMIT_MS): Promise<void> {
    if (await this.world.runUntil(done, limitMs)) return;
    const states = this.world.hosts.map(({ nodeId, node, halted }) => {
      const { raft, segments = [], logStartOffset } = node?.status() ?? {};
      const log = segments.map(({ firstIndex, state }) => `${firstIndex}${state[0]}`).join(" ");
      return (
        `${nodeId} ${halted?.message ?? ""} ${raft?.role} commit ${raft?.commitIndex} ` +
        `start ${logStartOffset} segments ${log}`
      );
    });
    throw new Error(`never: ${what}\n${states.join("\n")}`);
  }

  /** Lets the world run until `promise` is settled. */
  async result<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const over = promise.finally(() => (settled = true)).catch(() => undefined);
    await this.until("a promise is settled", () => settled);
    await over;
    return promise;
  }

  /** Appends one record; tries again until a leader has acknowledged it. */
  async append(key: string, value: string | undefined): Promise<AppendAck> {
    const record = { key: Buffer.from(key), value: value && Buffer.from(value), headers: [] };
    const payload = encodeRecordBatch([{ ...record, value: record.value || undefined }]);
    for (;;) {
      const leader = await this.leader();
      const answer = await this.result(
        new Promise<AppendAck | LogError>((settle) =>
          leader.append({ payload, recordCount: 1, producer: undefined }, settle),
        ),
      );
      if (!(answer instanceof LogError)) return answer;
      await this.world.runFor(50);
    }
  }

  /** Starts a host again; resolves when its node takes part, or has halted. */
  async restarted(host: SimHost): Promise<LogNode> {
    this.world.start(host);
    await this.until(
      `${host.nodeId} takes part`,
      () => host.halted !== undefined || host.node?.status().raft !== undefined,
    );
    return host.node as LogNode;
  }

  /** Log start offsets of the running nodes. */
  get starts(): readonly number[] {
    return this.nodes.map((node) => node.status().logStartOffset);
  }

  /** `count` records of about 200 bytes: ten or so fill a segment. */
  async fill(count: number, keys = 7): Promise<void> {
    for (let i = 0; i < count; i++) await this.append(`k${i % keys}`, `${i}|${"x".repeat(100)}`);
  }

  /** Every running node has applied what the leader has committed. */
  async agreed(): Promise<void> {
    const leader = await this.leader();
    await this.until("all have applied the same", () => {
      const { commitIndex = 0 } = leader.status().raft ?? {};
      return this.nodes.every((node) => node.status().raft?.appliedIndex === commitIndex);
    });
  }

  /** Everything that can be read from `node`, from its log start on. */
  async records(node: LogNode): Promise<readonly ReadRecord[]> {
    const found: ReadRecord[] = [];
    let from = node.status().logStartOffset;
    for (;;) {
      const {
        run,
        nextOffset = from,
        highWatermark,
      } = await this.result(node.read(from, 4096, "local"));
      for (const chunk of run.chunks)
        for (const frame of iterateFrames(chunk)) {
          if (frame.header.type !== "data") continue;
          decodeRecordBatch(payloadOf(frame)).forEach(({ key, value }, at) => {
            const offset = frame.header.baseOffset + at;
            const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
            if (offset >= from) found.push({ offset, key: text(key), value: text(value) });
          });
        }
      if (nextOffset >= highWatermark) return found;
      from = Offset(nextOffset);
    }
  }

  /** Bytes of the segments' files on a host's disk. */
  logBytes(node: LogNode): number {
    return node.status().segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

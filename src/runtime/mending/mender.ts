import type { LogIndex, NodeId } from "../../common/brand.ts";
import { deferred } from "../../common/deferred.ts";
import { LogError } from "../../common/errors.ts";
import type { Scheduler } from "../../common/scheduler.ts";
import type { CompactedPrefix } from "../../storage/compaction/types.ts";
import type { SnapshotStatus } from "../lifecycle-api.ts";
import type { Tracer } from "../tracer.ts";
import type { CheckpointMender } from "./checkpoint-mender.ts";
import type { PrefixMender } from "./prefix-mender.ts";

/** How soon all are asked again who had it not; twice as late each time, up to the last. */
const ASK_EVERY_MS = 1000;
const ASK_EVERY_MS_MAX = 30_000;

export interface MenderPorts {
  readonly compacted: Pick<CompactedPrefix, "damage">;
  readonly checkpoints: Pick<CheckpointMender, "wanted" | "mend">;
  readonly prefix: Pick<PrefixMender, "end" | "mend" | "transfers">;
  /** Every other voter. */
  readonly peers: readonly NodeId[];
  readonly scheduler: Scheduler;
  readonly tracer: Pick<Tracer, "tell">;
  /** What is compacted is whole again: what was held up by damage goes on. */
  readonly mended: () => void;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Mends what a log's beginning is made of from other nodes' files: the checkpoint where it begins,
 * and the compacted prefix. Neither is part of Raft's log (docs/repair.md).
 */
export class Mender {
  readonly #ports: MenderPorts;
  readonly #told = new Set<string>();
  #running = false;
  #ended: Promise<void> = Promise.resolve();
  #stopped = false;
  #hurry: (() => void) | undefined;

  constructor(ports: MenderPorts) {
    this.#ports = ports;
  }

  /** Damage was met, or may have been. */
  look(): void {
    if (this.#stopped) return;
    this.#tellDamage();
    if (this.#running || this.#ports.peers.length === 0 || !this.#isNeeded()) return;
    this.#running = true;
    this.#ended = this.#run().catch(this.#ports.fail);
  }

  /** Resolves when nothing is being written any more, once it was stopped. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  stop(): void {
    this.#stopped = true;
    this.#hurry?.();
  }

  transfers(): SnapshotStatus["transfers"] {
    return this.#ports.prefix.transfers();
  }

  #isNeeded(): boolean {
    const { compacted, checkpoints } = this.#ports;
    return compacted.damage.length > 0 || checkpoints.wanted() !== undefined;
  }

  async #run(): Promise<void> {
    for (let waitMs = ASK_EVERY_MS; !this.#stopped && this.#isNeeded(); ) {
      const mended = await this.#askAll();
      if (this.#stopped) return;
      if (mended) this.#ports.mended();
      else await this.#pause(waitMs);
      waitMs = mended ? ASK_EVERY_MS : Math.min(2 * waitMs, ASK_EVERY_MS_MAX);
    }
    await this.#ports.prefix.end();
    this.#running = false;
    this.#told.clear();
  }

  /** @returns whether anything was mended. */
  async #askAll(): Promise<boolean> {
    const { compacted, checkpoints, prefix, peers } = this.#ports;
    for (const peer of peers) {
      try {
        const index: LogIndex | undefined = checkpoints.wanted();
        if (index !== undefined && (await checkpoints.mend(peer, index))) return true;
        if (compacted.damage.length > 0 && (await prefix.mend(peer))) return true;
      } catch (thrown) {
        if (!(thrown instanceof LogError)) throw thrown;
        this.#tellDelay(`mending from ${peer}: ${thrown.message}`);
      }
      if (this.#stopped) return false;
    }
    return false;
  }

  #tellDamage(): void {
    const { compacted, tracer } = this.#ports;
    for (const { file, position, what } of compacted.damage) {
      const reason = `byte ${position}: ${what}`;
      if (!this.#isNews(`${file} ${reason}`)) continue;
      tracer.tell("snapshot.damaged", { file, reason });
    }
  }

  #tellDelay(reason: string): void {
    if (this.#isNews(reason)) this.#ports.tracer.tell("upkeep.delayed", { reason });
  }

  #isNews(what: string): boolean {
    const { size } = this.#told;
    return this.#told.add(what).size > size;
  }

  #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = deferred<void>();
    const cancel = this.#ports.scheduler.after(delayMs, () => resolve());
    this.#hurry = () => {
      cancel();
      resolve();
    };
    return promise;
  }
}

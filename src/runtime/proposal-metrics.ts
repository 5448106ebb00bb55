import type { LogIndex } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import { type Counter, doublingBounds, type Histogram, type NodeMetrics } from "./metrics.ts";

/** 100 µs, less than a sync, to 3.3 s, longer than an election. */
const COMMIT_SECONDS = doublingBounds(100e-6, 16);

/** 10 µs: applying mostly is an addition. To 0.3 s: a look at the disk, or at a damaged entry. */
const APPLY_SECONDS = doublingBounds(10e-6, 16);

interface Proposed {
  readonly last: LogIndex;
  readonly atMs: number;
}

/** How long groups of entries wait for their majority, and what never got one. */
export class ProposalMetrics {
  readonly #clock: Clock;
  readonly #latency: Histogram;
  readonly #applying: Histogram;
  readonly #failed: Counter;
  /** Groups that this leadership stamped and that are not committed. */
  #waiting: Proposed[] = [];
  /** A commit that this node learned of and has not applied; one is measured at a time. */
  #unapplied: Proposed | undefined;

  constructor(metrics: NodeMetrics, clock: Clock) {
    this.#clock = clock;
    this.#latency = metrics.histogram(
      "balsa_commit_latency_seconds",
      "Time from the stamping of a group of entries to its commit; told by the leader.",
      COMMIT_SECONDS,
    );
    this.#applying = metrics.histogram(
      "balsa_apply_latency_seconds",
      "Time from learning of a commit until all up to it is applied.",
      APPLY_SECONDS,
    );
    this.#failed = metrics.counter(
      "balsa_proposals_failed_total",
      "Entries that this node took and did not see committed, by reason.",
    );
    this.#failed.add(0, { reason: "LOST" });
  }

  /** A group that ends with `last` was stamped. */
  proposed(last: LogIndex): void {
    this.#waiting.push({ last, atMs: this.#clock.nowMs() });
  }

  committed(index: LogIndex): void {
    const nowMs = this.#clock.nowMs();
    this.#unapplied ??= { last: index, atMs: nowMs };
    const [oldest] = this.#waiting;
    if (oldest === undefined || oldest.last > index) return;
    const open = this.#waiting.findIndex(({ last }) => last > index);
    const done = this.#waiting.splice(0, open < 0 ? this.#waiting.length : open);
    for (const { atMs } of done) this.#latency.observe((nowMs - atMs) / 1000);
  }

  applied(index: LogIndex): void {
    if (this.#unapplied === undefined || index < this.#unapplied.last) return;
    this.#applying.observe((this.#clock.nowMs() - this.#unapplied.atMs) / 1000);
    this.#unapplied = undefined;
  }

  /** `reason`: the code of the error that was given for them. */
  failed(count: number, reason: string): void {
    if (count > 0) this.#failed.add(count, { reason });
  }

  /** Leadership is gone, and with it the knowledge of what became of so many stamped entries. */
  lost(count: number): void {
    this.#waiting = [];
    this.failed(count, "LOST");
  }
}

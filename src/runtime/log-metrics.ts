import type { TraceEvent } from "../common/trace.ts";
import { compacts } from "../statemachine/settings.ts";
import type { CompactedPrefix } from "../storage/compaction/types.ts";
import type { SegmentStatus } from "../storage/types.ts";
import type { SnapshotStatus } from "./lifecycle-api.ts";
import { type RetentionInput, retained } from "./lifecycle/retention.ts";
import type { Counter, Histogram, NodeMetrics } from "./metrics.ts";

/** A disk answers in milliseconds, a compaction of gigabytes in minutes. */
const DURATION_BOUNDS_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300] as const;

/** What the gauges look at, asked anew each time; absent before the log is recovered. */
export interface LogView {
  readonly input: RetentionInput;
  readonly snapshots: SnapshotStatus;
  readonly compacted: Pick<CompactedPrefix, "counters" | "fragmentation">;
}

type Segments = readonly SegmentStatus[];

/** Counts the life of segments and snapshots from what is traced, and measures what there is. */
export class LogMetrics {
  readonly #created: Counter;
  readonly #sealed: Counter;
  readonly #removed: Counter;
  readonly #rebuilt: Counter;
  readonly #suffixes: Counter;
  readonly #snapshots: Counter;
  readonly #sent: Counter;
  readonly #received: Counter;
  readonly #checkpointing: Histogram;
  readonly #compacting: Histogram;
  #compactionStartedMs = 0;

  constructor(metrics: NodeMetrics, view: () => LogView | undefined) {
    const counter = (name: string, help: string) => metrics.counter(`balsa_${name}`, help);
    this.#created = counter("segment_rolls_total", "Segments begun since this node started.");
    this.#sealed = counter("segments_sealed_total", "Segments sealed since this node started.");
    this.#removed = counter("segments_removed_total", "Segments that went, by reason.");
    this.#rebuilt = counter("segments_rebuilt_total", "Segment files written anew after damage.");
    this.#suffixes = counter("wal_suffix_truncations_total", "Uncommitted ends that were cut.");
    this.#snapshots = counter("snapshots_taken_total", "Snapshot entries applied.");
    this.#sent = counter("snapshot_install_sent_total", "Snapshots sent, by result.");
    this.#received = counter("snapshot_install_received_total", "Snapshots received, by result.");
    const histogram = (name: string, help: string) =>
      metrics.histogram(`balsa_${name}`, help, DURATION_BOUNDS_SECONDS);
    this.#checkpointing = histogram(
      "snapshot_create_duration_seconds",
      "Time to make a checkpoint durable.",
    );
    this.#compacting = histogram("compaction_duration_seconds", "Time of a compaction run.");
    this.#tellZeros();
    addGauges(metrics, view);
  }

  /** An alert on the growth of a counter needs its value before the first time. */
  #tellZeros(): void {
    const plain = [this.#created, this.#sealed, this.#rebuilt, this.#suffixes, this.#snapshots];
    for (const counter of plain) counter.add(0);
    for (const reason of ["retention", "compaction"]) this.#removed.add(0, { reason });
    for (const counter of [this.#sent, this.#received])
      for (const result of ["done", "refused"]) counter.add(0, { result });
  }

  /** A checkpoint became durable. */
  checkpointed(durationMs: number): void {
    this.#checkpointing.observe(durationMs / 1000);
  }

  traced({ event, facts, time }: TraceEvent): void {
    if (event === "segment.rolled") this.#created.add();
    else if (event === "segment.sealed") this.#sealed.add();
    else if (event === "segment.rebuilt") this.#rebuilt.add();
    else if (event === "segment.deleted") this.#removed.add(1, { reason: String(facts["why"]) });
    else if (event === "log.truncated") this.#suffixes.add();
    else if (event === "snapshot.taken") this.#snapshots.add();
    else if (event === "snapshot.sent") this.#sent.add(1, { result: "done" });
    else if (event === "snapshot.installed") this.#received.add(1, { result: "done" });
    else if (event === "compaction.started") this.#compactionStartedMs = time;
    else if (event === "compaction.finished")
      this.#compacting.observe((time - this.#compactionStartedMs) / 1000);
    else if (event === "snapshot.refused") {
      const direction = facts["to"] === undefined ? this.#received : this.#sent;
      direction.add(1, { result: "refused" });
    }
  }
}

function addGauges(metrics: NodeMetrics, view: () => LogView | undefined): void {
  const gauge = (name: string, help: string, read: (now: LogView) => number | undefined) =>
    metrics.gauge(`balsa_${name}`, help, () => {
      const now = view();
      return now && read(now);
    });
  const counted = (name: string, help: string, read: (now: LogView) => number) =>
    metrics.counted(`balsa_${name}`, help, () => {
      const now = view();
      return now && read(now);
    });
  metrics.gauge("balsa_segments", "Segments held, by state.", () => {
    const now = view();
    return now === undefined ? [] : byState(now.input);
  });
  gauge("log_size_bytes", "Bytes of all segments.", ({ input }) => bytesOf(retained(input)));
  gauge("active_segment_bytes", "Bytes of the one written.", ({ input }) => {
    return input.segments.at(-1)?.bytes;
  });
  gauge("oldest_segment_age_seconds", "Age of the oldest record held.", ({ input }) => {
    const [oldest] = retained(input);
    return oldest && input.nowMs && Math.max(0, input.nowMs - oldest.firstTimestamp) / 1000;
  });
  gauge("retention_pressure_ratio", "Bytes held by retention.bytes.", ({ input }) => {
    const { retentionBytes } = input.settings;
    return retentionBytes && bytesOf(retained(input)) / retentionBytes;
  });
  gauge("compaction_backlog_bytes", "Sealed bytes not compacted.", ({ input }) => backlog(input));
  gauge("compaction_dirty_ratio", "Share of the log not compacted.", ({ input }) => {
    const all = bytesOf(retained(input));
    return all === 0 ? 0 : backlog(input) / all;
  });
  gauge("log_fragmentation_ratio", "Share of segments below half of segment.bytes.", fragmentation);
  gauge("compressed_segments", "Segments kept compressed.", (now) => compressed(now).length);
  gauge("compressed_plain_bytes", "Bytes of segments kept compressed, as they are read.", (now) =>
    bytesOf(compressed(now)),
  );
  gauge("compressed_stored_bytes", "What they take on the disk.", (now) =>
    compressed(now).reduce((sum, { storedBytes = 0 }) => sum + storedBytes, 0),
  );
  gauge("write_amplification_ratio", "Bytes written for a byte that was compacted.", (now) => {
    const { bytesWritten, bytesFolded } = now.compacted.counters;
    return bytesFolded === 0 ? 1 : 1 + bytesWritten / bytesFolded;
  });
  counted("compaction_runs_total", "Compactions done.", (now) => now.compacted.counters.runs);
  counted("compaction_bytes_reclaimed_total", "Bytes read less bytes written.", (now) => {
    const { bytesRead, bytesWritten } = now.compacted.counters;
    return Math.max(0, bytesRead - bytesWritten);
  });
  counted("compaction_records_dropped_total", "Records superseded by newer ones.", (now) => {
    return now.compacted.counters.recordsDropped;
  });
  gauge("snapshot_index", "Last entry of the newest snapshot.", ({ snapshots }) => snapshots.index);
  gauge("snapshot_bytes", "Bytes of all checkpoints.", ({ snapshots }) =>
    snapshots.checkpoints.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  gauge("snapshot_install_inflight", "Snapshots on their way.", ({ snapshots }) => {
    return snapshots.transfers.length;
  });
}

function byState({ segments, compacted }: RetentionInput) {
  const count = (state: SegmentStatus["state"]) =>
    segments.filter((segment) => segment.state === state).length;
  return [
    ...(["active", "closed", "sealed"] as const).map((state) => ({
      ...{ labels: { state }, value: count(state) },
    })),
    { labels: { state: "compacted" }, value: compacted.length },
  ];
}

function bytesOf(segments: Segments): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

function compressed({ input: { segments, compacted } }: LogView): Segments {
  return [...compacted, ...segments].filter(({ storedBytes }) => storedBytes !== undefined);
}

function backlog({ settings, segments, compactedTo }: RetentionInput): number {
  if (!compacts(settings)) return 0;
  return bytesOf(
    segments.filter(({ state, lastIndex }) => state === "sealed" && lastIndex > compactedTo),
  );
}

function fragmentation({ input }: LogView): number {
  const whole = retained(input).filter(({ state }) => state === "sealed");
  if (whole.length === 0) return 0;
  const small = whole.filter(({ bytes }) => bytes * 2 < input.settings.segmentBytes);
  return small.length / whole.length;
}

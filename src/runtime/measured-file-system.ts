import type { Clock } from "../common/clock.ts";
import type { File, FileSystem } from "../storage/file-system.ts";
import { LayeredFileSystem } from "../storage/layered-file-system.ts";
import { doublingBounds, type Histogram, type NodeMetrics, type Series } from "./metrics.ts";

/** 50 µs, below what any disk syncs in, to 1.6 s, far above what a cluster can live with. */
const SECONDS = doublingBounds(50e-6, 16);
/** 256 bytes, a record of its own, to 64 MiB, a whole segment. */
const BYTES = doublingBounds(256, 19);

interface DiskMetrics {
  readonly clock: Clock;
  readonly syncing: Histogram;
  readonly writing: Histogram;
  readonly batches: Histogram;
  readonly written: Series;
}

/**
 * A disk that measures what goes into the `.log` files of segments: twice the clock and a few
 * additions for each group that is written. All else goes straight to the disk beneath. For the
 * composition root only: the simulator has no use for it.
 */
export class MeasuredFileSystem extends LayeredFileSystem {
  readonly #metrics: DiskMetrics;

  constructor(beneath: FileSystem, clock: Clock, metrics: NodeMetrics) {
    super(beneath);
    this.#metrics = {
      clock,
      syncing: metrics.histogram(
        "balsa_wal_fsync_duration_seconds",
        "Time of each sync of a segment's log file.",
        SECONDS,
      ),
      writing: metrics.histogram(
        "balsa_wal_write_duration_seconds",
        "Time of each write into a segment's log file, its sync not included.",
        SECONDS,
      ),
      batches: metrics.histogram(
        "balsa_wal_batch_bytes",
        "Bytes of each write into a segment's log file.",
        BYTES,
      ),
      written: metrics
        .counter("balsa_wal_written_bytes_total", "Bytes written into segments' log files.")
        .series(),
    };
  }

  async open(path: string, mode: "create" | "write" | "read"): Promise<File> {
    const file = await this.beneath.open(path, mode);
    if (mode === "read" || !path.endsWith(".log")) return file;
    return new MeasuredFile(file, this.#metrics);
  }
}

/** What fails is not measured: it ends the node. */
class MeasuredFile implements File {
  readonly path: string;
  readonly #beneath: File;
  readonly #metrics: DiskMetrics;

  constructor(beneath: File, metrics: DiskMetrics) {
    this.path = beneath.path;
    this.#beneath = beneath;
    this.#metrics = metrics;
  }

  size(): Promise<number> {
    return this.#beneath.size();
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#beneath.read(into, position);
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const { clock, writing, batches, written } = this.#metrics;
    const beganMs = clock.nowMs();
    await this.#beneath.write(chunks, position);
    writing.observe((clock.nowMs() - beganMs) / 1000);
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    batches.observe(bytes);
    written.value += bytes;
  }

  async sync(): Promise<void> {
    const { clock, syncing } = this.#metrics;
    const beganMs = clock.nowMs();
    await this.#beneath.sync();
    syncing.observe((clock.nowMs() - beganMs) / 1000);
  }

  truncate(length: number): Promise<void> {
    return this.#beneath.truncate(length);
  }

  close(): Promise<void> {
    return this.#beneath.close();
  }
}

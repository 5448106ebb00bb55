import type { AppendAck } from "../client/index.ts";
import { grouped, megabytes } from "./numbers.ts";

/** What has been acknowledged so far. */
export class AppendProgress {
  readonly #startedAtMs = performance.now();
  records = 0;
  bytes = 0;
  firstOffset: number | undefined;
  lastOffset: number | undefined;

  acknowledged(acks: readonly AppendAck[], bytes: number): void {
    const first = acks[0]?.offset ?? 0;
    const last = acks.at(-1)?.offset ?? 0;
    this.records += acks.length;
    this.bytes += bytes;
    this.firstOffset = Math.min(this.firstOffset ?? first, first);
    this.lastOffset = Math.max(this.lastOffset ?? last, last);
  }

  summary() {
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    return {
      records: this.records,
      bytes: this.bytes,
      seconds: Number(seconds.toFixed(3)),
      recordsPerSecond: Math.round(this.records / Math.max(seconds, 0.001)),
      firstOffset: this.firstOffset ?? null,
      lastOffset: this.lastOffset ?? null,
    };
  }

  /** One line: `1 000 000 records, 98.0 MB in 3.2 s (312 500 records/s), offsets 0 to 999 999`. */
  line(): string {
    const { records, bytes, seconds, recordsPerSecond, firstOffset, lastOffset } = this.summary();
    const what = `${grouped(records)} record${records === 1 ? "" : "s"}, ${megabytes(bytes)}`;
    const speed = `in ${seconds.toFixed(1)} s (${grouped(recordsPerSecond)} records/s)`;
    if (firstOffset === null || lastOffset === null) return `${what} ${speed}`;
    const where =
      firstOffset === lastOffset
        ? `offset ${grouped(firstOffset)}`
        : `offsets ${grouped(firstOffset)} to ${grouped(lastOffset)}`;
    return records === 1 ? `1 record, ${where}` : `${what} ${speed}, ${where}`;
  }
}

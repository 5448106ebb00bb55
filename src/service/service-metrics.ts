import { LogError } from "../common/errors.ts";
import type { Counter, NodeMetrics, Series } from "../runtime/metrics.ts";
import { type OpenCalls, STREAM_KINDS } from "./open-calls.ts";

/** What clients do to this node: a few additions for each batch, nothing for each record. */
export class ServiceMetrics {
  readonly #requests: Counter;
  readonly #acknowledged: Series;
  readonly #records: Series;
  readonly #bytes: Series;
  readonly #fetchedOffsets: Series;
  readonly #fetchedBytes: Series;

  constructor(metrics: NodeMetrics, calls: OpenCalls) {
    const counter = (name: string, help: string) => metrics.counter(`balsa_${name}`, help);
    this.#requests = counter("append_requests_total", "Batches that clients sent, by verdict.");
    this.#acknowledged = this.#requests.series({ code: "OK" });
    const series = (name: string, help: string) => counter(name, help).series();
    this.#records = series("append_records_total", "Records acknowledged to clients.");
    this.#bytes = series("append_bytes_total", "Bytes of the batches acknowledged to clients.");
    this.#fetchedOffsets = series(
      "fetch_offsets_total",
      "Offsets sent to readers: records, and the holes that compaction left among them.",
    );
    this.#fetchedBytes = series("fetch_bytes_total", "Bytes of what was sent to readers.");
    metrics.gauge("balsa_client_streams", "Streams of clients that are open, by kind.", () =>
      STREAM_KINDS.map((kind) => ({ labels: { kind }, value: calls.streams(kind) })),
    );
  }

  /** A batch of so many records and bytes got its verdict. */
  settled(result: unknown, recordCount: number, bytes: number): void {
    if (result instanceof LogError) return this.refused(result);
    this.#acknowledged.value++;
    this.#records.value += recordCount;
    this.#bytes.value += bytes;
  }

  refused({ code }: LogError): void {
    this.#requests.add(1, { code });
  }

  fetched(offsets: number, bytes: number): void {
    this.#fetchedOffsets.value += offsets;
    this.#fetchedBytes.value += bytes;
  }
}

import { crc32 } from "node:zlib";
import { randomBytes } from "node:crypto";
import type { AppendOperation, ReadOperation } from "../../../sim/history.ts";
import { driverMs } from "../driver-clock.ts";

/** Everything that the clients of one run did and were told. */
export class RunHistory {
  readonly appends: AppendOperation[] = [];
  readonly reads: ReadOperation[] = [];
  /** Every value of this run begins so: what else lies in the log is somebody else's. */
  readonly prefix = `c${randomBytes(4).toString("hex")}-`;
  readonly startedMs = driverMs();
  readonly #ends = new Map<string, number>();
  #acknowledged = 0;

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Begins an append of which nothing is known yet. */
  begin(client: string, number: number, count: number, sequence?: number): AppendOperation {
    const names = Array.from({ length: count }, (_, i) => `${this.prefix}${client}-${number}-${i}`);
    const undecided = { settledMs: undefined, outcome: "unknown", offset: undefined } as const;
    const invokedMs = driverMs();
    const operation = { client, values: names, invokedMs, ...undecided, sequence };
    this.appends.push(operation);
    return operation;
  }

  acknowledge(operation: AppendOperation, offset: number): void {
    operation.outcome = "acknowledged";
    operation.offset = offset;
    operation.settledMs = driverMs();
    this.#acknowledged++;
    const { client, values } = operation;
    this.#ends.set(client, Math.max(this.acknowledgedEnd(client), offset + values.length));
  }

  /** Offset after the last record that this client knows to be acknowledged. */
  acknowledgedEnd(client: string): number {
    return this.#ends.get(client) ?? 0;
  }

  /** How a record is called in the history. Foreign ones get a name of their own, by content. */
  nameOf(offset: number, value: Uint8Array | undefined): string {
    const bytes = value ?? new Uint8Array(0);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    return text.startsWith(this.prefix) ? text : `foreign-${offset}-${crc32(bytes).toString(16)}`;
  }

  isForeign(name: string): boolean {
    return !name.startsWith(this.prefix);
  }
}

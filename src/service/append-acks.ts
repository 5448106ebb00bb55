import type { LogError } from "../common/errors.ts";
import type { AppendAck } from "../runtime/node-api.ts";
import type { AppendFailure, AppendStreamResponse } from "../wire/log-messages.ts";

/**
 * Verdicts gathered into one message: columns for what was acknowledged, a list for what was not.
 * A commit settles many appends at once, and all of them travel together.
 */
export class AppendAcks {
  readonly #send: (message: AppendStreamResponse) => void;
  #term = 0;
  #sequences: number[] = [];
  #offsets: number[] = [];
  #indexes: number[] = [];
  #failures: AppendFailure[] = [];
  #scheduled = false;

  constructor(send: (message: AppendStreamResponse) => void) {
    this.#send = send;
  }

  acknowledge(sequence: number, ack: AppendAck): void {
    if (this.#sequences.length > 0 && this.#term !== ack.term) this.flush();
    this.#term = ack.term;
    this.#sequences.push(sequence);
    this.#offsets.push(ack.offset);
    this.#indexes.push(ack.index);
    this.#schedule();
  }

  fail(sequence: number, error: LogError): void {
    const { code, message, leader = "" } = error;
    this.#failures.push({ sequence, code, message, unknown: error.outcome === "unknown", leader });
    this.#schedule();
  }

  /** Sends what was gathered, if anything. */
  flush(): void {
    const count = this.#sequences.length;
    if (count === 0 && this.#failures.length === 0) return;
    const acks =
      count === 0
        ? null
        : {
            term: this.#term,
            sequences: this.#sequences,
            offsets: this.#offsets,
            indexes: this.#indexes,
          };
    const failures = this.#failures;
    this.#sequences = [];
    this.#offsets = [];
    this.#indexes = [];
    this.#failures = [];
    this.#send({ opened: null, acks, failures });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}

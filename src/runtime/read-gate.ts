import { LogIndex } from "../common/brand.ts";
import { type Deferred, deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";

interface Round {
  readonly requestId: number;
  readonly done: Deferred<void>;
}

/**
 * Linearizable reads: everyone who asks before the next deferral shares one read index, and is let
 * through once the entries up to it are applied here (thesis 6.4).
 */
export class ReadGate {
  readonly #request: (requestId: number) => void;
  readonly #defer: (run: () => void) => void;
  readonly #asked = new Map<number, Round>();
  #gathering: Round | undefined;
  #ready: { index: LogIndex; round: Round }[] = [];
  #applied = LogIndex(0);
  #nextRequestId = 1;

  constructor(request: (requestId: number) => void, defer: (run: () => void) => void) {
    this.#request = request;
    this.#defer = defer;
  }

  /** Resolves when a read served now is linearizable. Rejects with a retryable LogError. */
  pass(): Promise<void> {
    if (this.#gathering === undefined) {
      const round = { requestId: this.#nextRequestId++, done: deferred<void>() };
      this.#gathering = round;
      this.#asked.set(round.requestId, round);
      this.#defer(() => {
        this.#gathering = undefined;
        this.#request(round.requestId);
      });
    }
    return this.#gathering.done.promise;
  }

  ready(requestId: number, index: LogIndex): void {
    const round = this.#asked.get(requestId);
    if (round === undefined) return;
    this.#asked.delete(requestId);
    if (index <= this.#applied) round.done.resolve();
    else this.#ready.push({ index, round });
  }

  rejected(requestId: number, error: LogError): void {
    const round = this.#asked.get(requestId);
    this.#asked.delete(requestId);
    round?.done.reject(error);
  }

  applied(index: LogIndex): void {
    this.#applied = index;
    if (this.#ready.length === 0) return;
    const passed = this.#ready.filter((waiting) => waiting.index <= index);
    this.#ready = this.#ready.filter((waiting) => waiting.index > index);
    for (const { round } of passed) round.done.resolve();
  }

  close(): void {
    const error = new LogError("CLOSED", "the node is shutting down");
    for (const round of this.#asked.values()) round.done.reject(error);
    for (const { round } of this.#ready) round.done.reject(error);
    this.#asked.clear();
    this.#ready = [];
  }
}

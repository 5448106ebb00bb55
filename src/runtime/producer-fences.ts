import { LogError } from "../common/errors.ts";
import type { ProducerStamp } from "../common/frame.ts";

/** Producers that one leader remembers; the one idle longest is forgotten first. */
const MAX_PRODUCERS = 100_000;

/**
 * The newest epoch of each producer that opened a stream at this leader. An append of any other
 * epoch is refused, so after an opening nothing sent earlier can still be stamped: what the
 * producer did not see acknowledged is decided by the log up to the barrier (see
 * docs/decisions/0004). Empty at every new leadership.
 */
export class ProducerFences {
  readonly #epochs = new Map<number, number>();

  /** @throws LogError PRODUCER_FENCED when a newer epoch has been opened. */
  open(id: number, epoch: number): void {
    const known = this.#epochs.get(id);
    if (known !== undefined && known > epoch) throw fenced(id, epoch);
    this.#epochs.delete(id);
    this.#epochs.set(id, epoch);
    if (this.#epochs.size <= MAX_PRODUCERS) return;
    for (const oldest of this.#epochs.keys()) {
      this.#epochs.delete(oldest);
      break;
    }
  }

  /** The error for an append of an epoch that is not open here; undefined when it may pass. */
  check(producer: ProducerStamp | undefined): LogError | undefined {
    if (producer === undefined || this.#epochs.get(producer.id) === producer.epoch)
      return undefined;
    return fenced(producer.id, producer.epoch);
  }

  clear(): void {
    this.#epochs.clear();
  }
}

function fenced(id: number, epoch: number): LogError {
  return new LogError("PRODUCER_FENCED", `epoch ${epoch} of producer ${id} is not open here`, {
    hint: "another connection of the same producer took over, or the leader forgot it: open again",
  });
}

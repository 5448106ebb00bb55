import type { Cancel } from "../common/scheduler.ts";
import type { AppendBuffer } from "./append-buffer.ts";
import type { SentBatch } from "./pending-append.ts";
import type { ClientPorts } from "./ports.ts";
import type { ProducerLimits } from "./producer-options.ts";
import type { ProducerSession } from "./producer-session.ts";

/** Number, tags and lengths of one append in a message; generous. */
const APPEND_ENVELOPE_BYTES = 32;

/**
 * Decides when queued appends become batches and go out: at the end of the tick, or after the
 * linger, while the stream takes more and fewer than `maxInFlight` batches are under way.
 */
export class ProducerPump {
  readonly #ports: ClientPorts;
  readonly #limits: ProducerLimits;
  readonly #buffer: AppendBuffer;
  readonly #session: ProducerSession;
  #scheduled = false;
  #hurrying = 0;
  #lingered = false;
  #cancelLinger: Cancel | undefined;

  constructor(
    ports: ClientPorts,
    limits: ProducerLimits,
    buffer: AppendBuffer,
    session: ProducerSession,
  ) {
    this.#ports = ports;
    this.#limits = limits;
    this.#buffer = buffer;
    this.#session = session;
  }

  /** Sends what may be sent, once everything that happens now has happened. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#ports.scheduler.defer(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  /** Nothing lingers until the returned function is called. */
  hurry(): () => void {
    this.#hurrying++;
    this.schedule();
    return () => {
      this.#hurrying--;
    };
  }

  stop(): void {
    this.#cancelLinger?.();
  }

  #send(): void {
    const { channel } = this.#session;
    const { maxMessageBytes } = this.#limits;
    if (channel === undefined) return;
    while (channel.writable && this.#mayTake()) {
      const message: SentBatch[] = [];
      let bytes = 0;
      while (this.#mayTake()) {
        const batch = this.#buffer.take();
        if (batch === undefined) break;
        const size = batch.payload.length + APPEND_ENVELOPE_BYTES;
        if (message.length > 0 && bytes + size > maxMessageBytes) {
          channel.send(message.splice(0));
          bytes = 0;
        }
        message.push(batch);
        bytes += size;
        if (bytes >= maxMessageBytes) break;
      }
      if (message.length === 0) break;
      channel.send(message);
    }
    if (this.#buffer.queued === 0) this.#lingered = false;
  }

  #mayTake(): boolean {
    if (this.#buffer.queued === 0 || this.#buffer.sentBatches >= this.#limits.maxInFlight)
      return false;
    if (this.#limits.lingerMs === 0 || this.#hurrying > 0 || this.#lingered) return true;
    if (this.#buffer.batchReady) return true;
    this.#linger();
    return false;
  }

  #linger(): void {
    this.#cancelLinger ??= this.#ports.scheduler.after(this.#limits.lingerMs, () => {
      this.#cancelLinger = undefined;
      this.#lingered = true;
      this.schedule();
    });
  }
}

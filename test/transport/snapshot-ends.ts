import { createHash } from "node:crypto";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { deferred } from "../../src/common/deferred.ts";
import { LogError } from "../../src/common/errors.ts";
import type {
  SnapshotOffer,
  SnapshotSink,
  SnapshotSource,
} from "../../src/transport/snapshot-transfer.ts";
import type { RecordingHandler } from "./recording-handler.ts";

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function offerOf(content: Uint8Array, leaderId = "n1"): SnapshotOffer {
  const last = { index: LogIndex(7), term: Term(2) };
  const hash = sha256(content);
  return { term: Term(3), leaderId, last, totalBytes: content.length, hash };
}

/** Content in memory that remembers how it was read. */
export class MemorySource implements SnapshotSource {
  readonly offer: SnapshotOffer;
  readonly positions: number[] = [];
  readonly progress: number[] = [];
  /** What is read in place of the content, for a sender that is wrong. */
  spoil: (position: number, bytes: Uint8Array) => Uint8Array = (_position, bytes) => bytes;
  readonly #content: Uint8Array;

  constructor(content: Uint8Array, offer: SnapshotOffer = offerOf(content)) {
    this.#content = content;
    this.offer = offer;
  }

  read(position: number, maxBytes: number): Promise<Uint8Array> {
    this.positions.push(position);
    const bytes = this.#content.subarray(position, position + maxBytes);
    return Promise.resolve(this.spoil(position, bytes));
  }

  progressed(position: number): void {
    this.progress.push(position);
  }
}

/** Stages in memory what one node is sent, over any number of attempts. */
export class MemoryStaging {
  content = Buffer.alloc(0);
  hash: string | undefined;
  finished = 0;
  abandoned = 0;
  /** Pieces that were asked for and not yet taken. */
  waiting = 0;
  /** Awaited before each piece is taken. */
  beforeWrite: (position: number) => Promise<void> = () => Promise.resolve();

  attach(handler: RecordingHandler): void {
    handler.snapshotStaged = () => {
      const { hash, content } = this;
      return Promise.resolve(hash === undefined ? undefined : { hash, bytes: content.length });
    };
    handler.sinkOf = (_from, offer) => Promise.resolve(this.#sink(offer));
  }

  #transfers = 0;

  #sink({ hash }: SnapshotOffer): SnapshotSink {
    const transfer = ++this.#transfers;
    if (this.hash !== hash) this.content = Buffer.alloc(0);
    this.hash = hash;
    return {
      position: this.content.length,
      write: async (position, bytes) => {
        this.waiting++;
        await this.beforeWrite(position);
        this.waiting--;
        if (transfer !== this.#transfers) throw new LogError("ABORTED", "a newer one came");
        if (position !== this.content.length) throw new Error("a gap");
        this.content = Buffer.concat([this.content, bytes]);
      },
      finish: () => {
        if (sha256(this.content) !== hash) {
          this.content = Buffer.alloc(0);
          this.hash = undefined;
          return Promise.reject(new LogError("CORRUPT", "it is not what was offered"));
        }
        this.finished++;
        return Promise.resolve();
      },
      abandon: () => void this.abandoned++,
    };
  }
}

/** A gate that a test opens. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = deferred<void>();
  return { passed: promise, open: () => resolve() };
}

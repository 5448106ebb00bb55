import { type Random, randomInteger } from "../common/random.ts";

interface ForwardedRead {
  readonly requestId: number;
  readonly expiresMs: number;
}

const SALT_MAX = 2 ** 20 - 1;
const IDS_PER_SALT = 2 ** 32;

/**
 * Reads that a follower has passed on to its leader. On the wire they go under ids that begin at
 * random, so that an answer meant for an earlier life of this node is not taken for a fresh one.
 */
export class ForwardedReads {
  readonly #reads = new Map<number, ForwardedRead>();
  #nextId: number;

  constructor(random: Random) {
    this.#nextId = randomInteger(random, 0, SALT_MAX) * IDS_PER_SALT;
  }

  /** All wait equally long, so the first added is the first to expire. */
  get nextExpiryMs(): number | undefined {
    return this.#reads.values().next().value?.expiresMs;
  }

  /** @returns the id it goes under on the wire. */
  add(requestId: number, expiresMs: number): number {
    const id = this.#nextId++;
    this.#reads.set(id, { requestId, expiresMs });
    return id;
  }

  /** @returns the request that waits for the answer `id`, which waits no more. */
  take(id: number): number | undefined {
    const read = this.#reads.get(id);
    this.#reads.delete(id);
    return read?.requestId;
  }

  /** @returns the requests whose time is up, which wait no more. */
  takeExpired(nowMs: number): readonly number[] {
    const expired: number[] = [];
    for (const [id, { requestId, expiresMs }] of this.#reads) {
      if (expiresMs > nowMs) break;
      this.#reads.delete(id);
      expired.push(requestId);
    }
    return expired;
  }

  drain(): readonly number[] {
    return this.takeExpired(Number.POSITIVE_INFINITY);
  }
}

import type { Body } from "./message.ts";

/** `[offset, message]`, as `poll_ok` has them. */
export type OffsetMessage = readonly [offset: number, message: unknown];

/** `kafka`: one log a key, offsets 0, 1, 2 …, and how far each was processed. */
export class KeyedLogs {
  readonly #logs = new Map<string, unknown[]>();
  readonly #committed = new Map<string, number>();

  send(key: string, message: unknown): Body {
    const log = this.#logs.get(key);
    if (log === undefined) this.#logs.set(key, [message]);
    else log.push(message);
    return { offset: (log?.length ?? 1) - 1 };
  }

  /** At most `limit` messages of one key, from `offset` on. */
  poll(key: string, offset: number, limit: number): readonly OffsetMessage[] {
    const found = this.#logs.get(key)?.slice(offset, offset + limit) ?? [];
    return found.map((message, at) => [offset + at, message]);
  }

  /** Committed offsets never go back: two clients may tell theirs in any order. */
  commit(offsets: Readonly<Record<string, number>>): Body {
    for (const [key, offset] of Object.entries(offsets))
      this.#committed.set(key, Math.max(offset, this.#committed.get(key) ?? 0));
    return {};
  }

  /** Absent when nobody committed an offset of this key. */
  committed(key: string): number | undefined {
    return this.#committed.get(key);
  }
}

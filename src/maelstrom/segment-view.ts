import type { Offset } from "../common/brand.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import type { SegmentStatus } from "../storage/types.ts";
import type { Body } from "./message.ts";
import type { Patience } from "./patience.ts";
import type { Replica } from "./replica.ts";

/** How long a segment that was left may take to be sealed before it is shown unsealed. */
const SEALED_WITHIN_MS = 1000;

/** One segment as the exercise shows it. */
interface ShownSegment {
  readonly file: string;
  readonly start_offset: Offset;
  /** After its last record. */
  readonly end_offset: Offset;
  /** Bytes of the entries that hold records. */
  readonly size_bytes: number;
  readonly sealed: boolean;
}

/** This node's segments, for `wal_segment_info`. */
export class SegmentView {
  readonly #node: Pick<NodeApi, "status">;
  readonly #replica: Replica;
  readonly #patience: Patience;
  #waiting: (() => void)[] = [];

  constructor(node: Pick<NodeApi, "status">, replica: Replica, patience: Patience) {
    this.#node = node;
    this.#replica = replica;
    this.#patience = patience;
  }

  /** A segment was sealed. */
  sealed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** The fields of `wal_segment_info_ok`. Sealing happens beside the appends: it is waited for. */
  async describe(): Promise<Body> {
    const settled = this.#allSealed();
    await this.#patience
      .within(SEALED_WITHIN_MS, settled, () => new Error("late"))
      .catch(() => undefined);
    const segments = this.#node.status().segments;
    const active = segments.find(({ state }) => state === "active");
    return {
      segments: segments.filter(isShown).map((segment) => this.#shown(segment)),
      active_segment: active?.file ?? null,
    };
  }

  async #allSealed(): Promise<void> {
    while (this.#node.status().segments.some(({ state }) => state === "closed"))
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #shown({ file, baseOffset, nextOffset, state, firstIndex }: SegmentStatus): ShownSegment {
    return {
      file,
      start_offset: baseOffset,
      end_offset: nextOffset,
      size_bytes: this.#replica.recordBytes(firstIndex),
      sealed: state === "sealed",
    };
  }
}

/** One that was left without a record holds nothing that the exercise asks about. */
function isShown({ state, baseOffset, nextOffset }: SegmentStatus): boolean {
  return state === "active" || nextOffset > baseOffset;
}

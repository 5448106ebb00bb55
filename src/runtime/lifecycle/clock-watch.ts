import type { NodeId } from "../../common/brand.ts";
import type { Clock } from "../../common/clock.ts";
import type { PeerTransport } from "../../transport/types.ts";
import type { PeerGate } from "../peer-gate.ts";

/** Clocks further apart than this are not both right. */
const MAX_SKEW_MS = 60_000;
/** How often the other voters are asked for the time, and how long an answer counts. */
const ASK_EVERY_MS = 10_000;
const ANSWER_COUNTS_MS = 60_000;
const ASK_TIMEOUT_MS = 1000;

export interface ClockWatchParts {
  readonly nodeId: NodeId;
  readonly voters: readonly NodeId[];
  readonly clock: Clock;
  readonly transport: Pick<PeerTransport, "meet">;
  readonly gate: Pick<PeerGate, "meeting">;
}

/**
 * Tells whether this node's clock is one to go by: a leader whose clock ran ahead would let records
 * go that are young. A majority of the voters, this one among them, must be within a minute.
 */
export class ClockWatch {
  readonly #parts: ClockWatchParts;
  /** What each other voter's clock would show where ours, that never jumps, shows 0. */
  readonly #others = new Map<NodeId, { readonly originMs: number; readonly heardMs: number }>();
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ClockWatchParts) {
    this.#parts = parts;
  }

  get agrees(): boolean {
    const { voters, clock } = this.#parts;
    const sinceMs = clock.nowMs() - ANSWER_COUNTS_MS;
    const ours = clock.wallMs() - clock.nowMs();
    const near = [...this.#others.values()].filter(
      ({ originMs, heardMs }) => heardMs >= sinceMs && Math.abs(originMs - ours) <= MAX_SKEW_MS,
    );
    return 2 * (near.length + 1) > voters.length;
  }

  /** Asks the others again if it is time to. */
  look(): void {
    const { nodeId, voters, clock } = this.#parts;
    if (clock.nowMs() - this.#askedMs < ASK_EVERY_MS) return;
    this.#askedMs = clock.nowMs();
    for (const voter of voters) if (voter !== nodeId) void this.#ask(voter);
  }

  async #ask(voter: NodeId): Promise<void> {
    const { clock, transport, gate } = this.#parts;
    const sentMs = clock.nowMs();
    // Who cannot be reached has not told the time.
    const answer = await transport
      .meet(voter, gate.meeting(), ASK_TIMEOUT_MS)
      .catch(() => undefined);
    if (answer?.wallMs === undefined) return;
    // On the way there and back nobody knows when the other looked: halfway is the best guess.
    const heardMs = clock.nowMs();
    this.#others.set(voter, { originMs: answer.wallMs - (sentMs + heardMs) / 2, heardMs });
  }
}

import type { Clock } from "../common/clock.ts";
import type { FrameBlock } from "../common/frame-block.ts";
import type { Effect, Raft, RaftEvent } from "../raft/index.ts";
import type { NodePorts, StepObserver } from "./node-options.ts";
import type { QueuedAppend } from "./append-queue.ts";

/** What belongs to an event but not into the core: payloads. */
export interface StepContext {
  /** Frames of the AppendEntries being stepped. */
  readonly frames: FrameBlock | undefined;
  /** The chain that those frames build on. */
  readonly prevChain: number;
  /** The group being proposed. */
  readonly group: readonly QueuedAppend[];
}

export const NO_CONTEXT: StepContext = {
  frames: undefined,
  prevChain: 0,
  group: [],
};

type RunEffects = (effects: readonly Effect[], context: StepContext) => void;

/** One event after the other through the core; effects run before the next event is stepped. */
export class CoreLoop {
  readonly #raft: Raft;
  readonly #clock: Clock;
  readonly #fail: (thrown: unknown) => void;
  readonly #observer: StepObserver | undefined;
  #run: RunEffects = () => undefined;
  #queue: { event: RaftEvent; context: StepContext }[] = [];
  #stepping = false;
  #stopped = false;

  constructor(
    raft: Raft,
    { clock, observe }: Pick<NodePorts, "clock" | "observe">,
    fail: (thrown: unknown) => void,
  ) {
    this.#observer = observe?.(raft.status());
    this.#raft = raft;
    this.#clock = clock;
    this.#fail = fail;
  }

  get raft(): Raft {
    return this.#raft;
  }

  /** Effects go to `run` from now on; it may post, but its posts wait for their turn. */
  attach(run: RunEffects): void {
    this.#run = run;
  }

  post(event: RaftEvent, context: StepContext = NO_CONTEXT): void {
    if (this.#stopped) return;
    this.#queue.push({ event, context });
    if (!this.#stepping) this.#drain();
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
  }

  #drain(): void {
    this.#stepping = true;
    try {
      for (let at = 0; at < this.#queue.length && !this.#stopped; at++) {
        const next = this.#queue[at];
        if (next === undefined) break;
        const effects = this.#raft.step(this.#clock.nowMs(), next.event);
        this.#observer?.(next.event, effects, this.#raft.status());
        this.#run(effects, next.context);
      }
    } catch (thrown) {
      this.stop();
      this.#fail(thrown);
    } finally {
      this.#queue = [];
      this.#stepping = false;
    }
  }
}

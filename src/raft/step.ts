import type { Effect } from "./effects.ts";
import type { RaftEvent } from "./events.ts";
import type { RaftStatus } from "./status.ts";
import type { HardState } from "./types.ts";

/** One step, seen from outside. */
export interface Step {
  readonly before: RaftStatus;
  readonly event: RaftEvent;
  readonly effects: readonly Effect[];
  readonly after: RaftStatus;
  /** Term and vote on disk when the effects run, as far as the core was told. */
  readonly durable: HardState;
}

export type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

export function effectsOf<Type extends Effect["type"]>(step: Step, type: Type): EffectOf<Type>[] {
  return step.effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
}

/** What holds between two states (after LogCabin's `checkDelta`). */
export type StepRule = readonly [sentence: string, holds: (step: Step) => boolean];

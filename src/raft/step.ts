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

const NONE: readonly never[] = [];

/** Mostly there is none: no array is made for that. */
export function effectsOf<Type extends Effect["type"]>(
  { effects }: Step,
  type: Type,
): readonly EffectOf<Type>[] {
  let found: EffectOf<Type>[] | undefined;
  for (const effect of effects)
    if (effect.type === type) (found ??= []).push(effect as EffectOf<Type>);
  return found ?? NONE;
}

/**
 * What holds between two states (after LogCabin's `checkDelta`). With `when`, it has nothing to say
 * of a step that has no such effect, and is not asked.
 */
export type StepRule = readonly [
  sentence: string,
  holds: (step: Step) => boolean,
  ...when: Effect["type"][],
];

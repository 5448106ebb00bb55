import { type Random, randomInteger } from "../../common/random.ts";

/** Longest pauses between two requests of one client. */
const RUSH_MS = 100;
const ORDINARY_MS = 400;
const QUIET_MS = 1500;

/**
 * Out of so many phases one is a rush, and two are ordinary. Quiet is the rule: faults are what a
 * world is for, they take their time, and a rush that lasts costs as much as many worlds and
 * reaches nothing that a short one does not.
 */
const PHASES = 8;
const PHASE_MS_MIN = 500;
const PHASE_MS_MAX = 4000;

/** How fast the clients of one world work: it changes every few seconds, for all at once. */
export class Tempo {
  readonly #random: Random;
  readonly #nowMs: () => number;
  #endsMs = 0;
  #paceMs: number = QUIET_MS;

  constructor(random: Random, nowMs: () => number) {
    this.#random = random;
    this.#nowMs = nowMs;
  }

  /** Longest pause between two requests of a client, as of now. */
  get paceMs(): number {
    const random = this.#random;
    while (this.#nowMs() >= this.#endsMs) {
      const phase = randomInteger(random, 1, PHASES);
      this.#paceMs = phase === 1 ? RUSH_MS : phase <= 3 ? ORDINARY_MS : QUIET_MS;
      this.#endsMs += randomInteger(random, PHASE_MS_MIN, PHASE_MS_MAX);
    }
    return this.#paceMs;
  }
}

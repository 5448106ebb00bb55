/** Randomness, injected, so that a seed replays a whole node. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
}

/** An integer in [min, max], both included. */
export function randomInteger(random: Random, min: number, max: number): number {
  return min + Math.floor(random.next() * (max - min + 1));
}

/** `bytes` random bytes as lower-case hex: disk ids and cluster ids. */
export function randomHex(random: Random, bytes: number): string {
  let hex = "";
  for (let i = 0; i < bytes; i++)
    hex += randomInteger(random, 0, 255).toString(16).padStart(2, "0");
  return hex;
}

/** mulberry32: one 32-bit word of state, good enough to draw faults and timeouts from a seed. */
export function seededRandom(seed: number): Random {
  // Signed, so that it stays a small integer to the engine; the bits are the same.
  let state = seed | 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    },
  };
}

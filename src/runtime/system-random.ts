import { randomFillSync } from "node:crypto";
import type { Random } from "../common/random.ts";

/** Drawn ahead: a follower draws an election timeout for every message of its leader. */
const words = new Uint32Array(1024);
let used = words.length;

/** Not reproducible, hence different on every node: election timeouts, disk and cluster ids. */
export const systemRandom: Random = {
  next() {
    if (used === words.length) {
      randomFillSync(words);
      used = 0;
    }
    return (words[used++] ?? 0) / 0x1_0000_0000;
  },
};

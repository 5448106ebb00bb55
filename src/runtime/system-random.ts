import { randomBytes } from "node:crypto";
import type { Random } from "../common/random.ts";

/** Not reproducible, hence different on every node: election timeouts, disk and cluster ids. */
export const systemRandom: Random = {
  next: () => randomBytes(4).readUInt32LE(0) / 0x1_0000_0000,
};

import { describe, expect, it } from "vitest";
import { type ClusterImage, prepareImage } from "../../../src/sim/matrix/cluster-image.ts";
import { runFileCell } from "../../../src/sim/matrix/file-cell.ts";
import { countFiles } from "../../../src/sim/matrix/file-counts.ts";
import {
  damagesOf,
  type FileDamage,
  type FileDamageKind,
} from "../../../src/sim/matrix/file-damage.ts";

/** Files of the log one place in so many; identity, hard state and reserve more seldom. */
const EVERY_IN_LOG = 97;
const EVERY_ELSEWHERE = 997;

/**
 * Flips that once failed: the nodes that damage in an entry other than data made halt, because it
 * was met while the log was read at boot, before the core had started.
 */
const WITH_A_STORY = [27, 109];

function sampleOf(image: ClusterImage, kind: FileDamageKind): readonly FileDamage[] {
  return damagesOf(image, "n1", kind).filter((damage, number) => {
    const every = damage.file.includes("/log/") ? EVERY_IN_LOG : EVERY_ELSEWHERE;
    const [sealed] = image.sealedFiles;
    if (damage.kind === "flip" && damage.file === sealed && WITH_A_STORY.includes(damage.position))
      return true;
    return kind === "missing" || number % every === 0;
  });
}

describe("damage to the files of one node", () => {
  it.each(["flip", "cut", "missing"] as const)(
    "ends clean, repaired, or with a halt that names the place: %s",
    async (kind) => {
      const image = await prepareImage();
      const results = [];
      for (const [seed, damage] of sampleOf(image, kind).entries())
        results.push(await runFileCell(image, damage, seed + 1));
      const { cells, clean, repaired, halt, failures } = countFiles(results);
      expect(failures).toEqual([]);
      expect(clean + repaired + halt).toBe(cells);
      expect(repaired).toBeGreaterThan(cells / 2);
    },
    5 * 60_000,
  );
});

import { describe, expect, it } from "vitest";
import { type ClusterImage, prepareImage } from "../../../src/sim/matrix/cluster-image.ts";
import { type FileOutcome, runFileCell } from "../../../src/sim/matrix/file-cell.ts";
import { countFiles } from "../../../src/sim/matrix/file-counts.ts";
import {
  damagesOf,
  damageText,
  type FileDamage,
  type FileDamageKind,
} from "../../../src/sim/matrix/file-damage.ts";
import type { ImageKind } from "../../../src/sim/matrix/image-recipes.ts";
import { RevivedCluster } from "../../../src/sim/matrix/revived-cluster.ts";
import { whyNotWhole } from "../../../src/sim/matrix/wholeness.ts";
import type { WorldOptions } from "../../../src/sim/world-options.ts";
import { delegating } from "../../support/delegating-transport.ts";

/** Files of the log one place in so many; identity, hard state and reserve more seldom. */
const EVERY_IN_LOG = 97;
const EVERY_ELSEWHERE = 997;
const EVERY_BESIDE = 211;

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

describe("damage to what lies beside the log, or is compressed", () => {
  /** Damage to each file, and what may become of it. */
  const ALLOWED: readonly [ImageKind, RegExp, readonly FileOutcome[]][] = [
    // Nothing on the disk says any more what the log was when it began: another node does.
    ["trimmed", /0{18}13\.checkpoint$/, ["repaired"]],
    ["trimmed", /0{18}(?:26|39)\.checkpoint$/, ["repaired"]],
    ["compacted", /\.checkpoint$/, ["repaired"]],
    // The first read or round of the scrubber meets it; the footer and the length, the start.
    ["compacted", /\.compacted$/, ["repaired"]],
    ["compacted", /\.manifest$/, ["repaired"]],
    // A segment that is compressed is mended as one that is not, and may be compressed again.
    ["compressed", /(?:0{20}|0{18}11)\.log$/, ["repaired"]],
  ];

  it.each(ALLOWED)(
    "is mended from the other nodes, or from the log: %s %s",
    async (kind, file, allowed) => {
      const image = await prepareImage(kind);
      const damages = (["flip", "cut"] as const).flatMap((how) =>
        damagesOf(image, "n1", how).filter(
          (damage, number) => file.test(damage.file) && number % EVERY_BESIDE === 0,
        ),
      );
      expect(damages.length).toBeGreaterThan(1);
      for (const [seed, damage] of damages.entries()) {
        const { failure, outcome } = await runFileCell(image, damage, seed + 1);
        expect({ failure, damage: damageText(damage) }).toMatchObject({ failure: undefined });
        expect(allowed).toContain(outcome);
      }
    },
    5 * 60_000,
  );

  it("is judged when the client's last append has been answered", async () => {
    // The world was stopped with an append on its way once; it rolled a segment, and one of two
    // nodes had sealed the one before: "…61.log is not the same on n2 and n3".
    const image = await prepareImage("compacted");
    const file = `data/snapshots/${"27".padStart(20, "0")}.manifest`;
    const number = damagesOf(image, "n1", "flip").findIndex(
      (damage) => damage.kind === "flip" && damage.file === file && damage.position === 146,
    );
    const damage: FileDamage = { kind: "flip", file, position: 146 };
    const { failure, outcome } = await runFileCell(image, damage, number + 1);
    expect({ failure, outcome }).toEqual({ failure: undefined, outcome: "repaired" });
  });

  // A planted fault: nobody gives anything.
  it.each([
    ["trimmed", /0{18}13\.checkpoint$/],
    ["compacted", /\.compacted$/],
    ["compacted", /\.manifest$/],
  ] as const)("is noticed where it stays: %s %s", async (kind, file) => {
    const image = await prepareImage(kind);
    const fetchPiece = () => Promise.resolve(undefined);
    const ports: WorldOptions["ports"] = (_nodeId, given) => ({
      ...given,
      transport: delegating(given.transport, { fetchPiece }),
    });
    const [damage] = damagesOf(image, "n1", "flip").filter((one) => file.test(one.file));
    if (damage === undefined) throw new Error("there is such a file");
    const mute = { ...image, options: { ...image.options, ports } };
    expect((await runFileCell(mute, damage, 1)).failure).toMatch(/did not become well/);
  });

  it.each(["trimmed", "compacted"] as const)(
    "ends well where a file is missing: %s",
    async (kind) => {
      const image = await prepareImage(kind);
      const results = [];
      for (const [seed, damage] of damagesOf(image, "n1", "missing").entries())
        results.push(await runFileCell(image, damage, seed + 1));
      const { failures, reported } = countFiles(results);
      expect(failures).toEqual([]);
      expect(reported).toBe(0);
    },
    5 * 60_000,
  );

  it("is noticed where a node serves what it said is damaged", async () => {
    const image = await prepareImage("compacted");
    const cluster = new RevivedCluster({ ...image, values: image.values.slice(1) }, 1);
    cluster.start();
    const file = `data/snapshots/${"0".repeat(20)}-27.compacted`;
    cluster.host("n1").disk.flip(file, 1000);
    expect(await whyNotWhole(cluster, { nodeId: "n1", file })).toMatch(/serves/);
  });

  it("is noticed where a checkpoint is not that of the other nodes", async () => {
    const image = await prepareImage("trimmed");
    const cluster = new RevivedCluster(image, 1);
    cluster.start();
    await cluster.world.runFor(3_000);
    const file = `data/snapshots/${"13".padStart(20, "0")}.checkpoint`;
    cluster.host("n2").disk.flip(file, 60);
    expect(await whyNotWhole(cluster)).toMatch(/13\.checkpoint is not the same on n1 and n2/);
  });
});

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

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_MUTANTS } from "../../scripts/mutants/all-mutants.ts";
import { Control } from "../../scripts/mutants/control.ts";
import { hunt } from "../../scripts/mutants/hunt.ts";
import type { Mutant } from "../../scripts/mutants/mutant.ts";
import { staleEdits } from "../../scripts/mutants/plant.ts";
import { runSeeds } from "../../scripts/mutants/run-seeds.ts";
import type { SeedReport } from "../../scripts/mutants/seed-report.ts";
import { Workshop } from "../../scripts/mutants/workshop.ts";

const SOURCE = fileURLToPath(new URL("../../src", import.meta.url));

/** Enough for bugs that any world shows within its first seeds. */
const BUDGET_SECONDS = 60;

function named(id: string): Mutant {
  const found = ALL_MUTANTS.find((mutant) => mutant.id === id);
  if (found === undefined) throw new Error(`no mutant is called ${id}`);
  return found;
}

const harmless: Mutant = {
  id: "harmless",
  title: "a comment",
  source: "none",
  breaks: "Nothing.",
  edits: [
    {
      file: "raft/quorum.ts",
      find: "export function quorumSize",
      replace: "// Counted once more.\nexport function quorumSize",
    },
  ],
};

const stale: Mutant = {
  ...harmless,
  id: "stale",
  edits: [{ file: "raft/quorum.ts", find: "is not there", replace: "nor here" }],
};

const ill: Mutant = {
  ...harmless,
  id: "ill",
  edits: [{ file: "raft/quorum.ts", find: "Math.floor(", replace: "Math.flor(" }],
};

describe("the list of planted bugs", () => {
  it.each(ALL_MUTANTS)("fits the source: $id, $title", (mutant) => {
    expect(staleEdits(SOURCE, mutant)).toEqual([]);
  });

  it("names each once, and says what breaks", () => {
    expect(new Set(ALL_MUTANTS.map(({ id }) => id)).size).toBe(ALL_MUTANTS.length);
    for (const { breaks } of ALL_MUTANTS) expect(breaks).toMatch(/^[A-Z].*\.$/);
  });

  it("is told when the source has changed under an edit", () => {
    expect(staleEdits(SOURCE, stale)).toEqual([
      'raft/quorum.ts: 0 places instead of one look like "is not there"',
    ]);
    const [edit] = stale.edits;
    if (edit === undefined) throw new Error("the stale mutant has an edit");
    expect(staleEdits(SOURCE, { ...stale, edits: [{ ...edit, find: "state" }] })[0]).toMatch(
      /^raft\/quorum.ts: \d+ places instead of one look like "state"$/,
    );
  });
});

describe("a hunt", () => {
  const workshop = new Workshop();
  const guilty: SeedReport[] = [];
  let control: Control;
  let unchanged: string;

  beforeAll(async () => {
    const built = await workshop.build();
    if (built.kind === "stale") throw new Error(built.reasons.join("\n"));
    unchanged = built.seedRun;
    control = new Control(unchanged, (report) => guilty.push(report));
  });

  afterAll(() => workshop.close());

  const huntFor = (mutant: Mutant, budgetSeconds: number) =>
    hunt(mutant, { workshop, control, firstSeed: 1, budgetSeconds });

  it.each([
    ["m11", /state machine safety/],
    ["m45", /durability|leader completeness/],
  ])("finds %s by the check that is made for it", async (id, check) => {
    const outcome = await huntFor(named(id), BUDGET_SECONDS);
    expect(outcome.kind).toBe("found");
    if (outcome.kind === "found")
      expect(outcome.report.found.map((finding) => finding.check).join()).toMatch(check);
  });

  it("finds nothing where there is no bug", async () => {
    const outcome = await huntFor(harmless, 5);
    expect(guilty).toEqual([]);
    expect(outcome).toMatchObject({ kind: "missed" });
    expect(outcome.seeds).toBeGreaterThan(1);
  });

  it("does not run what no longer fits, nor what does not compile", async () => {
    expect(await huntFor(stale, 5)).toMatchObject({ kind: "stale", seeds: 0 });
    const outcome = await huntFor(ill, 5);
    expect(outcome).toMatchObject({ kind: "stale", seeds: 0 });
    if (outcome.kind === "stale") expect(outcome.reasons[0]).toContain("flor");
  });

  /** What fails without the bug proves nothing about it. */
  it("takes no finding for evidence that the unchanged source shares", async () => {
    const bug = await workshop.build(named("m45"));
    if (bug.kind === "stale") throw new Error(bug.reasons.join("\n"));
    const { guilty: report } = await runSeeds(bug.seedRun, { firstSeed: 1, budgetSeconds: 60 });
    if (report === undefined) throw new Error("m45 is found in no seed");
    const told: SeedReport[] = [];
    const alike = new Control(bug.seedRun, (failed) => told.push(failed));
    expect(await alike.evidence(report, undefined)).toEqual([]);
    expect(told.map(({ seed }) => seed)).toEqual([report.seed]);
    workshop.clear(named("m45"));
  });
});

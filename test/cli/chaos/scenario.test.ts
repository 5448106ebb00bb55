import { describe, expect, it } from "vitest";
import { findScenario, listScenarios } from "../../../src/cli/chaos/find-scenario.ts";
import { FAULTS, parseScenario } from "../../../src/cli/chaos/scenario.ts";

const MINIMAL = `
summary: one kill
calm: 1s
faults:
  - { do: kill, for: 500ms-2s }
`;

describe("scenarios that come with Balsa", () => {
  it("are found by name, and each says in one line what it is", () => {
    const names = listScenarios().map(({ name }) => name);
    expect(names).toEqual(["disks", "everything", "leader-kills", "partitions", "pauses"]);
    for (const { summary } of listScenarios()) expect(summary).toMatch(/^[A-Z].{10,90}$/);
  });

  it("have every fault there is in everything", () => {
    const kinds = new Set(findScenario("everything").faults.map((plan) => plan.do));
    expect([...kinds].sort()).toEqual(Object.keys(FAULTS).sort());
  });

  it("are suggested when a name is misspelt", () => {
    expect(() => findScenario("leader-kill")).toThrow("did you mean leader-kills?");
  });
});

describe("a scenario file", () => {
  it("needs little: what breaks, for how long, and the calm between", () => {
    expect(parseScenario("mine", MINIMAL, "mine.yaml")).toEqual({
      name: "mine",
      summary: "one kill",
      calm: { minMs: 1000, maxMs: 1000 },
      atOnce: 1,
      faults: [
        {
          do: "kill",
          node: "any",
          lasts: { minMs: 500, maxMs: 2000 },
          by: { minMs: 50, maxMs: 300 },
        },
      ],
    });
  });

  it.each([
    ["an unknown fault", MINIMAL.replace("kill,", "explode,"), "mine.yaml: faults.0.do"],
    ["an unknown key", `${MINIMAL}\nsped: 2\n`, "mine.yaml: "],
    ["a range that falls", MINIMAL.replace("500ms-2s", "2s-500ms"), "mine.yaml: faults.0.for"],
    ["a number without unit", MINIMAL.replace("1s", "'1'"), "mine.yaml: calm"],
    ["no faults", "summary: a\ncalm: 1s\nfaults: []", "mine.yaml: faults"],
    ["what is not YAML", "summary: [", "mine.yaml: "],
  ])("with %s is refused, and the place is named", (_what, text, message) => {
    expect(() => parseScenario("mine", text, "mine.yaml")).toThrow(message);
  });
});

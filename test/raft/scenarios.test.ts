import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runScenario } from "../support/datadriven.ts";
import { Scenario } from "./support/scenario.ts";

const FOLDER = fileURLToPath(new URL("scenarios/", import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

describe("the scenario", () => {
  it.each(files)("%s goes as it is told", (file) => {
    runScenario(`${FOLDER}${file}`, new Scenario().interpret, (actual, expected, place) => {
      expect(actual, place).toBe(expected);
    });
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { TRACE_EVENT_NAMES } from "../../src/common/trace.ts";

const SOURCE = fileURLToPath(new URL("../../src/", import.meta.url));
/** They only listen, or hold the list itself. */
const LISTENERS = ["sim/", "cli/", "common/trace.ts", "runtime/trace-logger.ts"];

function toldBy(): string {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !LISTENERS.some((other) => path.startsWith(other)))
    .map((path) => readFileSync(`${SOURCE}${path}`, "utf8"))
    .join("\n");
}

describe("the closed list of trace events", () => {
  // Four of them were in the list, in the story and among the rare states, and nobody told them.
  it("holds what nodes tell, and nothing else", () => {
    const source = toldBy();
    expect(TRACE_EVENT_NAMES.filter((name) => !source.includes(`"${name}"`))).toEqual([]);
  });

  it("names nothing twice", () => {
    expect(new Set(TRACE_EVENT_NAMES).size).toBe(TRACE_EVENT_NAMES.length);
  });
});

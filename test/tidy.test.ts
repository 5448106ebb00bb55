import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { folderCycles } from "./support/tidy/cycles.ts";
import { brokenLinks, namedButAbsent, unreachedSources } from "./support/tidy/docs.ts";
import { describeFault, type Fault } from "./support/tidy/fault.ts";
import { layerFaults } from "./support/tidy/layers.ts";
import {
  longFiles,
  longFunctions,
  longLines,
  MAX_MEDIAN_BYTES,
  medianBytes,
} from "./support/tidy/sizes.ts";
import { readTop, readTree, type SourceFile } from "./support/tidy/source-file.ts";
import { narrowedTests, testsInSource } from "./support/tidy/tests.ts";
import { bannedWords } from "./support/tidy/words.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const src = readTree(ROOT, "src").filter(({ path }) => path.endsWith(".ts"));
const tests = readTree(ROOT, "test").filter(({ path }) => path.endsWith(".ts"));
const scripts = readTree(ROOT, "scripts");
const folders = ["docs", "proto", "cluster", ".ci"].flatMap((folder) => readTree(ROOT, folder));
const top = readTop(ROOT).filter(({ path }) => path !== "package-lock.json");
const everything = [...src, ...tests, ...scripts, ...folders, ...top];
const markdown = everything.filter(({ path }) => path.endsWith(".md"));
const typeScript = everything.filter(({ path }) => path.endsWith(".ts"));
/** Tests tell stories as long as they need; their helpers, and what ships, are short. */
const shortFunctions = typeScript.filter(({ path }) => !path.endsWith(".test.ts"));
const reading = markdown.find(({ path }) => path === "docs/READING.md");

const exists = (path: string): boolean => existsSync(`${ROOT}/${path}`);

function file(path: string, ...lines: readonly string[]): SourceFile {
  return { path, text: `${lines.join("\n")}\n` };
}

function expectNone(faults: readonly Fault[]): void {
  expect(faults.map(describeFault)).toEqual([]);
}

function expectOne(faults: readonly Fault[], sentence: string): void {
  expect(faults.map(describeFault)).toEqual([sentence]);
}

describe("imports", () => {
  it("follow the table of layers", () => expectNone(layerFaults(src)));

  it("make no cycle between folders", () => expectNone(folderCycles(src)));

  it("are caught when a core reaches for storage", () => {
    const planted = file("src/raft/raft.ts", "", 'import { Wal } from "../storage/wal.ts";');
    expectOne(layerFaults([planted]), "src/raft/raft.ts:2 raft may not import storage");
  });

  it("are caught when they span lines, are dynamic, or re-export", () => {
    const planted = file(
      "src/client/client.ts",
      "import {",
      "  Raft,",
      '} from "../raft/index.ts";',
      'export * from "../storage/types.ts";',
      'const node = await import("../runtime/log-node.ts");',
    );
    expect(layerFaults([planted]).map(describeFault)).toEqual([
      "src/client/client.ts:1 client may not import raft",
      "src/client/client.ts:4 client may not import storage",
      "src/client/client.ts:5 client may not import runtime",
    ]);
  });

  it("are caught when a value comes where only types may", () => {
    const types = file("src/storage/a.ts", 'import type { EntryId } from "../raft/types.ts";');
    const value = file("src/storage/b.ts", 'import { Raft } from "../raft/raft.ts";');
    expectOne(
      layerFaults([types, value]),
      "src/storage/b.ts:1 storage may import only types from raft",
    );
  });

  it("are caught when a folder is unknown, a package foreign, an adapter in the simulator", () => {
    const faults = layerFaults([
      file("src/utils/all.ts", 'import { x } from "../common/assert.ts";'),
      file("src/storage/log.ts", 'import pino from "pino";'),
      file("src/sim/world.ts", 'import { n } from "../storage/node-file-system.ts";'),
      file("src/wire/a.ts", 'import { t } from "../../test/support/a.ts";'),
    ]);
    expect(faults.map(describeFault)).toEqual([
      "src/utils/all.ts:1 src/utils is not in the table of layers",
      "src/storage/log.ts:1 storage may not import the package pino",
      "src/sim/world.ts:1 sim brings its own adapter in place of src/storage/node-file-system.ts",
      "src/wire/a.ts:1 src/ may not import test/support/a.ts",
    ]);
  });

  it("are caught when they go round, types included", () => {
    const faults = folderCycles([
      file("src/raft/a.ts", 'import type { B } from "../storage/b.ts";'),
      file("src/storage/b.ts", 'import type { C } from "../wire/c.ts";'),
      file("src/wire/c.ts", 'import type { A } from "../raft/a.ts";'),
    ]);
    expectOne(faults, "src/raft:1 import cycle raft -> storage -> wire -> raft");
  });
});

describe("sizes", () => {
  it("of files stay below 400 lines", () => expectNone(longFiles(typeScript)));

  it("of functions stay below 70 lines", () => expectNone(longFunctions(shortFunctions)));

  it("of lines stay below 100 columns", () => expectNone(longLines(typeScript)));

  it("of source files have a median of at most 4 KiB", () => {
    expect(medianBytes(src)).toBeLessThanOrEqual(MAX_MEDIAN_BYTES);
  });

  it("are caught one line over the limit", () => {
    const lines = Array.from({ length: 400 }, () => "x;");
    expectNone(longFiles([file("a.ts", ...lines)]));
    expectOne(longFiles([file("a.ts", ...lines, "x;")]), "a.ts:401 401 lines; at most 400");
  });

  it.each([
    ["a function", "export async function go(", "  a: number,", "): Promise<void> {", "}"],
    ["a method", "class A {", "  async #go<T>(a: T): Promise<T[]> {", "  }", "}"],
    ["a closure", "const go = (a: number) => {", "};"],
    ["a callback", "items.map((item) => {", "});"],
    ["a constructor", "class A {", "  constructor(a: number) {", "  }", "}"],
  ])("are caught in %s of 71 lines", (_name, ...lines) => {
    const head = lines.findLastIndex((line) => line.endsWith("{"));
    const of = (body: number): SourceFile => {
      const filler = Array.from({ length: body }, () => "      x;");
      return file("a.ts", ...lines.slice(0, head + 1), ...filler, ...lines.slice(head + 1));
    };
    expectNone(longFunctions([of(68)]));
    expectOne(longFunctions([of(69)]), `a.ts:${head + 1} a function of 71 lines; at most 70`);
  });

  it("are caught in a line of 101 columns", () => {
    expectOne(longLines([file("a.ts", `// ${"x".repeat(98)}`)]), "a.ts:1 101 columns; at most 100");
  });

  it("give the middle file as the median", () => {
    expect(medianBytes([file("a"), file("b", "12"), file("c", "1234567")])).toBe(3);
  });
});

describe("words", () => {
  it("that are banned are nowhere", () => expectNone(bannedWords(everything)));

  it.each([
    ["work that is left open belongs in an issue", `// ${"TO" + "DO"}: later`],
    ["the project speaks of itself alone", `// written by an ${"A" + "I"}`],
    ["a path of somebody's machine", `cd "${"/ho" + "me"}/jane/balsa"`],
    [
      "a registry's host: where packages come from is the user's choice",
      `https://${"registry" + ".npm"}js.org/`,
    ],
    ["white space at the end of the line", "const a = 1; "],
  ])("are caught: %s", (sentence, line) => {
    expectOne(bannedWords([file("a.ts", "", line)]), `a.ts:2 ${sentence}`);
  });
});

describe("tests", () => {
  it("do not live in src/", () => expectNone(testsInSource(everything)));

  it("all run", () => expectNone(narrowedTests(tests)));

  it("are caught in src/", () => {
    const planted = file("src/raft/raft.test.ts", "it();");
    const sentence = "src/raft/raft.test.ts:1 a test in src/; move it below test/";
    expectOne(testsInSource([planted]), sentence);
  });

  it("are caught when one is left out or alone", () => {
    const planted = ["it." + "only", "describe." + "skip", "test." + "todo"];
    const faults = narrowedTests([file("test/a.test.ts", ...planted.map((call) => `${call}(1)`))]);
    expect(faults.map(describeFault)).toEqual([
      "test/a.test.ts:1 a test with .only",
      "test/a.test.ts:2 a test with .skip",
      "test/a.test.ts:3 a test with .todo",
    ]);
  });
});

describe("docs", () => {
  it("link to what is there", () => expectNone(brokenLinks(markdown, exists)));

  it("name in READING.md only what is there", () => {
    expect(reading).toBeDefined();
    if (reading !== undefined) expectNone(namedButAbsent(reading, exists));
  });

  it("reach every source file from READING.md", () => {
    expect(reading).toBeDefined();
    if (reading !== undefined) expectNone(unreachedSources(reading, src));
  });

  it("are caught with a dead link or a dead anchor", () => {
    const faults = brokenLinks(
      [
        file("docs/a.md", "# A heading, here", "[b](b.md) [c](../src/c.ts) [web](https://x.y/)"),
        file("docs/d.md", "[a](a.md#a-heading-here) [a](a.md#gone)", "```", "[x](y)", "```"),
      ],
      () => false,
    );
    expect(faults.map(describeFault)).toEqual([
      "docs/a.md:2 a link to docs/b.md, which is not there",
      "docs/a.md:2 a link to src/c.ts, which is not there",
      "docs/d.md:1 docs/a.md has no heading #gone",
    ]);
  });

  it("are caught when the walk names what is gone or misses what is new", () => {
    const walk = file("docs/READING.md", "`src/raft/raft.ts`, then all of `src/wire/`, `npm test`");
    expectOne(
      namedButAbsent(walk, (path) => path === "src/wire/"),
      "docs/READING.md:1 src/raft/raft.ts is not there",
    );
    const sources = [
      file("src/raft/raft.ts"),
      file("src/raft/new.ts"),
      file("src/wire/status.ts"),
      file("src/wire/deep/x.ts"),
    ];
    expect(unreachedSources(walk, sources).map(describeFault)).toEqual([
      "src/raft/new.ts:1 not reached from docs/READING.md",
      "src/wire/deep/x.ts:1 not reached from docs/READING.md",
    ]);
  });
});

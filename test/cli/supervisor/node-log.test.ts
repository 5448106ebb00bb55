import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeLog } from "../../../src/cli/supervisor/node-log.ts";
import {
  endOfNodeLog,
  nodeLogPath,
  readNodeLog,
} from "../../../src/cli/supervisor/node-log-files.ts";
import { isOurs } from "../../../src/storage/layout.ts";

let directory: string;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "balsa-node-log-")), "n1");
});
afterEach(() => rmSync(join(directory, ".."), { recursive: true }));

/** Lines of 20 bytes. */
function lines(from: number, to: number): readonly string[] {
  return Array.from(
    { length: to - from },
    (_, at) => `{"line":"${String(from + at).padStart(8)}"}`,
  );
}

async function write(all: readonly string[], maxBytes = 100): Promise<void> {
  const log = new NodeLog(directory, maxBytes);
  for (const line of all) log.write(line);
  await log.close();
}

describe("a node's log file", () => {
  it("has every line, and wraps what is not JSON", async () => {
    await write([...lines(0, 2), "no JSON"]);
    const [first, second, third] = readNodeLog(directory);
    expect([first, second]).toEqual(lines(0, 2));
    expect(JSON.parse(third ?? "")).toMatchObject({ msg: "no JSON" });
  });

  it("is rolled before it grows beyond its bound; three older ones are kept", async () => {
    await write(lines(0, 100));
    const names = ["node.ndjson", "node.ndjson.1", "node.ndjson.2", "node.ndjson.3"];
    expect(readdirSync(directory).sort()).toEqual(names);
    for (const name of names) {
      expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(100);
      expect(isOurs(name)).toBe(true);
    }
    const [oldest = ""] = readNodeLog(directory);
    const first = Number(JSON.parse(oldest).line);
    expect(readNodeLog(directory)).toEqual(lines(first, 100));
    expect(first).toBeLessThan(90);
  });

  it("goes on where an earlier supervisor stopped", async () => {
    for (let at = 0; at < 12; at++) await write(lines(at, at + 1));
    expect(readNodeLog(directory)).toEqual(lines(0, 12));
    expect(statSync(nodeLogPath(directory)).size).toBeLessThanOrEqual(100);
    expect(readFileSync(nodeLogPath(directory, 1), "utf8").split("\n")[0]).not.toBe("");
  });

  it("takes a line that is longer than the bound", async () => {
    const long = JSON.stringify({ long: "x".repeat(300) });
    await write([...lines(0, 1), long, ...lines(1, 2)]);
    expect(readNodeLog(directory)).toEqual([...lines(0, 1), long, ...lines(1, 2)]);
  });

  it("takes nothing down when it cannot be written", async () => {
    await write(lines(0, 1));
    const blocked = new NodeLog(nodeLogPath(directory), 100);
    blocked.write("lost");
    await blocked.close();
    expect(readNodeLog(directory)).toEqual(lines(0, 1));
  });
});

describe("a place in a node's log", () => {
  it("is found again after the files were rolled", async () => {
    expect(endOfNodeLog(directory)).toBeUndefined();
    expect(readNodeLog(directory)).toEqual([]);
    await write(lines(0, 3));
    const place = endOfNodeLog(directory);
    expect(readNodeLog(directory, place)).toEqual([]);
    await write(lines(3, 12));
    expect(readNodeLog(directory, place)).toEqual(lines(3, 12));
  });

  it("that has gone leaves all there is", async () => {
    await write(lines(0, 3));
    const place = endOfNodeLog(directory);
    await write(lines(3, 60));
    const rest = readNodeLog(directory, place);
    expect(rest.at(-1)).toBe(lines(59, 60)[0]);
    expect(rest).toEqual(readNodeLog(directory));
  });
});

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Finished, until } from "./run-balsa.ts";
import { SingleNode } from "./single-node.ts";
import { faultsOf } from "../service/http/exposition-check.ts";

interface Segment {
  readonly baseOffset: number;
  readonly nextOffset: number;
  readonly state: string;
  readonly reason: string;
  readonly explanation: string;
}

let single: SingleNode;

beforeAll(async () => {
  single = await SingleNode.start(
    ...["--segment-bytes", "16KiB", "--retention-bytes", "64KiB", "--listen-http", "127.0.0.1:0"],
  );
});
afterAll(() => single[Symbol.asyncDispose]());

async function jsonOf<T>(words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await single.balsa([...words, "--json"]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.toString()) as T;
}

function segments(): Promise<readonly Segment[]> {
  return jsonOf(["segments", "list"]);
}

function errorOf({ stderr }: Finished): { readonly message: string; readonly hint?: string } {
  return JSON.parse(stderr).error;
}

async function feed(lines: number): Promise<void> {
  const input = `${"a line that is not so short ".repeat(4)}\n`.repeat(lines);
  const { code } = await single.balsa(["append"], { input });
  expect(code).toBe(0);
}

describe("a log that is fed beyond its retention", () => {
  it("stays within it, and each segment says why it is there", async () => {
    for (let round = 0; round < 5; round++) await feed(400);
    await until("old segments are gone", async () => {
      const held = await segments();
      return (held[0]?.baseOffset ?? 0) > 0 && held.every(({ reason }) => reason !== "goes next");
    });
    const held = await segments();
    expect(held.at(-1)).toMatchObject({ state: "active", reason: "active" });
    expect(held[0]).toMatchObject({ state: "sealed", reason: "retained" });
    expect(held[0]?.explanation).toMatch(/^retention.bytes keeps 64 KiB, [\d.]+ KiB are newer$/);
  });

  it("is listed with its reasons, a summary beside it on stderr", async () => {
    const { stdout, stderr } = await single.balsa(["segments", "list"]);
    expect(stdout.toString()).toMatch(/^ *BASE +NEXT +RECORDS .* WHY +GOES +FILE\n/);
    expect(stderr).toMatch(/^n1: \d+ segments, [\d.]+ kB, offsets \d+ to 2000\n/);
    expect(stderr).toContain("kept by: retained: retention.bytes keeps 64 KiB");
  });

  it("tells of one segment why it stays, and of one that went that it did", async () => {
    const [first] = await segments();
    const { stdout } = await single.balsa(["segments", "info", String(first?.baseOffset)]);
    expect(stdout.toString()).toMatch(/\nwhy +retained: retention\.bytes keeps 64 KiB/);
    const gone = await single.balsa(["segments", "info", "0"]);
    expect(gone).toMatchObject({ code: 3 });
    expect(gone.stderr).toContain("0 is gone: the log starts at");
  });

  it("says beforehand what other settings would let go, and changes nothing", async () => {
    const before = await segments();
    const dry = ["segments", "retention", "--dry-run", "--retention-bytes", "16KiB"];
    const going = await jsonOf<Segment[]>(dry);
    expect(going.length).toBeGreaterThan(0);
    expect(going[0]).toMatchObject({ baseOffset: before[0]?.baseOffset, reason: "goes next" });
    expect((await single.balsa(dry)).stderr).toContain("the log would start at");
    expect(await segments()).toEqual(before);
    const none = await single.balsa(["segments", "retention", "--dry-run"]);
    expect(none.stderr).toContain("nothing would go");
    const all = await jsonOf<Segment[]>(["segments", "retention"]);
    expect(all.length).toBe(before.length);
  });

  it("refuses to guess: other settings without --dry-run, or a directory", async () => {
    const asIf = await single.balsa(["segments", "retention", "--retention-bytes", "1MiB"]);
    expect(asIf).toMatchObject({ code: 3, stderr: expect.stringContaining("is for --dry-run") });
    const directory = await single.balsa(["segments", "retention", single.dataDirectory]);
    expect(directory).toMatchObject({ code: 3 });
  });
});

describe("trim", () => {
  it("drops nothing unasked where nobody can be asked", async () => {
    const before = await segments();
    const refused = await single.balsa(["segments", "trim", "--before-offset", "1990"]);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("--yes") });
    expect(await segments()).toEqual(before);
  });

  it("moves the log start with --yes; a second time there is nothing to drop", async () => {
    const words = ["segments", "trim", "--before-offset", "1990", "--yes"];
    expect(await jsonOf(words)).toMatchObject({ logStartOffset: 1990 });
    expect(await jsonOf(words)).toEqual({ logStartOffset: 1990, dropped: 0 });
    const read = await single.balsa(["tail", "-o", "5", "-n", "1"]);
    expect(read.code).toBe(3);
    expect(read.stderr).toContain("1990");
  });

  it("is refused beyond the end, and without an offset", async () => {
    const beyond = await single.balsa(["segments", "trim", "--before-offset", "999999", "--yes"]);
    expect(beyond).toMatchObject({ code: 3, stderr: expect.stringContaining("ends at 2000") });
    expect(await single.balsa(["segments", "trim", "--yes"])).toMatchObject({ code: 128 });
    const words = ["segments", "trim", "--before-offset", "x", "--yes"];
    expect(await single.balsa(words)).toMatchObject({ code: 3 });
  });
});

describe("snapshots", () => {
  it("are triggered by hand, and cover everything up to there", async () => {
    await feed(10);
    const taken = await jsonOf<{ index: number; offset: number }>(["snapshot", "trigger"]);
    expect(taken.offset).toBe(2010);
    await until("the snapshot is durable", async () => {
      const { nodes } = await jsonOf<{ nodes: { snapshotIndex: number }[] }>(["status"]);
      return nodes[0]?.snapshotIndex === taken.index;
    });
    const { stdout } = await single.balsa(["status"]);
    expect(stdout.toString()).toMatch(/ LOG START .* SNAPSHOT /);
    expect(stdout.toString()).toContain(`@${taken.index}`);
  });

  it("begin a segment only where there is something in the active one", async () => {
    await single.balsa(["segments", "roll"]);
    const once = await jsonOf<{ firstIndex: number }>(["segments", "roll"]);
    expect(await jsonOf(["segments", "roll"])).toEqual(once);
  });

  it("are listed alike by the node and by its directory", async () => {
    type Row = { readonly kind: string; readonly file: string };
    const live = await jsonOf<Row[]>(["snapshot", "list"]);
    const files = await jsonOf<Row[]>(["snapshot", "list", single.dataDirectory]);
    expect(live.length).toBeGreaterThan(0);
    expect(live).toEqual(files);
  });

  it("say what they know, and are verified byte by byte", async () => {
    const info = await single.balsa(["snapshot", "info", single.dataDirectory]);
    expect(info.stdout.toString()).toMatch(/\nretention\.bytes +64KiB\n/);
    const path = join(single.directory, "copy");
    const [name = ""] = (await jsonOf<{ file: string }[]>(["snapshot", "list"])).map((r) => r.file);
    const copy = join(path, name);
    mkdirSync(path);
    const bytes = readFileSync(join(single.dataDirectory, "snapshots", name));
    writeFileSync(copy, bytes);
    expect(await single.balsa(["snapshot", "verify", path])).toMatchObject({ code: 0 });
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    writeFileSync(copy, bytes);
    const damaged = await single.balsa(["snapshot", "verify", path]);
    expect(damaged).toMatchObject({ code: 8 });
    expect(damaged.stdout.toString()).toContain(`${copy}: damaged: byte`);
    expect(await single.balsa(["snapshot", "info", copy])).toMatchObject({ code: 8 });
  });

  it("are asked for in vain where there are none", async () => {
    expect(await single.balsa(["snapshot", "list", "src"])).toMatchObject({ code: 3 });
    expect(await single.balsa(["snapshot", "info", "no/such"])).toMatchObject({ code: 6 });
    expect(await single.balsa(["snapshot", "list", "n9"])).toMatchObject({ code: 3 });
  });
});

describe("the settings of the log", () => {
  it("are shown by the keys of the file, and changed at run time", async () => {
    expect(await jsonOf(["config", "get", "segment.bytes", "log.retention.ms"])).toEqual({
      ...{ "segment.bytes": "16KiB", "retention.ms": "unlimited" },
    });
    const words = ["config", "set", "retention.ms=1h", "retention.bytes=unlimited"];
    expect(await jsonOf(words)).toEqual({
      ...{ "retention.ms": "1h", "retention.bytes": "unlimited" },
    });
    const { stdout } = await single.balsa(["config", "set", "retention.ms=2h"]);
    expect(stdout.toString()).toMatch(/KEY +VALUE +BEFORE\nretention.ms +2h +1h\n/);
    const [first] = await jsonOf<(Segment & { goesAt?: number })[]>(["segments", "list"]);
    expect(first).toHaveProperty("goesAt");
  });

  it.each([
    [["retention.byte=1MiB"], "did you mean retention.bytes?"],
    [["retention.bytes"], "is not key=value"],
    [["retention.bytes=much"], "is not a size"],
    [["cleanup.policy=forget"], "is none of delete | compact | compact,delete"],
    [["segment.bytes=unlimited"], "cannot be unlimited"],
    [["cleaner.threads=2"], "each node has its own"],
    [["retention.bytes=1KiB"], "retention.bytes 1024 is less than one segment.bytes 16384"],
    [["segment.bytes=1"], "segmentBytes cannot be 1"],
  ])("are refused as %j", async (words, message) => {
    const refused = await single.balsa(["config", "set", ...words, "--json"]);
    expect(refused.code).toBe(3);
    expect(errorOf(refused).message).toContain(message);
  });

  it("are what they were after all that", async () => {
    expect(await jsonOf(["config", "get"])).toMatchObject({
      ...{ "segment.bytes": "16KiB", "retention.ms": "2h", "cleanup.policy": "delete" },
    });
  });
});

describe("metrics", () => {
  it("are served where the node says, and count what went", async () => {
    const [, address = ""] =
      /serves metrics at http:\/\/([0-9.:]+)\/metrics/.exec(single.node.output) ?? [];
    const text = await (await fetch(`http://${address}/metrics`)).text();
    expect(text).toMatch(/\nbalsa_segments_removed_total\{reason="[a-z]+"\} \d+\n/);
    expect(text).toMatch(/\nbalsa_raft_log_start_offset 1990\n/);
    expect(text).toMatch(/\nbalsa_wal_fsync_duration_seconds_count [1-9]\d*\n/);
    expect(text).toMatch(/\nbalsa_commit_latency_seconds_count [1-9]\d*\n/);
    expect(text).toMatch(/\nbalsa_append_requests_total\{code="OK"\} [1-9]\d*\n/);
    expect(text).toMatch(/\nbalsa_disk_free_bytes [1-9]\d*\n/);
    expect(faultsOf(text)).toEqual([]);
    expect((await fetch(`http://${address}/readyz`)).status).toBe(200);
  });
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./run-balsa.ts";
import { SingleNode } from "./single-node.ts";

let single: SingleNode;

beforeAll(async () => {
  single = await SingleNode.start();
  await single.balsa(["append", "a", "b", "c"]);
});

afterAll(() => single[Symbol.asyncDispose]());

describe("wait --for offset=N", () => {
  it("returns once the records before it are committed", async () => {
    const { code, stdout } = await single.balsa(["wait", "--for", "offset=3", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({ leader: "n1", highWatermark: 3 });
    const waiting = single.run(["wait", "--for", "offset=4"]);
    await single.balsa(["append", "d"]);
    expect(await waiting.finished).toMatchObject({ code: 0 });
  });

  it("ends with 124 and the high watermark when the time runs out", async () => {
    const words = ["wait", "--for", "offset=1000", "--timeout", "3s"];
    const { code, stderr } = await single.balsa(words);
    expect(code).toBe(124);
    expect(stderr).toMatch(/not offset 1000 in time: the high watermark is \d+/);
  });
});

describe("status --watch", () => {
  it("appends a JSON line each time, until Ctrl-C", async () => {
    const watching = single.run(["status", "--watch", "100ms", "-w", "ndjson"]);
    const lines = () => watching.stdoutBytes.toString().split("\n").slice(0, -1);
    await until("three lines", () => lines().length >= 3);
    watching.child.kill("SIGINT");
    expect(await watching.finished).toMatchObject({ code: 130, stderr: "" });
    for (const line of lines())
      expect(JSON.parse(line)).toMatchObject({ leader: "n1", nodes: [{ nodeId: "n1" }] });
  });

  it("goes on while nobody answers: that is part of what is watched", async () => {
    const watching = single.run(["status", "--watch", "100ms", "--endpoints", "127.0.0.1:1"]);
    await watching.says("no answer from 127.0.0.1:1");
    watching.child.kill("SIGINT");
    expect(await watching.finished).toMatchObject({ code: 130 });
  });

  it("wants an interval that is one", async () => {
    const { code, stderr } = await single.balsa(["status", "--watch", "often"]);
    expect(code).toBe(3);
    expect(stderr).toContain('--watch: "often" is not a duration');
  });
});

describe("trace of running nodes", () => {
  it("tells what happened, of the events asked for", async () => {
    const { code, stdout } = await single.balsa([
      "trace",
      "n1",
      "--event",
      "election,leader.ready",
    ]);
    expect(code).toBe(0);
    const events = stdout.toString().trimEnd().split("\n").slice(1);
    expect(events[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} +n1 +1 +election\.started +term=1$/);
    expect(events.at(-1)).toMatch(/leader\.ready +highWatermark=0$/);
  });

  it("is a trace file with -w ndjson, and can be read again as one", async () => {
    const live = await single.balsa(["trace", "-w", "ndjson"]);
    const [head, first, ...rest] = live.stdout.toString().trimEnd().split("\n");
    expect(JSON.parse(head ?? "")).toMatchObject({ balsaTrace: 1, origin: expect.any(String) });
    expect(JSON.parse(first ?? "")).toMatchObject({ seq: 1, node: "n1", event: "node.started" });
    const file = join(single.directory, "t.ndjson");
    writeFileSync(file, live.stdout);
    const again = await single.balsa(["trace", file, "-w", "ndjson"]);
    expect(again.stdout.toString()).toBe(`${[first, ...rest].join("\n")}\n`);
    const replay = await single.balsa(["sim", "replay", file]);
    expect(replay).toMatchObject({ code: 3 });
    expect(replay.stderr).toContain("told by running nodes");
  });

  it("knows its nodes, and which flags are of files", async () => {
    const stranger = await single.balsa(["trace", "n9"]);
    expect(stranger).toMatchObject({ code: 3 });
    expect(stranger.stderr).toContain('there is no node "n9"');
    const typo = await single.balsa(["trace", "--event", "election.wun"]);
    expect(typo).toMatchObject({ code: 3 });
    expect(typo.stderr).toContain("did you mean election.won?");
    const times = await single.balsa(["trace", "--from", "3s"]);
    expect(times).toMatchObject({ code: 3 });
    expect(times.stderr).toContain("are times of a trace file");
    expect(await single.balsa(["trace", "no-such.ndjson"])).toMatchObject({ code: 6 });
  });
});

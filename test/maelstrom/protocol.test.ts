import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { balsa, RunningBalsa, until } from "../cli/run-balsa.ts";
import { answersTo, INIT, request, speak } from "./speak.ts";

const ECHO = request("c9", { type: "echo", msg_id: 99, echo: { still: "there" } });

function temporary(): string {
  return mkdtempSync(join(tmpdir(), "balsa-protocol-"));
}

describe("a lone node", () => {
  it("serves echo and topology", async () => {
    const said = await speak([
      INIT,
      request("c1", { type: "topology", msg_id: 1, topology: { n1: [] } }),
      request("c1", { type: "echo", msg_id: 2, echo: "please" }),
    ]);
    expect(answersTo(said, "c1")).toEqual([
      { type: "topology_ok" },
      { type: "echo_ok", echo: "please" },
    ]);
  });

  it("answers a script in its order, refusals among the rest, and init before all", async () => {
    // Story: what could be refused at once was refused before init_ok, and took its number.
    const { messages } = await speak([
      INIT,
      request("c1", { type: "log_append", msg_id: 1, value: "a" }),
      request("c1", { type: "nothing_like_it", msg_id: 2 }),
      request("c1", { msg_id: 3 }),
      request("c1", { type: "log_append", msg_id: 4, value: "b" }),
    ]);
    expect(messages.map(({ body }) => [body["in_reply_to"], body["msg_id"]])).toEqual(
      [1, 1, 2, 3, 4].map((asked, number) => [asked, number]),
    );
    expect(messages.map(({ dest }) => dest)).toEqual(["c0", "c1", "c1", "c1", "c1"]);
  });

  it("serves lin-kv: any key, any value", async () => {
    const of = (type: string, fields: object, msgId: number) =>
      request("c1", { type, msg_id: msgId, ...fields });
    const said = await speak([
      INIT,
      of("read", { key: 1 }, 1),
      of("write", { key: 1, value: { b: 1, a: [null] } }, 2),
      of("read", { key: 1 }, 3),
      of("read", { key: "1" }, 4),
      of("cas", { key: 1, from: 2, to: 3 }, 5),
      of("cas", { key: 1, from: { a: [null], b: 1 }, to: null }, 6),
      of("read", { key: 1 }, 7),
      of("cas", { key: 2, from: 0, to: 1 }, 8),
    ]);
    expect(answersTo(said, "c1")).toEqual([
      { type: "error", code: 20, text: "there is no key 1" },
      { type: "write_ok" },
      { type: "read_ok", value: { b: 1, a: [null] } },
      { type: "error", code: 20, text: 'there is no key "1"' },
      { type: "error", code: 22, text: 'expected 2, had {"a":[null],"b":1}' },
      { type: "cas_ok" },
      { type: "read_ok", value: null },
      { type: "error", code: 20, text: "there is no key 2" },
    ]);
  });

  it("serves kafka: keys as logs, with committed offsets", async () => {
    const of = (type: string, fields: object, msgId: number) =>
      request("c1", { type, msg_id: msgId, ...fields });
    const said = await speak([
      INIT,
      of("send", { key: "a", msg: 9 }, 1),
      of("send", { key: "b", msg: "x" }, 2),
      of("send", { key: "a", msg: 5 }, 3),
      of("poll", { offsets: { a: 1, b: 0, c: 0, d: 7 } }, 4),
      of("commit_offsets", { offsets: { a: 1, __proto__: 3 } }, 5),
      of("commit_offsets", { offsets: { a: 0 } }, 6),
      of("list_committed_offsets", { keys: ["a", "b"] }, 7),
    ]);
    expect(answersTo(said, "c1")).toEqual([
      { type: "send_ok", offset: 0 },
      { type: "send_ok", offset: 0 },
      { type: "send_ok", offset: 1 },
      { type: "poll_ok", msgs: { a: [[1, 5]], b: [[0, "x"]] } },
      { type: "commit_offsets_ok" },
      { type: "commit_offsets_ok" },
      { type: "list_committed_offsets_ok", offsets: { a: 1 } },
    ]);
  });

  it("keeps its log where it is told, and goes on from there", async () => {
    const directory = temporary();
    const flags = ["--data-dir", directory];
    await speak([INIT, request("c1", { type: "write", msg_id: 1, key: "k", value: 1 })], flags);
    expect(readdirSync(directory)).toEqual(["n1"]);
    const said = await speak([INIT, request("c1", { type: "read", msg_id: 1, key: "k" })], flags);
    expect(answersTo(said, "c1")).toEqual([{ type: "read_ok", value: 1 }]);
    rmSync(directory, { recursive: true });
  });
});

/** What a client may send, and how it is answered: nothing of it ends the node. */
const REFUSED: readonly (readonly [line: string, code: number, text: string])[] = [
  ['{"src":"c1","body":{"type":"echo","msg_id":1}}', 12, '"dest" is missing'],
  ['{"src":"c1","dest":7,"body":{"type":"echo","msg_id":1}}', 12, '"dest" is missing'],
  ['{"src":"c1","dest":"n1"}', 12, '"body" is missing'],
  ['{"src":"c1","dest":"n1","body":[1]}', 12, '"body" is missing'],
  ['{"src":"c1","dest":"n1","body":{"msg_id":1}}', 12, '"type" is missing'],
  ['{"src":"c1","dest":"n1","body":{"type":"echo","echo":1}}', 12, '"msg_id" is missing'],
  ['{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":"x"}}', 12, '"msg_id" must be a whole'],
  ['{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":1}}', 12, '"echo" is missing'],
  ['{"src":"c1","dest":"n2","body":{"type":"echo","msg_id":1}}', 12, "this is n1, not n2"],
  [request("c1", { type: "txn", msg_id: 1, txn: [] }), 10, '"txn" is not supported'],
  [request("c1", { type: "toString", msg_id: 1 }), 10, '"toString" is not supported'],
  [request("c1", { type: "balsa_raft", msg_id: 1 }), 10, '"balsa_raft" is not supported'],
  [request("c1", { type: "read", msg_id: 1 }), 12, '"key" is missing'],
  [request("c1", { type: "write", msg_id: 1, key: 1 }), 12, '"value" is missing'],
  [request("c1", { type: "cas", msg_id: 1, key: 1, from: 1 }), 12, '"to" is missing'],
  [request("c1", { type: "send", msg_id: 1, key: 1, msg: 1 }), 12, '"key" must be a string'],
  [request("c1", { type: "poll", msg_id: 1, offsets: [] }), 12, '"offsets" must be an object'],
  [request("c1", { type: "poll", msg_id: 1, offsets: { a: -1 } }), 12, 'the offset of "a"'],
  [request("c1", { type: "list_committed_offsets", msg_id: 1, keys: [1] }), 12, '"keys" must be'],
  [request("c1", { type: "log_read", msg_id: 1, offset: 0 }), 12, '"limit" is missing'],
  [request("c1", { type: "log_read", msg_id: 1, offset: "0", limit: 1 }), 12, '"offset" must be'],
  [
    request("c1", { type: "init", msg_id: 1, node_id: "n2", node_ids: ["n2"] }),
    12,
    "this is n1 already",
  ],
  [
    request("c1", { type: "write", msg_id: 1, key: 1, value: "x".repeat((1 << 20) + 1) }),
    12,
    "the limit is 1048576",
  ],
];

describe("a bad message", () => {
  it("is answered with an error, and what comes after it is served", async () => {
    const said = await speak([INIT, ...REFUSED.map(([line]) => line), ECHO]);
    expect(said.code).toBe(0);
    const answers = answersTo(said, "c1");
    expect(answers).toHaveLength(REFUSED.length);
    for (const [line, code, text] of REFUSED) {
      const found = answers.filter((answer) => String(answer["text"]).includes(text));
      expect(found, line.slice(0, 200)).not.toEqual([]);
      for (const answer of found) expect(answer).toMatchObject({ type: "error", code });
    }
    expect(answersTo(said, "c9")).toEqual([{ type: "echo_ok", echo: { still: "there" } }]);
    expect(said.messages.map(({ body }) => body["msg_id"])).toEqual(
      said.messages.map((_, at) => at),
    );
  });

  it("that nobody can be told of is told on stderr only", async () => {
    const lines = [
      "echo hello",
      '["src","c1"]',
      '{"src":"c1","dest":',
      "\u0000\u0001\u0089PNG\r",
      '{"dest":"n1","body":{"type":"echo","msg_id":1}}',
      "x".repeat((16 << 20) + 1),
    ];
    const said = await speak([INIT, ...lines.flatMap((line) => [line, ""]), ECHO]);
    expect(said.messages.map(({ body }) => body["type"])).toEqual(["init_ok", "echo_ok"]);
    expect(said.stderr.match(/no JSON object/g)).toHaveLength(4);
    expect(said.stderr.match(/nobody to answer/g)).toHaveLength(1);
    expect(said.stderr.match(/more than 16777216 bytes was passed over/g)).toHaveLength(1);
    expect(said.code).toBe(0);
  });

  it("before init is refused for the time being", async () => {
    const said = await speak([request("c1", { type: "read", msg_id: 4, key: 1 }), INIT, ECHO]);
    expect(said.messages[0]).toEqual({
      ...{ src: "n1", dest: "c1" },
      body: {
        ...{ type: "error", in_reply_to: 4, code: 11 },
        ...{ text: "not initialised: init comes first", msg_id: 0 },
      },
    });
    expect(answersTo(said, "c9")).toHaveLength(1);
  });

  it("as init is refused, and a good one is taken after it", async () => {
    const inits: readonly (readonly [fields: object, text: string])[] = [
      [{ node_ids: ["n1"] }, '"node_id" is missing'],
      [{ node_id: "n1" }, '"node_ids" is missing'],
      [{ node_id: "n1", node_ids: "n1" }, '"node_ids" must be a list of strings'],
      [{ node_id: "n1", node_ids: ["n2"] }, '"node_ids" does not name n1'],
      [{ node_id: "n1", node_ids: ["n1", "n1"] }, '"node_ids" names a node twice'],
      [{ node_id: "../n1", node_ids: ["../n1"] }, '"../n1" is no name of a node'],
    ];
    const lines = inits.map(([fields]) => request("c1", { type: "init", msg_id: 1, ...fields }));
    const said = await speak([...lines, INIT, ECHO]);
    const texts = answersTo(said, "c1").map(({ code, text }) => `${String(code)} ${String(text)}`);
    expect(texts.map((text, at) => text.startsWith(`12 ${inits[at]?.[1]}`))).toEqual(
      inits.map(() => true),
    );
    expect(answersTo(said, "c0")).toEqual([{ type: "init_ok" }]);
    expect(answersTo(said, "c9")).toHaveLength(1);
  });

  it("that is an error is never answered: two nodes would go on for ever", async () => {
    const error = request("n7", { type: "error", msg_id: 3, code: 10, text: "?" });
    const answer = request("n7", { type: "what", msg_id: 3, in_reply_to: 2 });
    expect((await speak([INIT, error, answer])).messages).toHaveLength(1);
  });
});

describe("the workbench's launcher", () => {
  it("runs a node, from whatever folder it is called", async () => {
    const launcher = fileURLToPath(new URL("../../scripts/maelstrom-node.sh", import.meta.url));
    const child = spawn(launcher, [], { cwd: tmpdir(), stdio: ["pipe", "pipe", "ignore"] });
    child.stdin.end(`${INIT}\n${ECHO}\n`);
    const stdout = await text(child.stdout);
    expect(stdout.split("\n")).toHaveLength(3);
    expect(stdout).toContain('"echo_ok"');
  });
});

describe("the end", () => {
  it("of the input before anything was said is a good end", async () => {
    const { code, stdout, leftovers } = await speak([]);
    expect({ code, stdout, leftovers }).toEqual({ code: 0, stdout: "", leftovers: [] });
  });

  it("of the input is good even in the midst of a line, and when others are missing", async () => {
    const three = { node_id: "n1", node_ids: ["n1", "n2", "n3"] };
    const said = await speak([
      request("c0", { type: "init", msg_id: 1, ...three }),
      request("c1", { type: "read", msg_id: 1, key: 1 }),
      '{"src":"c1","dest',
    ]);
    expect(said.messages.filter(({ dest }) => dest === "c0")).toHaveLength(1);
    expect({ code: said.code, leftovers: said.leftovers }).toEqual({ code: 0, leftovers: [] });
  });

  it.each(["SIGTERM", "SIGINT"] as const)("by %s takes the data along", async (signal) => {
    const directory = temporary();
    const running = new RunningBalsa(["maelstrom"], { env: { TMPDIR: directory } });
    running.child.stdin?.write(`${INIT}\n`);
    await running.says("init_ok");
    running.child.kill(signal);
    expect((await running.finished).code).toBe(signal === "SIGTERM" ? 143 : 130);
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  it("of the reader is a good end too", async () => {
    const directory = temporary();
    const running = new RunningBalsa(["maelstrom"], { env: { TMPDIR: directory } });
    running.child.stdin?.write(`${INIT}\n`);
    await running.says("init_ok");
    running.child.stdout?.destroy();
    let ended = false;
    void running.finished.then(() => (ended = true));
    await until("it leaves when nobody reads", () => {
      running.child.stdin?.write(`${ECHO}\n`);
      return ended;
    });
    expect((await running.finished).code).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  it("comes with a reason when the data directory is in use", async () => {
    const directory = temporary();
    const first = new RunningBalsa(["maelstrom", "--data-dir", directory]);
    first.child.stdin?.write(`${INIT}\n`);
    await first.says("init_ok");
    const { code, stdout, stderr } = await balsa(["maelstrom", "--data-dir", directory], {
      input: `${INIT}\n`,
    });
    expect(code).toBe(6);
    expect(stdout.toString()).toContain('"type":"error"');
    expect(stderr).toMatch(/^balsa: .* in use/m);
    first.child.stdin?.end();
    expect((await first.finished).code).toBe(0);
    rmSync(directory, { recursive: true });
  });
});

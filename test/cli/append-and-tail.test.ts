import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grouped } from "../../src/cli/numbers.ts";
import { MAX_RECORD_BYTES } from "../../src/common/limits.ts";
import { BALSA, until } from "./run-balsa.ts";
import { SingleNode } from "./single-node.ts";

let single: SingleNode;

beforeAll(async () => {
  single = await SingleNode.start("--segment-bytes", "256KiB");
});

afterAll(() => single[Symbol.asyncDispose]());

/** Offset of the next record. */
async function end(): Promise<number> {
  const { stdout } = await single.balsa(["status", "--json"]);
  const { nodes } = JSON.parse(stdout.toString()) as { nodes: { highWatermark: number }[] };
  return nodes[0]?.highWatermark ?? 0;
}

async function tailFrom(offset: number, ...more: readonly string[]): Promise<Buffer> {
  const { code, stdout, stderr } = await single.balsa(["tail", "-o", `${offset}`, "-e", ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("append", () => {
  it("keeps every value, also those that begin with a dash, in order", async () => {
    const from = await end();
    const { code } = await single.balsa(["append", "1e3", "b c", "", "--", "-x", "--y"]);
    expect(code).toBe(0);
    expect((await tailFrom(from)).toString()).toBe("1e3\nb c\n\n-x\n--y\n");
  });

  it.each<[string, Buffer]>([
    ["empty lines", Buffer.from("\n\na\n\n")],
    ["a last line without a newline", Buffer.from("a\nb")],
    ["carriage returns", Buffer.from("a\r\nb\r\n")],
    ["bytes that are no text", Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ["a line as long as many chunks", Buffer.alloc(900_000, "x")],
    ["nothing at all", Buffer.alloc(0)],
  ])("takes %s byte for byte", async (_, input) => {
    const from = await end();
    const { code } = await single.balsa(["append", "-q"], { input });
    expect(code).toBe(0);
    const ended = input.length === 0 || input.at(-1) === 10;
    const expected = ended ? input : Buffer.concat([input, Buffer.from("\n")]);
    expect((await tailFrom(from)).equals(expected)).toBe(true);
  });

  it("refuses a line over the limit by its number, and keeps what came before", async () => {
    const from = await end();
    const input = `first\nsecond\n${"x".repeat(MAX_RECORD_BYTES + 1)}\nlast\n`;
    const { code, stderr } = await single.balsa(["append"], { input });
    expect(code).toBe(3);
    expect(stderr).toContain("balsa: line 3 is larger than a record may be (1048576 bytes");
    expect(stderr).toContain("acknowledged: 2 records");
    expect((await tailFrom(from)).toString()).toBe("first\nsecond\n");
  });

  it("waits for what it sent before it tells of such a line amid a stream", async () => {
    const from = await end();
    const before = Array.from({ length: 20_000 }, (_, at) => `${at}\n`).join("");
    const input = `${before}${"x".repeat(3 * MAX_RECORD_BYTES)}\nnever\n`;
    const { code, stdout, stderr } = await single.balsa(["append", "--json"], { input });
    expect(code).toBe(3);
    expect(stderr).toContain("line 20001 is larger than a record may be");
    expect(JSON.parse(stdout.toString())).toMatchObject({
      ...{ records: 20_000, firstOffset: from, lastOffset: from + 19_999, unacknowledged: 0 },
    });
    expect((await tailFrom(from)).toString()).toBe(before);
  });

  it("splits keys at the first delimiter", async () => {
    const from = await end();
    const input = "a:1\nb:2:3\nnone\n:empty\n";
    expect((await single.balsa(["append", "-K", ":"], { input })).code).toBe(0);
    const printed = await tailFrom(from, "-f", "[%k|%v]");
    expect(printed.toString()).toBe("[a|1][b|2:3][|none][|empty]");
  });

  it("prints acknowledgements, or a summary that programs can read", async () => {
    const from = await end();
    const acks = await single.balsa(["append", "--print-acks", "a", "b"]);
    expect(acks.stdout.toString()).toBe(`${from}\t1\n${from + 1}\t1\n`);
    expect(acks.stderr).toContain(`offsets ${grouped(from)} to ${grouped(from + 1)}`);
    const summary = await single.balsa(["append", "--json", "c"]);
    expect(JSON.parse(summary.stdout.toString())).toMatchObject({
      ...{ records: 1, bytes: 1, firstOffset: from + 2, lastOffset: from + 2, unacknowledged: 0 },
    });
  });

  it("goes on when the reader of its acknowledgements goes away", async () => {
    const from = await end();
    const running = single.run(["append", "--print-acks"]);
    running.child.stdout?.destroy();
    for (let line = 0; line < 2_000; line++) running.child.stdin?.write(`${line}\n`);
    running.child.stdin?.end();
    expect((await running.finished).code).toBe(0);
    expect(await end()).toBe(from + 2_000);
  });

  it("says on Ctrl-C how much was acknowledged", async () => {
    const from = await end();
    const running = single.run(["append"]);
    running.child.stdin?.write("a\nb\nc\n");
    await until("three records", async () => (await end()) === from + 3);
    running.child.kill("SIGINT");
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(stderr).toContain("acknowledged: 3 records");
  });
});

describe("tail", () => {
  it("shows the last ten and then follows", async () => {
    const input = Array.from({ length: 15 }, (_, at) => `line ${at}\n`).join("");
    await single.balsa(["append"], { input });
    const running = single.run(["tail"]);
    await running.says("line 14");
    expect(running.stdoutBytes.toString()).toMatch(/^line 5\n/);
    await single.balsa(["append", "and one more"]);
    await running.says("and one more");
    running.child.kill("SIGINT");
    expect((await running.finished).signal).toBe("SIGINT");
  });

  it("begins where it is told, and ends after a count", async () => {
    const from = await end();
    await single.balsa(["append", "a", "b", "c"]);
    const read = async (...words: readonly string[]) =>
      (await single.balsa(["tail", ...words])).stdout.toString();
    expect(await read("-o", `${from}`, "-n", "2")).toBe("a\nb\n");
    expect(await read("-o", "-2", "-e")).toBe("b\nc\n");
    expect(await read("-o", "end", "-e")).toBe("");
    expect(await read("-o", "-0", "-e")).toBe("");
    expect(await read("-o", `@${Date.now() + 60_000}`, "-e")).toBe("");
    expect(await read("-o", "start", "-n", "0")).toBe("");
  });

  it("prints what a format asks for", async () => {
    const from = await end();
    await single.balsa(["append", "-K", "=", "k=v"]);
    const printed = await tailFrom(from, "-f", "%o %t %k %v 100%%\\t\\x41\\n");
    expect(printed.toString()).toBe(`${from} 1 k v 100%\tA\n`);
    const [row] = JSON.parse((await tailFrom(from, "--json")).toString()) as object[];
    expect(row).toMatchObject({ offset: from, term: 1, key: "k", value: "v" });
    const lines = (await tailFrom(from, "-w", "ndjson")).toString().trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toHaveLength(1);
  });

  it("says why there is nothing when it begins beyond the end", async () => {
    const next = await end();
    const words = ["tail", "-o", "999999999", "-e"];
    const { code, stdout, stderr } = await single.balsa(words);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(
      `offset 999999999 is beyond the end: the next record gets offset ${next}\n`,
    );
  });

  it("at the very end has nothing to say", async () => {
    expect((await tailFrom(await end())).toString()).toBe("");
  });

  it("leaves quietly when its reader has had enough", async () => {
    await single.balsa(["append", "-q"], { input: "x".repeat(99).concat("\n").repeat(20_000) });
    const command = `"${process.execPath}" "${BALSA}" tail -o start -e; echo "code $?" >&2`;
    const shell = spawn("/bin/bash", ["-c", `( ${command} ) | head -n 1`], {
      env: { ...process.env, BALSA_ENDPOINTS: single.address },
    });
    let told = "";
    shell.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
    await once(shell, "close");
    expect(told).toBe("code 0\n");
  });

  it("waits for a reader that stalls, and loses nothing", async () => {
    const running = single.run(["tail", "-o", "start", "-e"]);
    const { stdout } = running.child;
    stdout?.pause();
    const complete = await tailFrom(0);
    stdout?.resume();
    expect((await running.finished).stdout.equals(complete)).toBe(true);
  });
});

describe("get", () => {
  it("names the file and the bytes of the frame", async () => {
    const from = await end();
    await single.balsa(["append", "-K", ":", "some key:some value"]);
    const { stdout } = await single.balsa(["get", `${from}`]);
    expect(stdout.toString()).toMatch(/^offset {3,}\d+\nterm {3,}1\n/);
    expect(stdout.toString()).toContain("some value");
    expect(stdout.toString()).toMatch(/file +\d{20}\.log on n1\nbytes +\d+ to \d+/);
    const raw = await single.balsa(["get", `${from}`, "-w", "simple"]);
    expect(raw.stdout.toString()).toBe("some value");
    const json = await single.balsa(["get", `${from}`, "--json"]);
    expect(JSON.parse(json.stdout.toString())).toMatchObject({
      ...{ offset: from, key: "some key", value: "some value" },
      location: { nodeId: "n1", recordCount: 1, baseOffset: from },
    });
  });

  it("does not wait for a record that is not there", async () => {
    const { code, stderr } = await single.balsa(["get", "999999999"]);
    expect(code).toBe(3);
    expect(stderr).toContain("there is no record at offset 999999999 yet");
  });
});

describe("a node", () => {
  it("is refused a data directory that another one has", async () => {
    const second = await single.balsa([
      ...["start", "--data-dir", single.dataDirectory, "--listen-client", "127.0.0.1:0"],
    ]);
    expect(second.code).toBe(6);
    expect(second.stderr).toContain("is in use by process");
  });

  it("is refused a port that another one has", async () => {
    const second = await single.balsa([
      ...["start", "--data-dir", `${single.directory}/other`, "--listen-client", single.address],
    ]);
    expect(second.code).toBe(6);
    expect(second.stderr).toContain(`balsa: cannot listen for clients on ${single.address}`);
  });

  it("stops in good order on SIGTERM, and has everything when it starts again", async () => {
    await using other = await SingleNode.start();
    await other.balsa(["append", "kept"]);
    other.node.child.kill("SIGTERM");
    const { code, stdout } = await other.node.finished;
    expect(code).toBe(143);
    expect(stdout.toString()).toContain('"event":"node.stopped"');
  });
});

import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { balsa } from "./run-balsa.ts";
import { SingleNode } from "./single-node.ts";

let single: SingleNode;
let log: string;
let sealed: string;

interface Segment {
  readonly file: string;
  readonly state: string;
  readonly baseOffset: number;
}

/** The node's directory as it is now: the node would mend what is damaged in its own. */
function copyOf(name: string): string {
  const copy = join(single.directory, name);
  cpSync(single.dataDirectory, copy, { recursive: true });
  return copy;
}

async function jsonOf<T>(words: readonly string[]): Promise<T> {
  const { stdout } = await single.balsa([...words, "--json"]);
  return JSON.parse(stdout.toString()) as T;
}

beforeAll(async () => {
  single = await SingleNode.start("--segment-bytes", "64KiB");
  log = join(single.dataDirectory, "log");
  const input = Array.from({ length: 3_000 }, (_, at) => `${at}:${"x".repeat(90)}\n`).join("");
  await single.balsa(["append", "-q", "-K", ":"], { input });
  await single.balsa(["append", "last"]);
  sealed =
    readdirSync(log)
      .sort()
      .find((name) => name === `${"0".repeat(20)}.log`) ?? "";
});

afterAll(() => single[Symbol.asyncDispose]());

describe("segments", () => {
  it("of a node and of its directory are the same", async () => {
    const live = await jsonOf<Segment[]>(["segments", "list"]);
    const named = await jsonOf<Segment[]>(["segments", "list", "n1"]);
    const files = await jsonOf<Segment[]>(["segments", "list", single.dataDirectory]);
    expect(live.length).toBeGreaterThan(1);
    const essence = (all: Segment[]) => all.map(({ file, baseOffset }) => [file, baseOffset]);
    expect(essence(named)).toEqual(essence(live));
    expect(essence(files)).toEqual(essence(live));
  });

  it("are told one by one, and a stranger is refused", async () => {
    const { stdout } = await single.balsa(["segments", "info", "0"]);
    expect(stdout.toString()).toMatch(/^file +0{20}\.log of n1\n/);
    const missing = await single.balsa(["segments", "info", "1"]);
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.stderr).toContain("<base>: n1 has no segment 1");
    expect(await single.balsa(["segments", "list", "n9"])).toMatchObject({ code: 3 });
  });
});

describe("dump", () => {
  it("shows every frame of a running node's directory, and the records in them", async () => {
    const { code, stdout } = await balsa(["dump", single.dataDirectory, "-w", "ndjson", "-r"]);
    expect(code).toBe(0);
    const rows = stdout.toString().trim().split("\n");
    const all = rows.map((row) => JSON.parse(row) as { kind: string; records: object[] });
    const frames = all.filter(({ kind }) => kind === "frame");
    expect(frames.length).toBeLessThan(all.length);
    expect(frames[0]).toMatchObject({ type: "noop", index: 1, position: 0 });
    const records = frames.flatMap((frame) => frame.records);
    expect(records).toHaveLength(3_001);
    expect(records[7]).toEqual({ offset: 7, key: "7", value: "x".repeat(90) });
  });

  it("prints a table for people", async () => {
    const { stdout } = await balsa(["dump", join(log, sealed)]);
    expect(stdout.toString()).toMatch(/\n +POSITION +LENGTH +INDEX +TERM TYPE/);
  });
});

describe("dump --hexdump", () => {
  interface Structure {
    readonly kind: string;
    readonly position: number;
    readonly index?: number;
    readonly fields: readonly { name: string; position: number; bytes: string; value: string }[];
    readonly payload?: string;
  }

  async function structures(...words: readonly string[]): Promise<readonly Structure[]> {
    const { code, stdout } = await balsa(["dump", "-x", ...words, "-w", "ndjson"]);
    expect(code).toBe(0);
    const lines = stdout.toString().trimEnd().split("\n");
    return lines.map((line) => JSON.parse(line) as Structure);
  }

  it("leaves out no byte of a sealed segment, nor of its rows", async () => {
    for (const file of [sealed, sealed.replace(".log", ".index")]) {
      const found = await structures(join(log, file));
      const bytes = found.flatMap(({ fields, payload = "" }) => [
        ...fields.map((field) => field.bytes.replaceAll(" ", "")),
        payload.replaceAll(" ", ""),
      ]);
      expect(bytes.join("")).toBe(readFileSync(join(log, file)).toString("hex"));
    }
  });

  it("ends a sealed segment with its footer", async () => {
    const found = await structures(join(log, sealed));
    expect(found[0]).toMatchObject({ kind: "frame", position: 0, index: 1 });
    expect(found.at(-1)?.kind).toBe("footer");
  });

  it("shows one entry for a person, each value beside its bytes", async () => {
    const words = ["dump", single.dataDirectory, "--hexdump", "--from", "3", "--to", "3"];
    const { stdout } = await balsa(words);
    const text = stdout.toString();
    expect(text.match(/^frame at/gm)).toHaveLength(1);
    expect(text).toMatch(/^ +\d+  03 00 00 00 00 00 00 00  index +3$/m);
    expect(text).toMatch(/\|.*xxxx.*\|$/m);
  });

  it("shows the bytes of what is damaged, says so, and exits with 8", async () => {
    const path = join(copyOf("damaged"), "log", sealed);
    writeFileSync(path, readFileSync(path).fill(0xee, 100, 101));
    const { code, stdout, stderr } = await balsa(["dump", path, "-x", "--from", "1", "--to", "1"]);
    expect(code).toBe(8);
    expect(stdout.toString()).toMatch(/^frame at 88, .* ✕ /m);
    expect(stderr).toContain(`${path} at byte 88`);
  });
});

describe("verify", () => {
  it("passes on the directory of a running node", async () => {
    const { code, stdout, stderr } = await balsa(["verify", single.dataDirectory]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.toString()).toMatch(/: ok: \d+ segments \(\d+ sealed\), .* 3 001 records/);
  });

  it("exits with 8 naming file and byte when one byte is not what it was", async () => {
    const directory = copyOf("flipped");
    const path = join(directory, "log", sealed);
    const whole = readFileSync(path);
    for (const byte of [0, 100, Math.floor(whole.length / 2), whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[byte] = (damaged[byte] ?? 0) ^ 1;
      writeFileSync(path, damaged);
      const { code, stdout, stderr } = await balsa(["verify", directory]);
      expect(code).toBe(8);
      expect(stderr).toContain(`balsa: damage: ${path} at byte `);
      expect(stdout.toString()).toContain("DAMAGED");
    }
    writeFileSync(path, whole);
    const json = await balsa(["verify", path, "--json"]);
    expect(JSON.parse(json.stdout.toString())).toMatchObject({ paths: [{ path, ok: true }] });
  });

  it("says what it was given when that is no log", async () => {
    const file = await balsa(["verify", "package.json"]);
    expect([3, 6]).toContain(file.code);
    const folder = await balsa(["verify", "cluster"]);
    expect(folder).toMatchObject({ code: 3 });
    expect(folder.stderr).toContain("cluster holds neither a data directory nor segments");
    expect(await balsa(["verify", "no-such-place"])).toMatchObject({ code: 6 });
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ClusterImage, prepareImage } from "../../src/sim/matrix/cluster-image.ts";
import { balsa } from "./run-balsa.ts";

const CHECKPOINT = `data/snapshots/${"27".padStart(20, "0")}.checkpoint`;
const MANIFEST = `data/snapshots/${"27".padStart(20, "0")}.manifest`;
const COMPACTED = `data/snapshots/${"0".repeat(20)}-27.compacted`;

let image: ClusterImage;
let directory: string;

beforeAll(async () => {
  image = await prepareImage("compacted");
  directory = mkdtempSync(join(tmpdir(), "balsa-snapshots-"));
});

/** The directory of a node that compacted its log, as a clean stop left it. */
beforeEach(() => {
  rmSync(join(directory, "data"), { recursive: true, force: true });
  for (const [path, bytes] of image.disks.get("n1") ?? []) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), bytes);
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function at(path: string): string {
  return join(directory, path);
}

function flip(path: string, byte: number): void {
  const bytes = readFileSync(at(path));
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  writeFileSync(at(path), bytes);
}

async function rowsOf(...words: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await balsa([...words, "-w", "ndjson"]);
  const rows = stdout.toString().trimEnd().split("\n");
  return rows.map((row) => JSON.parse(row) as Record<string, unknown>);
}

describe("verify", () => {
  it("counts checkpoints and compacted files", async () => {
    const { code, stdout } = await balsa(["verify", at("data")]);
    expect(code).toBe(0);
    expect(stdout.toString()).toMatch(/, 2 checkpoints, 1 compacted file with 11 records, /);
  });

  it.each([
    [CHECKPOINT, 60],
    [MANIFEST, 60],
    [COMPACTED, 60],
  ])("exits with 8 and names file and byte: %s", async (path, byte) => {
    flip(path, byte);
    const { code, stderr } = await balsa(["verify", at("data")]);
    expect(code).toBe(8);
    expect(stderr).toMatch(new RegExp(`damage: ${at(path)} at byte [0-9]+`));
  });

  it("mentions what is staged, which is no damage", async () => {
    writeFileSync(at("data/snapshots/incoming"), "abc");
    const { code, stdout } = await balsa(["verify", at("data")]);
    expect(code).toBe(0);
    expect(stdout.toString()).toContain("incoming: torn: a snapshot on its way in: incoming");
  });
});

describe("dump", () => {
  it("shows checkpoints, the manifest and compacted frames before the log", async () => {
    const rows = await rowsOf("dump", at("data"), "-r");
    const kinds = rows.map(({ kind }) => kind);
    expect(kinds.slice(0, 4)).toEqual(["checkpoint", "checkpoint", "manifest", "frame"]);
    expect(rows[3]).toMatchObject({ file: at(COMPACTED), flags: 1, baseOffset: 0 });
    expect(rows.filter(({ flags }) => flags === 1)).toHaveLength(11);
    const { stdout } = await balsa(["dump", at("data")]);
    expect(stdout.toString()).toMatch(/ checkpoint, 567 bytes\n +entry 27 of term 1/);
    expect(stdout.toString()).toMatch(/offsets 0 to 23, 11 records/);
    expect(stdout.toString()).toMatch(/ data +4 .* compacted$/m);
  });

  it("shows one of them alone, and leaves out what is of no entry of a range", async () => {
    expect(await rowsOf("dump", at(CHECKPOINT))).toMatchObject([{ kind: "checkpoint" }]);
    expect(await rowsOf("dump", at(MANIFEST))).toMatchObject([{ kind: "manifest" }]);
    expect(await rowsOf("dump", at("data"), "--from", "7", "--to", "7")).toMatchObject([
      { kind: "frame", index: 7, flags: 1 },
    ]);
  });

  it("exits with 8 where one of them is damaged", async () => {
    for (const path of [CHECKPOINT, MANIFEST, COMPACTED]) {
      flip(path, 60);
      const { code, stderr } = await balsa(["dump", at(path)]);
      expect(code).toBe(8);
      expect(stderr).toContain(at(path));
    }
  });
});

describe("dump --hexdump", () => {
  it("leaves out no byte of a checkpoint, a manifest or a compacted file", async () => {
    for (const path of [CHECKPOINT, MANIFEST, COMPACTED]) {
      const found = await rowsOf("dump", "-x", at(path));
      const bytes = found.flatMap(({ fields, payload = "" }) => [
        ...(fields as { bytes: string }[]).map((field) => field.bytes),
        String(payload),
      ]);
      expect(bytes.join("").replaceAll(" ", "")).toBe(readFileSync(at(path)).toString("hex"));
    }
  });

  it("names the fields of headers, rows and footers", async () => {
    const checkpoint = await balsa(["dump", "-x", at(CHECKPOINT)]);
    expect(checkpoint.stdout.toString()).toMatch(/00 00 00 00 {2}lastIndex +27$/m);
    expect(checkpoint.stdout.toString()).toContain("checksum at 535, 32 bytes");
    const { stdout } = await balsa(["dump", "-x", at(COMPACTED)]);
    expect(stdout.toString()).toMatch(/^row at 1671, 32 bytes$/m);
    expect(stdout.toString()).toMatch(/^footer at 1703, 132 bytes$/m);
    expect(stdout.toString()).toMatch(/ frameBytes +1671$/m);
  });
});

describe("repair", () => {
  it("removes what was left half-written, and says what the other nodes mend", async () => {
    writeFileSync(at(`data/snapshots/${"40".padStart(20, "0")}.manifest.tmp`), "abc");
    flip(COMPACTED, 60);
    const { code, stdout, stderr } = await balsa(["repair", at("data"), "--apply"]);
    expect(code).toBe(8);
    expect(stdout.toString()).toContain("1 mended, 1 left to the other nodes");
    expect(stderr).toContain("start the node: it fetches what is damaged from the others");
  });
});

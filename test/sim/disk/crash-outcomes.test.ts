import { describe, expect, it } from "vitest";
import { crashOutcomes, everyBoundary, SimDisk } from "../../../src/sim/disk/index.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (disk: SimDisk, path: string) =>
  disk.files().includes(path) ? new TextDecoder().decode(disk.readFile(path)) : "absent";

/** Everything that some crash at some boundary leaves of `path`, beside what had been promised. */
async function residues(
  run: (fileSystem: FileSystem, promised: string[]) => Promise<void>,
  path: string,
): Promise<{ promised: string; found: string; label: string }[]> {
  const from = new SimDisk();
  from.put("d/f", bytes("old"));
  const all = [];
  for await (const stopped of everyBoundary(() => [] as string[], run, from))
    for (const { label, disk } of crashOutcomes(stopped.disk))
      all.push({
        promised: stopped.notes.at(-1) ?? "nothing",
        found: read(disk, path),
        label: `${stopped.label}; ${label}`,
      });
  return all;
}

describe("crash outcomes", () => {
  it("show that a write without a sync promises nothing", async () => {
    const found = await residues(async (fileSystem, promised) => {
      const file = await fileSystem.open("d/f", "write");
      await file.write([bytes("new")], 0);
      promised.push("new");
      await fileSystem.unlink("d/f");
    }, "d/f");
    const lost = found.filter(({ promised, found: what }) => promised === "new" && what === "old");
    expect(lost).not.toEqual([]);
  });

  it("show that a synced file in a directory that was not synced may vanish", async () => {
    const found = await residues(async (fileSystem, promised) => {
      const file = await fileSystem.open("d/g", "create");
      await file.write([bytes("new")], 0);
      await file.sync();
      promised.push("new");
      await file.truncate(3);
    }, "d/g");
    const after = found.filter(({ promised }) => promised === "new");
    expect(new Set(after.map((residue) => residue.found))).toEqual(new Set(["new", "absent"]));
  });

  it("show nothing but what was promised where every order is kept", async () => {
    const found = await residues(async (fileSystem, promised) => {
      const file = await fileSystem.open("d/g", "create");
      await file.write([bytes("new")], 0);
      await file.sync();
      await fileSystem.syncDirectory("d");
      promised.push("new");
      await fileSystem.unlink("d/f");
    }, "d/g");
    const after = found.filter(({ promised }) => promised === "new");
    expect(after.length).toBeGreaterThan(0);
    expect(new Set(after.map((residue) => residue.found))).toEqual(new Set(["new"]));
  });

  it("tear a long write at every sector, with every filling, from both ends", async () => {
    const disk = new SimDisk();
    disk.put("f", bytes("o".repeat(1100)));
    const file = await disk.mount().open("f", "write");
    await file.write([bytes("n".repeat(1500))], 0);
    const found = new Set([...crashOutcomes(disk)].map((outcome) => read(outcome.disk, "f")));
    const n = (count: number) => "n".repeat(count);
    const o = (count: number) => "o".repeat(count);
    const zero = (count: number) => "\0".repeat(count);
    for (const content of [
      o(1100),
      n(1500),
      n(512) + o(588),
      n(1024) + o(76),
      n(512) + zero(988),
      zero(512) + n(988),
      o(1024) + n(476),
      zero(1500),
    ])
      expect(found).toContain(content);
    const garbled = [...found].filter(
      (content) => /^n{512}[^no]/.test(content) && !/\0{9}/.test(content),
    );
    expect(garbled).not.toEqual([]);
  });

  it("tear inside a sector when asked to", async () => {
    const disk = new SimDisk();
    disk.put("f", bytes("oooooooo"));
    const file = await disk.mount().open("f", "write");
    await file.write([bytes("nnnnnnnn")], 0);
    const outcomes = [...crashOutcomes(disk, { grainBytes: 4 })];
    expect(outcomes.map((outcome) => read(outcome.disk, "f"))).toContain("nnnnoooo");
  });

  it("leave the disk that they fork as it was", async () => {
    const disk = new SimDisk();
    disk.put("f", bytes("old"));
    const file = await disk.mount().open("f", "write");
    await file.write([bytes("new")], 0);
    expect([...crashOutcomes(disk)].length).toBeGreaterThan(3);
    expect(disk.pendingChanges()).toHaveLength(1);
    await file.sync();
    expect(disk.pendingChanges()).toEqual([]);
  });
});

describe("every boundary", () => {
  it("names the operation and stops the run there", async () => {
    const seen: string[] = [];
    const run = async (fileSystem: FileSystem, notes: string[]) => {
      const file = await fileSystem.open("f", "create");
      notes.push("created");
      await file.write([bytes("abc")], 0);
      notes.push("written");
    };
    for await (const { label, notes } of everyBoundary(() => [] as string[], run))
      seen.push(`${label} [${notes.join()}]`);
    expect(seen).toEqual([
      "before 1: create f []",
      "after 1: create f []",
      "before 2: write f 0+3 [created]",
      "after 2: write f 0+3 [created]",
    ]);
  });
});

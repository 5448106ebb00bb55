import { describe, expect, it } from "vitest";
import type { SimDisk } from "../../src/sim/disk/index.ts";
import { type RepairFinding, repairDataDirectory } from "../../src/storage/index.ts";
import {
  FIRST,
  FRAME_BYTES,
  logFiles,
  look,
  type Made,
  threeSegments,
} from "./wal/support/damage-bench.ts";
import { LOG } from "./wal/support/log-bench.ts";

const repair = (disk: SimDisk, apply: boolean) =>
  repairDataDirectory(disk.mount(), "data", { apply });

const lines = (found: readonly RepairFinding[]) =>
  found.map(({ kind, file, byte, index, what }) => `${kind} ${file} ${byte} ${index}: ${what}`);

const contents = (disk: SimDisk) =>
  disk.files().map((path) => `${path} ${Buffer.from(disk.readFile(path)).toString("hex")}`);

const ACTIVE = `${LOG}/00000000000000000016`;

describe("an offline repair", () => {
  it("finds nothing in a clean directory, and writes nothing to it", async () => {
    const { disk } = await threeSegments(2);
    const before = contents(disk);
    expect(await repair(disk, false)).toEqual([]);
    expect(await repair(disk, true)).toEqual([]);
    expect(contents(disk)).toEqual(before);
  });

  it("mends what the directory itself can tell, and only when it is asked to", async () => {
    const harms: readonly (readonly [RegExp, (disk: SimDisk) => void])[] = [
      [/^mend .*0\.index .*: the header does not match/, (d) => d.flip(`${FIRST}.index`, 3)],
      [/^mend .*0\.index .*: the row of entry 2/, (d) => d.flip(`${FIRST}.index`, 100)],
      [/^mend .*0\.index .*: the file is absent/, (d) => d.remove(`${FIRST}.index`)],
      [/^mend .*0\.index .*: the row of entry 3/, (d) => d.cut(`${FIRST}.index`, 150)],
      [/^mend .*0\.log 592 .*footer/, (d) => d.flip(`${FIRST}.log`, 4 * FRAME_BYTES + 9)],
      [/^mend .*0\.log 592 .*footer/, (d) => d.cut(`${FIRST}.log`, 4 * FRAME_BYTES + 9)],
      [/^mend .*identity\.0/, (d) => d.flip("data/identity.0", 40)],
      [/^mend .*identity\.1.*absent/, (d) => d.remove("data/identity.1")],
      [/^mend .*hard-state\.1/, (d) => d.flip("data/hard-state.1", 40)],
      [
        /^mend .*index\.repair .*interrupted/,
        (d) => d.put(`${FIRST}.index.repair`, Uint8Array.of(1)),
      ],
    ];
    for (const [expected, harm] of harms) {
      const { disk } = await threeSegments(2);
      const whole = logFiles(disk);
      harm(disk);
      const before = contents(disk);
      const would = lines(await repair(disk, false));
      expect(would).toHaveLength(1);
      expect(would[0]).toMatch(expected);
      expect(contents(disk)).toEqual(before);
      expect(lines(await repair(disk, true))).toEqual(would);
      expect(await repair(disk, false)).toEqual([]);
      expect(logFiles(disk)).toEqual(whole);
    }
  });

  it("leaves damaged entries as they are: only others have their bytes", async () => {
    const made = await threeSegments(2);
    for (const index of [2, 6, 9]) {
      const { disk } = made;
      const base = index <= 4 ? 0 : index <= 8 ? 8 : 16;
      disk.flip(`${LOG}/${String(base).padStart(20, "0")}.log`, ((index - 1) % 4) * FRAME_BYTES);
    }
    const before = logFiles(made.disk);
    const found = await repair(made.disk, true);
    expect(found.map(({ kind, index }) => `${kind} ${index}`)).toEqual([
      "peers 2",
      "peers 6",
      "peers 9",
    ]);
    expect(logFiles(made.disk)).toEqual(before);
    expect((await look(made.disk, made)).kind).toBe("faulty");
  });

  it("leaves to the start what the active segment needs, and cuts nothing off it", async () => {
    const { disk } = await threeSegments(2);
    disk.flip(`${ACTIVE}.index`, 100);
    const { length } = disk.readFile(`${ACTIVE}.log`);
    disk.cut(`${ACTIVE}.log`, length + 7);
    const before = contents(disk);
    expect((await repair(disk, true)).map(({ kind }) => kind)).toEqual(["start", "start"]);
    expect(contents(disk)).toEqual(before);
  });

  it("says where neither it nor the others can help", async () => {
    const harms: readonly (readonly [RegExp, (disk: SimDisk) => void])[] = [
      [/^stuck .*nobody can tell whose disk/, bothOf("identity")],
      [/^stuck .*whether it voted/, bothOf("hard-state")],
      [/^stuck .*absent, although/, (d) => d.remove(`${FIRST}.log`)],
      [
        /^stuck .*its row is damaged too/,
        (d) => {
          d.flip(`${ACTIVE}.log`, 3);
          d.flip(`${ACTIVE}.index`, 50);
        },
      ],
    ];
    for (const [expected, harm] of harms) {
      const { disk } = await threeSegments(2);
      harm(disk);
      const before = contents(disk);
      expect(lines(await repair(disk, true)).join("\n")).toMatch(expected);
      expect(contents(disk)).toEqual(before);
    }
  });

  it("ends each flip and each cut of each file with a finding, or with none to make", async () => {
    const made = await threeSegments(2);
    for (const path of made.disk.files().filter((name) => name !== "data/LOCK")) {
      const { length } = made.disk.readFile(path);
      for (let byte = 0; byte < length; byte += path.startsWith(LOG) ? 3 : 41) {
        await expectHelp(made, (disk) => disk.flip(path, byte));
        await expectHelp(made, (disk) => disk.cut(path, byte));
      }
    }
  });

  it("refuses the directory of a running node", async () => {
    const { disk } = await threeSegments(2);
    const held = disk.mount();
    await held.lock("data");
    await expect(repair(disk, true)).rejects.toThrow(/in use/);
    await expect(repair(disk, false)).resolves.toEqual([]);
  });
});

function bothOf(name: string): (disk: SimDisk) => void {
  return (disk) => {
    disk.flip(`data/${name}.0`, 40);
    disk.flip(`data/${name}.1`, 40);
  };
}

/** What the repair says is what the node then meets. */
async function expectHelp(made: Made, harm: (disk: SimDisk) => void): Promise<void> {
  const disk = made.disk.fork();
  harm(disk);
  const found = await repair(disk, true);
  disk.kill();
  const left = await repair(disk, false);
  disk.kill();
  expect(left).toEqual(found.filter(({ kind }) => kind !== "mend"));
  const verdict = await look(disk, made);
  const kinds = new Set(found.map(({ kind }) => kind));
  expect(verdict.kind === "halt").toBe(kinds.has("stuck"));
  expect(verdict.kind === "faulty").toBe(kinds.has("peers"));
}

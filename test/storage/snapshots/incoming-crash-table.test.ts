import { describe, expect, it } from "vitest";
import { crashOutcomes, everyBoundary, SimDisk } from "../../../src/sim/disk/index.ts";
import type { FileSystem } from "../../../src/storage/file-system.ts";
import { IncomingSnapshot } from "../../../src/storage/snapshots/incoming-snapshot.ts";
import { withoutSync } from "../../support/altered-file-system.ts";
import { someSnapshot, stage } from "./support/some-snapshot.ts";

const DIRECTORY = "data/snapshots";
const FIRST = someSnapshot(1, 700, 500);
const SECOND = someSnapshot(2, 600, 900);
/** A few records on the way, so that one replaces another. */
const RECORD_EVERY_BYTES = 500;

function open(fileSystem: FileSystem): Promise<IncomingSnapshot> {
  return IncomingSnapshot.open(fileSystem, DIRECTORY, RECORD_EVERY_BYTES);
}

/** What a run was told: from `finish` on all of it must be there, until it is given away. */
interface Told {
  finished: boolean;
  /** About to be given away, and given away. */
  extracted: boolean;
  discarded: boolean;
}

/** Part of one snapshot, then another, whole, which is given away in the end. */
async function run(fileSystem: FileSystem, told: Told): Promise<void> {
  const incoming = await open(fileSystem);
  await stage(incoming, FIRST, 900);
  await stage(incoming, SECOND);
  const parts = await incoming.finish();
  told.finished = true;
  await incoming.extract(parts.slice(1));
  told.extracted = true;
  await incoming.discard();
  told.discarded = true;
}

describe("a snapshot on its way in, after a crash", () => {
  it("is a prefix of what was sent, on the disk, or nothing; and can be made whole", async () => {
    let cells = 0;
    const seen = new Set<string>();
    const fresh = (): Told => ({ finished: false, extracted: false, discarded: false });
    for await (const stopped of everyBoundary(fresh, run))
      for (const { label: outcome, disk } of crashOutcomes(stopped.disk)) {
        const label = `${stopped.label}; ${outcome}`;
        const incoming = await open(disk.mount());
        const { staged } = incoming;
        const of = [FIRST, SECOND].find(({ offer }) => offer.hash === staged?.offer.hash);
        seen.add(staged === undefined ? "nothing" : `${staged.offer.hash} ${staged.bytes}`);
        if (staged !== undefined) {
          // It survives the next power loss as well.
          const content = disk.readDurable(`${DIRECTORY}/incoming`).subarray(0, staged.bytes);
          expect(
            Buffer.compare(content, of?.content.subarray(0, staged.bytes) ?? new Uint8Array()),
            label,
          ).toBe(0);
        }
        if (stopped.notes.finished && !stopped.notes.extracted)
          expect(staged?.bytes, label).toBe(SECOND.content.length);
        if (stopped.notes.discarded) expect(staged, label).toBeUndefined();
        await stage(incoming, SECOND);
        await incoming.finish();
        cells++;
      }
    // Every step of the way was met: nothing, both records of the first, several of the second.
    expect(seen.size).toBeGreaterThanOrEqual(4);
    expect(cells).toBeGreaterThan(300);
  });

  it("would not be whole if its content were not synced before it is said to be", async () => {
    const fresh = (): Told => ({ finished: false, extracted: false, discarded: false });
    const lying = (fileSystem: FileSystem, told: Told) =>
      run(withoutSync(/incoming$/, fileSystem), told);
    let lost = 0;
    for await (const stopped of everyBoundary(fresh, lying))
      for (const { disk } of crashOutcomes(stopped.disk)) {
        const { finished, extracted } = stopped.notes;
        if (!finished || extracted) continue;
        if ((await open(disk.mount())).staged === undefined) lost++;
      }
    expect(lost).toBeGreaterThan(0);
  });

  it("is not claimed by a record alone: content that was lost is noticed", async () => {
    const disk = new SimDisk();
    const incoming = await open(disk.mount());
    await stage(incoming, FIRST, 900);
    const record = disk.readFile(`${DIRECTORY}/incoming.meta`);
    const half = disk.readFile(`${DIRECTORY}/incoming`).slice(0, 300);
    const wrong = new SimDisk();
    wrong.put(`${DIRECTORY}/incoming.meta`, record);
    wrong.put(`${DIRECTORY}/incoming`, half);
    expect((await open(wrong.mount())).staged).toBeUndefined();
  });
});

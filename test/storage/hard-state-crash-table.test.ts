import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import type { FileSystem } from "../../src/storage/file-system.ts";
import {
  type CrashOutcome,
  crashOutcomes,
  everyBoundary,
  SimDisk,
} from "../../src/sim/disk/index.ts";
import { HARD_STATE_FORMAT, type StoredHardState } from "../../src/storage/hard-state-format.ts";
import { DurableHardState } from "../../src/storage/hard-state-store.ts";
import { openDataDirectory } from "../../src/storage/data-directory.ts";
import { readRecordPair } from "../../src/storage/paired-record.ts";
import { encodeRecord } from "../../src/storage/record-file.ts";
import { seededRandom } from "../../src/common/random.ts";
import type { ClusterIdentity } from "../../src/storage/types.ts";

const DIRECTORY = "n1";

async function open(fileSystem: FileSystem) {
  const pair = await readRecordPair(fileSystem, DIRECTORY, HARD_STATE_FORMAT);
  const options = { fileSystem, directory: DIRECTORY, pair, unused: false, notes: [] };
  return DurableHardState.open(options);
}

/** A disk with a hard state that has been told: term 3, vote n3. */
async function diskWithVote(): Promise<SimDisk> {
  const disk = new SimDisk();
  const fileSystem = disk.mount();
  await fileSystem.makeDirectory(DIRECTORY);
  const pair = await readRecordPair(fileSystem, DIRECTORY, HARD_STATE_FORMAT);
  const options = { fileSystem, directory: DIRECTORY, pair, unused: true, notes: [] };
  const store = await DurableHardState.open(options);
  await store.update({ currentTerm: Term(3), votedFor: "n3" });
  disk.kill();
  return disk;
}

/** The votes of a run: term and candidate, in the order in which they were asked for. */
const VOTES = [
  { currentTerm: Term(4), votedFor: undefined },
  { currentTerm: Term(4), votedFor: "n1" },
  { currentTerm: Term(6), votedFor: "n2" },
] as const;

interface Promised {
  asked: number;
  /** How many of {@link VOTES} were reported as persisted. */
  told: number;
}

async function vote(fileSystem: FileSystem, promised: Promised): Promise<void> {
  const store = await open(fileSystem);
  for (const patch of VOTES) {
    promised.asked++;
    await store.update(patch);
    promised.told++;
  }
}

/** What the record may say: nothing older than the last that was told, nothing never asked for. */
function expectNoLostVote(store: DurableHardState, promised: Promised, label: string): void {
  const allowed = [{ currentTerm: 3, votedFor: "n3" }, ...VOTES].slice(
    promised.told,
    promised.asked + 1,
  );
  const { trusted, current } = store;
  const { currentTerm, votedFor } = current;
  const found = allowed.filter(
    (one) => one.currentTerm === currentTerm && one.votedFor === votedFor,
  );
  expect({ label, trusted, currentTerm, votedFor, found }).toMatchObject({
    trusted: true,
    found: [{ currentTerm }],
  });
}

/** Opens what a crash left, crashes that boot too at each of its boundaries, and opens again. */
async function* afterTwoCrashes(outcome: CrashOutcome): AsyncIterable<CrashOutcome> {
  yield { ...outcome, disk: outcome.disk.fork() };
  const boot = async (fileSystem: FileSystem) => {
    await open(fileSystem);
  };
  for await (const stopped of everyBoundary(() => undefined, boot, outcome.disk))
    for (const { label, disk } of crashOutcomes(stopped.disk))
      yield { label: `${outcome.label}; then ${stopped.label}; ${label}`, disk };
}

describe("hard state after a crash", () => {
  it("has lost no vote that was told, at any boundary, also when crashed twice", async () => {
    const from = await diskWithVote();
    const fresh = (): Promised => ({ asked: 0, told: 0 });
    let cells = 0;
    for await (const stopped of everyBoundary(fresh, vote, from))
      for (const outcome of crashOutcomes(stopped.disk))
        for await (const { label, disk } of afterTwoCrashes(outcome)) {
          const store = await open(disk.mount());
          expectNoLostVote(store, stopped.notes, `${stopped.label}; ${label}`);
          cells++;
        }
    expect(cells).toBeGreaterThan(1_000);
  });

  it("would have lost one if both files were written before either is synced", async () => {
    const from = await diskWithVote();
    const wrong = async (fileSystem: FileSystem) => {
      const record: StoredHardState["record"] = {
        currentTerm: Term(4),
        votedFor: "n1",
        incarnation: 9,
        firstSegment: undefined,
        activeSegment: undefined,
        snapshot: undefined,
        compactedTo: LogIndex(0),
        reset: undefined,
      };
      const bytes = encodeRecord(HARD_STATE_FORMAT, 99, { record, trusted: true });
      const files = ["hard-state.0", "hard-state.1"].map((name) => `${DIRECTORY}/${name}`);
      const handles = await Promise.all(files.map((file) => fileSystem.open(file, "write")));
      for (const handle of handles) await handle.write([bytes], 0);
      for (const handle of handles) await handle.sync();
    };
    const trusted = new Set<boolean>();
    for await (const stopped of everyBoundary(() => undefined, wrong, from)) {
      const bothTorn = stopped.disk.fork();
      const torn = { grainBytes: 512, arrived: () => false, filling: "garbage" } as const;
      bothTorn.crash({ write: () => torn, truncate: () => "kept", entry: () => "kept" });
      trusted.add((await open(bothTorn.mount())).trusted);
    }
    expect(trusted).toContain(false);
  });
});

describe("a first boot after a crash", () => {
  const cluster: ClusterIdentity = {
    clusterId: "c",
    voters: [{ nodeId: "n1", diskId: "d" }],
    formed: true,
  };

  async function boot(fileSystem: FileSystem, told: { diskId?: string; formed?: boolean }) {
    const directory = await openDataDirectory(fileSystem, "data/n1", {
      nodeId: "n1",
      random: seededRandom(1),
    });
    const { current } = directory.identity;
    told.diskId = current.diskId;
    await directory.identity.save({ ...current, cluster });
    told.formed = true;
  }

  it("is carried out anew, and keeps the disk id and the cluster that it told of", async () => {
    let cells = 0;
    const fresh = (): { diskId?: string; formed?: boolean } => ({});
    for await (const stopped of everyBoundary(fresh, boot))
      for (const outcome of crashOutcomes(stopped.disk)) {
        const label = `${stopped.label}; ${outcome.label}`;
        const directory = await openDataDirectory(outcome.disk.mount(), "data/n1", {
          nodeId: "n1",
          random: seededRandom(2),
        });
        const { diskId, cluster: known } = directory.identity.current;
        const { trusted } = directory.hardState;
        expect({ label, trusted, diskId, known }).toEqual({
          label,
          trusted: true,
          diskId: stopped.notes.diskId ?? diskId,
          known: stopped.notes.formed === true ? cluster : known,
        });
        cells++;
      }
    expect(cells).toBeGreaterThan(200);
  });
});

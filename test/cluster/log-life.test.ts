import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, LogError } from "../../src/index.ts";
import { eventually, TestCluster } from "../support/cluster.ts";
import { sealedHashes, segmentDifferences } from "../support/cluster-segments.ts";
import { DiskSampler } from "../support/disk-sampler.ts";
import { KeyedWriter } from "../support/keyed-writer.ts";
import { killStorm } from "../support/kill-storm.ts";
import { followMap, mapDifferences, mapOf } from "../support/map-reader.ts";
import { writeNumberedLines } from "../support/real-input.ts";

const MIB = 1 << 20;
/** `FEED_MIB=200` feeds the full size. */
const FEED_BYTES = Number(process.env["FEED_MIB"] ?? 80) * MIB;
const STORM = { forMs: 10_000, wiped: "n3" };
/** On a machine that is busy with other things every start of a process takes seconds. */
const LIMIT = { timeout: 400_000 };
const LAST_KEY = "the end";
const VERBOSE = process.env["FEED_VERBOSE"] !== undefined;

function tell(facts: object): void {
  if (VERBOSE) console.log(JSON.stringify(facts));
}

function logStartBeyond(cluster: TestCluster, offset: number): Promise<number> {
  return eventually(`a log start beyond ${offset}`, async () => {
    const starts = (await cluster.members()).map(({ logStartOffset }) => logStartOffset);
    return starts.find((start) => start > offset);
  });
}

/** What a node answers to a reader who comes too late. */
async function tooLate(address: string): Promise<LogError | undefined> {
  await using client = await connect({ endpoints: [address] });
  try {
    for await (const _ of client.tail({ from: { offset: 0 }, to: 1, consistency: "local" })) break;
    return undefined;
  } catch (thrown) {
    return LogError.from(thrown);
  }
}

/** All is applied everywhere, and what may go has gone from the disks. */
async function quiet(cluster: TestCluster, keptBytes = Number.POSITIVE_INFINITY): Promise<void> {
  await eventually("nothing is left that may go", async () => {
    const members = await cluster.members();
    const rest = members.map(({ segments: [, ...younger] }) =>
      younger.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    return (members.length > 0 && rest.every((bytes) => bytes < keptBytes)) || undefined;
  });
  await cluster.settled();
  await eventually("the same segments on all nodes", () => {
    const directories = [...cluster.dataDirectories.values()];
    const names = directories.map((directory) => readdirSync(join(directory, "log")).join());
    return new Set(names).size === 1 || undefined;
  });
}

/** Every node holds the same sealed files, byte for byte, and `balsa verify` finds nothing. */
async function expectEqualLogs(cluster: TestCluster, atLeast: number): Promise<void> {
  await cluster.stop();
  await cluster.verify();
  const directories = [...cluster.dataDirectories];
  const hashes = new Map(directories.map(([id, directory]) => [id, sealedHashes(directory)]));
  expect(segmentDifferences(hashes)).toEqual([]);
  expect(hashes.get("n1")?.size).toBeGreaterThanOrEqual(atLeast);
}

/** What every node serves: the file's lines, fed often enough, from the log start on. */
async function expectLines(cluster: TestCluster, lines: number, fed: number): Promise<void> {
  const start = (await cluster.members())[0]?.logStartOffset ?? 0;
  const end = fed * lines;
  for (const id of cluster.nodeIds) {
    const { records } = await cluster.copyOf(id);
    expect([id, records[0]?.offset, records.length]).toEqual([id, start, end - start]);
    const wrong = records.find(({ offset, value }) => !value.startsWith(`${offset % lines} `));
    expect(wrong).toBeUndefined();
    const late = await tooLate(cluster.addressOf(id));
    expect(late).toMatchObject({ code: "OFFSET_TRIMMED", logStartOffset: start });
  }
}

describe("three processes with segments of 1 MiB that keep 8 MiB", LIMIT, () => {
  const directory = mkdtempSync(join(tmpdir(), "balsa-feed-"));
  const input = join(directory, "lines.txt");
  let lines = 0;
  beforeAll(() => {
    lines = writeNumberedLines(input, FEED_BYTES);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const start = () => TestCluster.start("1MiB", { "log.retention.bytes": "8MiB" });

  it("hold a bounded part of a file; one that is wiped gets it as a snapshot", async () => {
    await using cluster = await start();
    using sampler = new DiskSampler(cluster.dataDirectories);
    const feeding = cluster.feed(input);
    const begun = await logStartBeyond(cluster, 0);
    await cluster.killHard("n3");
    cluster.wipe("n3");
    await logStartBeyond(cluster, begun);
    cluster.start("n3");
    await feeding;
    await quiet(cluster, 8 * MIB);

    const nodes = await cluster.members();
    const wiped = nodes.find(({ id }) => id === "n3");
    expect(wiped).toMatchObject({ role: "nonVoter", highWatermark: lines });
    expect(cluster.told("n3")).toContain("snapshot.installed");
    tell({
      lines,
      begins: wiped?.logStartOffset,
      samples: sampler.samples,
      most: [...sampler.most],
    });
    await expectLines(cluster, lines, 1);
    for (const most of sampler.most.values()) expect(most).toBeLessThan(MAX_DISK_BYTES);
    await expectEqualLogs(cluster, 7);
  });

  it("do so while they are killed again and again", async () => {
    await using cluster = await start();
    using sampler = new DiskSampler(cluster.dataDirectories);
    let storming = true;
    const feed = async () => {
      let fed = 0;
      for (; storming; fed++) await cluster.feed(input);
      return fed;
    };
    const storm = killStorm(cluster, { seed: 1, ...STORM }).finally(() => (storming = false));
    const [fell, fed] = await Promise.all([storm, feed()]);
    await quiet(cluster, 8 * MIB);

    tell({ fed, fell, most: [...sampler.most] });
    await expectLines(cluster, lines, fed);
    for (const most of sampler.most.values()) expect(most).toBeLessThan(MAX_DISK_BYTES);
    await expectEqualLogs(cluster, 7);
  });
});

/** 8 MiB kept, 16 held back for followers and transfers, what clients have on its way, and some. */
const MAX_DISK_BYTES = 48 * MIB;

/** Waits until these nodes no longer hold the log's entries up to `index`: compacted, and gone. */
async function compactedTo(cluster: TestCluster, index: number, nodeIds: readonly string[]) {
  await eventually(`${nodeIds.join()} compacted to ${index}`, async () => {
    const members = (await cluster.members()).filter(({ id }) => nodeIds.includes(id));
    const gone = members.every(({ segments: [first] }) => (first?.firstIndex ?? 0) > index);
    return (members.length === nodeIds.length && gone) || undefined;
  });
}

/**
 * Compacts on all nodes up to the end, and waits until each has. However little of it is dirty: a
 * node may have compacted just before, and the rest would then rightly wait for more.
 */
async function compactAll(cluster: TestCluster): Promise<void> {
  await using client = await connect({ endpoints: [...cluster.endpoints] });
  await client.admin.changeSettings({ minCleanableDirtyRatio: 0 });
  const { index } = await client.admin.triggerSnapshot();
  await compactedTo(cluster, index, cluster.nodeIds);
}

const ROUNDS = 25;
const WIPED_AFTER = 12;

/** The node starts anew with an empty disk, once the others lack the first entry of the log. */
async function loseDisk(cluster: TestCluster, nodeId: string): Promise<void> {
  await cluster.killHard(nodeId);
  cluster.wipe(nodeId);
  await compactedTo(
    cluster,
    1,
    cluster.nodeIds.filter((id) => id !== nodeId),
  );
  cluster.start(nodeId);
}

describe("three processes that compact a package database", LIMIT, () => {
  const start = () =>
    TestCluster.start("1MiB", {
      "log.cleanup.policy": "compact",
      "log.min.cleanable.dirty.ratio": "0.1",
      "snapshot.max.record.bytes.between": "2MiB",
    });

  /** Every node's records, and those of one who followed all the time, come to the input's map. */
  async function expectMap(cluster: TestCluster, writer: KeyedWriter): Promise<void> {
    for (const id of cluster.nodeIds) {
      const { state, records, faults } = await mapOf(cluster, id);
      tell({ id, records, keys: state.size, written: writer.written });
      expect([id, faults, mapDifferences(state, writer.state)]).toEqual([id, [], []]);
      expect(records).toBeLessThan(writer.written / 4);
    }
  }

  it("keep the newest record of every key, and readers see it throughout", async () => {
    await using cluster = await start();
    const writer = await KeyedWriter.connect(cluster.endpoints);
    const following = followMap(cluster.endpoints, LAST_KEY);
    for (let round = 0; round < ROUNDS; round++) {
      await writer.round(round);
      if (round === WIPED_AFTER) await loseDisk(cluster, "n3");
    }
    await writer.end(LAST_KEY);
    expect(writer.failures).toEqual([]);
    const followed = await following;
    await compactAll(cluster);
    await expectMap(cluster, writer);
    expect(followed.faults).toEqual([]);
    expect(mapDifferences(followed.state, writer.state)).toEqual([]);
    await quiet(cluster);
    await expectEqualLogs(cluster, 0);
  });

  it("do so while they are killed again and again", async () => {
    await using cluster = await start();
    const writer = await KeyedWriter.connect(cluster.endpoints);
    const following = followMap(cluster.endpoints, LAST_KEY);
    let storming = true;
    const write = async () => {
      for (let round = 0; storming; round++) await writer.round(round);
    };
    const storm = killStorm(cluster, { seed: 2, ...STORM }).finally(() => (storming = false));
    const [fell] = await Promise.all([storm, write()]);
    await writer.end(LAST_KEY);
    tell({ fell, written: writer.written });
    expect(writer.failures).toEqual([]);
    const followed = await following;
    await compactAll(cluster);
    await expectMap(cluster, writer);
    expect(followed.faults).toEqual([]);
    expect(mapDifferences(followed.state, writer.state)).toEqual([]);
    await quiet(cluster);
    await expectEqualLogs(cluster, 0);
  });
});

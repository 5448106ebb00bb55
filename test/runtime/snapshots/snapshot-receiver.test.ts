import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import type { RaftEvent } from "../../../src/raft/index.ts";
import { ContentSource } from "../../../src/runtime/snapshots/content-source.ts";
import { SnapshotReceiver } from "../../../src/runtime/snapshots/snapshot-receiver.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import type { StagedFile } from "../../../src/storage/compaction/types.ts";
import type { FaultyEntry } from "../../../src/storage/types.ts";
import type { Checkpoint } from "../../../src/storage/snapshots/types.ts";
import type { SnapshotSink, SnapshotSource } from "../../../src/transport/snapshot-transfer.ts";
import { turns, until } from "../../support/until.ts";
import { fileOf, someCheckpoint, someContent } from "./some-checkpoint.ts";

const COMPACTED = fileOf("0-9.compacted", new Uint8Array(Buffer.alloc(700, 5)));

function sourceOf(checkpoint: Checkpoint, files = [COMPACTED], leaderId = "n1", term = 4) {
  return new ContentSource(leaderId, Term(term), someContent(checkpoint, ...files).content);
}

function bench(disk = new SimDisk(), takesCompacted = true) {
  const story: string[] = [];
  const posted: RaftEvent[] = [];
  const failed: unknown[] = [];
  const space = { freeBytes: 1 << 20, low: false };
  const raft = { currentTerm: Term(4), commitIndex: LogIndex(2) };
  const installed: StagedFile[] = [];
  let onInstall = () => Promise.resolve();
  const damaged: FaultyEntry[] = [];
  const compacted = {
    upTo: { index: LogIndex(0), nextOffset: Offset(0) },
    install: async (files: readonly StagedFile[]) => {
      story.push("compacted.install");
      installed.push(...files);
      await onInstall();
      const show = () => void story.push("compacted.show");
      const adopt = () => Promise.resolve(void story.push("compacted.adopt"));
      return { index: LogIndex(9), nextOffset: 90 as never, show, adopt };
    },
  };
  const receiver = new SnapshotReceiver({
    fileSystem: disk.mount(),
    directory: "data/snapshots",
    loop: {
      post: (event) => {
        posted.push(event);
        story.push(event.type);
      },
    },
    raft: () => raft,
    log: {
      reset: (start, recorded) => {
        story.push(`log.reset ${start.last.index} ${recorded?.compactedTo}`);
        return Promise.resolve();
      },
      start: someCheckpoint(0).start,
      get faulty() {
        return damaged;
      },
      replacePrefix: (start, taken, recorded) => {
        story.push(`log.replacePrefix ${start.last.index} ${recorded?.compactedTo}`);
        taken();
        return Promise.resolve();
      },
    },
    quiet: () => Promise.resolve(),
    installed: () => void story.push("upkeep goes on"),
    checkpoints: {
      save: ({ start }) => Promise.resolve(void story.push(`checkpoint ${start.last.index}`)),
    },
    compacted: takesCompacted ? compacted : undefined,
    space: { check: () => Promise.resolve(space) },
    tracer: { tell: (event) => void story.push(event) },
    restore: ({ start }, keepSuffix) =>
      void story.push(`restore ${start.last.index}${keepSuffix ? ", what follows stays" : ""}`),
    fail: (thrown) => void failed.push(thrown),
  });
  const holdInstall = (until: Promise<void>) => (onInstall = () => until);
  const seen = { story, posted, failed, disk, space, raft, installed, damaged };
  return { receiver, compacted, ...seen, holdInstall };
}

/** Sends all of it, or up to `until`. */
async function send(sink: SnapshotSink, source: SnapshotSource, until?: number): Promise<void> {
  const { totalBytes } = source.offer;
  const end = until ?? totalBytes;
  for (let at = sink.position; at < end; ) {
    const bytes = await source.read(at, Math.min(200, end - at));
    await sink.write(at, bytes);
    at += bytes.length;
  }
  if (end === totalBytes) await sink.finish();
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const thrown = await failing.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  return thrown instanceof LogError ? thrown.code : String(thrown);
}

describe("the receiver", () => {
  it("tells the core, and makes the snapshot the log in the order of durability", async () => {
    const { receiver, story, posted, disk, installed } = bench();
    const source = sourceOf(someCheckpoint(9));
    const sink = await receiver.offered("n1", source.offer);
    await send(sink, source, 300);
    const { totalBytes, last } = source.offer;
    expect(receiver.transfers()).toEqual([
      { peer: "n1", direction: "receiving", bytes: 300, totalBytes },
    ]);
    sink.abandon();
    expect(receiver.transfers()).toEqual([]);
    expect(await receiver.staged()).toEqual({ hash: source.offer.hash, bytes: 300 });
    await send(await receiver.offered("n1", source.offer), source);
    const message = { type: "InstallSnapshot", term: 4, leaderId: "n1", last };
    expect(posted).toEqual([{ type: "received", from: "n1", message }]);
    receiver.install({ last, keepSuffix: false });
    expect(await codeOf(receiver.offered("n1", source.offer))).toBe("BACKPRESSURE");
    await until(() => posted.length === 2);
    expect(story).toEqual([
      ...["snapshot.received", "received", "checkpoint 9", "compacted.install"],
      ...["log.reset 9 9", "compacted.show", "restore 9", "compacted.adopt"],
      // Not earlier: a crash may still bring back the old log, and the checkpoint it begins at.
      ...["snapshot.installed", "snapshotInstalled", "upkeep goes on"],
    ]);
    expect(installed.map(({ name }) => name)).toEqual(["0-9.compacted"]);
    await until(() => disk.files().length === 0);
    expect(await receiver.staged()).toBeUndefined();
  });

  it("lets go of compacted segments that a snapshot without any replaces", async () => {
    const { receiver, story, posted } = bench(new SimDisk(), false);
    const source = sourceOf(someCheckpoint(9), []);
    await send(await receiver.offered("n1", source.offer), source);
    receiver.install({ last: source.offer.last, keepSuffix: false });
    await until(() => posted.length === 2);
    expect(story).toContain("log.reset 9 0");
  });

  it("drops what the core does not want", async () => {
    const { receiver, disk, story } = bench();
    const source = sourceOf(someCheckpoint(9));
    await send(await receiver.offered("n1", source.offer), source);
    receiver.discard({ last: source.offer.last });
    expect(await receiver.staged()).toBeUndefined();
    expect(disk.files()).toEqual([]);
    expect(story).toEqual(["snapshot.received", "received"]);
  });

  it("takes one that it asked for as a leader only while no other is on its way", async () => {
    const { receiver, posted } = bench();
    const leaders = sourceOf(someCheckpoint(9));
    const given = sourceOf(someCheckpoint(9), [], "n4");
    const sink = await receiver.offered("n1", leaders.offer);
    expect(await codeOf(receiver.offered("n2", given.offer))).toBe("BACKPRESSURE");
    sink.abandon();
    await send(await receiver.offered("n2", given.offer), given);
    const { last } = given.offer;
    const message = { type: "InstallSnapshot", term: 4, leaderId: "n4", last };
    expect(posted).toEqual([{ type: "received", from: "n2", message }]);
  });

  it("keeps a transfer under way when the core discards another", async () => {
    const { receiver } = bench();
    const source = sourceOf(someCheckpoint(9));
    const sink = await receiver.offered("n1", source.offer);
    await send(sink, source, 300);
    receiver.discard({ last: { index: LogIndex(2), term: Term(1) } });
    await send({ ...sink, position: 300 }, source);
  });

  it("takes no byte of what it has, and lets the core answer with its match", async () => {
    const { receiver, posted, raft, disk } = bench();
    raft.commitIndex = LogIndex(9);
    const source = sourceOf(someCheckpoint(9));
    const sink = await receiver.offered("n1", source.offer);
    expect(sink.position).toBe(source.offer.totalBytes);
    await sink.finish();
    expect(posted).toMatchObject([{ message: { held: true } }]);
    expect(disk.files()).toEqual([]);
  });

  it("takes what is committed and damaged here, and keeps what follows it", async () => {
    const { receiver, posted, raft, damaged, story } = bench();
    raft.commitIndex = LogIndex(12);
    const place = { chain: 5, file: "0.log", position: 0 };
    damaged.push({ index: LogIndex(4), term: Term(1), ...place });
    const source = sourceOf(someCheckpoint(9));
    await send(await receiver.offered("n1", source.offer), source);
    receiver.install({ last: source.offer.last, keepSuffix: true });
    await until(() => posted.length === 2);
    expect(story).toEqual([
      ...["snapshot.received", "received", "checkpoint 9", "compacted.install"],
      ...["log.replacePrefix 9 9", "compacted.show", "restore 9, what follows stays"],
      ...["compacted.adopt", "snapshot.installed", "snapshotInstalled", "upkeep goes on"],
    ]);
  });

  it("keeps compacted segments of its own that reach further", async () => {
    const { receiver, compacted, posted, damaged, story } = bench();
    compacted.upTo.index = LogIndex(15);
    const place = { chain: 5, file: "0.log", position: 0 };
    damaged.push({ index: LogIndex(4), term: Term(1), ...place });
    const source = sourceOf(someCheckpoint(9));
    await send(await receiver.offered("n1", source.offer), source);
    receiver.install({ last: source.offer.last, keepSuffix: true });
    await until(() => posted.length === 2);
    expect(story).not.toContain("compacted.install");
    expect(story).toContain("log.replacePrefix 9 undefined");
  });

  it("refuses a term that is over, a disk that is low, and what does not fit", async () => {
    const { receiver, raft, space, story, failed } = bench();
    const { offer } = sourceOf(someCheckpoint(9));
    raft.currentTerm = Term(5);
    expect(await codeOf(receiver.offered("n1", offer))).toBe("ABORTED");
    raft.currentTerm = Term(4);
    space.low = true;
    expect(await codeOf(receiver.offered("n1", offer))).toBe("STORAGE_FULL");
    space.low = false;
    space.freeBytes = offer.totalBytes;
    expect(await codeOf(receiver.offered("n1", offer))).toBe("STORAGE_FULL");
    expect(story).toEqual(["snapshot.refused", "snapshot.refused", "snapshot.refused"]);
    expect(failed).toEqual([]);
  });

  it("refuses when the disk fills up meanwhile, and goes on afterwards", async () => {
    const { receiver, disk, failed, posted } = bench();
    const source = sourceOf(someCheckpoint(9));
    disk.capacityBytes = 400;
    const full = receiver.offered("n1", source.offer).then((sink) => send(sink, source));
    expect(await codeOf(full)).toBe("STORAGE_FULL");
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    await send(await receiver.offered("n1", source.offer), source);
    expect(posted).toHaveLength(1);
    expect(failed).toEqual([]);
  });

  it("halts the node when its disk fails", async () => {
    const { receiver, disk, failed } = bench();
    const source = sourceOf(someCheckpoint(9));
    disk.fault({ operation: "write", effect: "fail" });
    const failing = receiver.offered("n1", source.offer).then((sink) => send(sink, source));
    await expect(failing).rejects.toThrow(/device reported an error/);
    expect(failed).toHaveLength(1);
  });

  it("gives an older transfer up for a newer one, also a new leader's", async () => {
    const { receiver, posted } = bench();
    const older = sourceOf(someCheckpoint(9));
    const newer = sourceOf(someCheckpoint(12), [COMPACTED], "n3", 5);
    const olderSink = await receiver.offered("n1", older.offer);
    await send(olderSink, older, 200);
    const newerSink = await receiver.offered("n3", newer.offer);
    expect(await codeOf(send({ ...olderSink, position: 200 }, older))).toBe("ABORTED");
    olderSink.abandon();
    await send(newerSink, newer);
    expect(posted).toMatchObject([{ from: "n3", message: { last: { index: 12 } } }]);
  });

  it("refuses a snapshot whose checkpoint is of another entry, or is none", async () => {
    const { receiver, posted, disk } = bench();
    const source = sourceOf(someCheckpoint(9));
    const last = { index: LogIndex(10), term: Term(2) };
    const lying: SnapshotSource = {
      offer: { ...source.offer, last },
      read: (position, maxBytes) => source.read(position, maxBytes),
      progressed: () => undefined,
    };
    const sink = await receiver.offered("n1", lying.offer);
    expect(await codeOf(send(sink, lying))).toBe("CORRUPT");
    expect(posted).toEqual([]);
    expect(disk.files()).toEqual([]);
  });

  it("refuses compacted segments where none are taken", async () => {
    const { receiver, failed } = bench(new SimDisk(), false);
    const source = sourceOf(someCheckpoint(9));
    const sent = receiver.offered("n1", source.offer).then((sink) => send(sink, source));
    expect(await codeOf(sent)).toBe("INVALID_ARGUMENT");
    expect(failed).toEqual([]);
  });

  it("goes on with what an earlier process staged, unless the log has it by now", async () => {
    const first = bench();
    const source = sourceOf(someCheckpoint(9));
    await send(await first.receiver.offered("n1", source.offer), source);
    first.disk.kill();
    const second = bench(first.disk);
    second.receiver.start();
    const { hash, totalBytes } = source.offer;
    expect(await second.receiver.staged()).toEqual({ hash, bytes: totalBytes });
    await send(await second.receiver.offered("n1", source.offer), source);
    expect(second.posted).toHaveLength(1);
    first.disk.kill();
    const third = bench(first.disk);
    third.raft.commitIndex = LogIndex(9);
    third.receiver.start();
    expect(await third.receiver.staged()).toBeUndefined();
    expect(first.disk.files()).toEqual([]);
  });

  it("tells nobody anything once it was stopped, and closes when the disk is quiet", async () => {
    const { receiver, posted, holdInstall } = bench();
    const source = sourceOf(someCheckpoint(9));
    await send(await receiver.offered("n1", source.offer), source);
    let letGo = () => undefined as void;
    holdInstall(new Promise((resolve) => (letGo = resolve)));
    receiver.install({ last: source.offer.last, keepSuffix: false });
    await turns(3);
    let closed = false;
    const closing = receiver.close().then(() => (closed = true));
    await turns(3);
    expect(closed).toBe(false);
    letGo();
    await closing;
    expect(posted.map(({ type }) => type)).toEqual(["received"]);
    expect(await codeOf(receiver.staged())).toBe("CLOSED");
  });
});

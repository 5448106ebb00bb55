import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../../src/common/brand.ts";
import { deferred } from "../../../src/common/deferred.ts";
import { LogError } from "../../../src/common/errors.ts";
import type { RaftEvent } from "../../../src/raft/index.ts";
import type { SnapshotContent } from "../../../src/runtime/snapshots/snapshot-content.ts";
import { SnapshotSender } from "../../../src/runtime/snapshots/snapshot-sender.ts";
import { TransferPins } from "../../../src/runtime/snapshots/transfer-pins.ts";
import type { SnapshotSource } from "../../../src/transport/snapshot-transfer.ts";
import { until } from "../../support/until.ts";
import { fileOf, someCheckpoint, someContent } from "./some-checkpoint.ts";

interface Transfer {
  readonly to: string;
  readonly source: SnapshotSource;
  readonly signal: AbortSignal;
  readonly end: (error?: Error) => void;
}

function bench(content: () => Promise<SnapshotContent>) {
  const posted: RaftEvent[] = [];
  const told: string[] = [];
  const failed: unknown[] = [];
  const transfers: Transfer[] = [];
  const pins = new TransferPins(() => 1 << 20);
  const sender = new SnapshotSender({
    nodeId: "n1",
    loop: { post: (event) => void posted.push(event) },
    transport: {
      installSnapshot: (to, source, signal) => {
        const { promise, resolve, reject } = deferred<void>();
        const end = (error?: Error) => (error === undefined ? resolve() : reject(error));
        signal.addEventListener("abort", () => end(new LogError("ABORTED", "given up")));
        transfers.push({ to, source, signal, end });
        return promise;
      },
    },
    tracer: { tell: (event) => void told.push(event) },
    pins,
    prevIndex: () => LogIndex(6),
    content,
    fail: (thrown) => void failed.push(thrown),
  });
  return { sender, posted, told, failed, transfers, pins };
}

async function whole(source: SnapshotSource, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < source.offer.totalBytes; ) {
    const piece = await source.read(at, maxBytes);
    expect(piece.length).toBeGreaterThan(0);
    expect(piece.length).toBeLessThanOrEqual(maxBytes);
    pieces.push(piece);
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

describe("the sender", () => {
  it("offers the snapshot, keeps what it needs, and tells the core when it is there", async () => {
    const { content, released } = someContent(someCheckpoint(6));
    const it = bench(() => Promise.resolve(content));
    it.sender.send({ to: "n2", term: Term(4) });
    expect(it.pins.pinnedFrom).toBe(7);
    await until(() => it.transfers.length === 1);
    const { source, to, end } = it.transfers[0] as Transfer;
    expect(to).toBe("n2");
    expect(source.offer).toMatchObject({ term: 4, leaderId: "n1", last: { index: 6, term: 2 } });
    source.progressed(5);
    const { totalBytes } = source.offer;
    expect(it.sender.transfers()).toEqual([
      { peer: "n2", direction: "sending", bytes: 5, totalBytes },
    ]);
    expect(released.times).toBe(0);
    end();
    await until(() => it.posted.length === 1);
    const last = { index: 6, term: 2 };
    expect(it.posted).toEqual([{ type: "snapshotSent", to: "n2", term: 4, last }]);
    expect(it.told).toEqual(["snapshot.sending", "snapshot.sent"]);
    expect(released.times).toBe(1);
    expect(it.pins.pinnedFrom).toBeUndefined();
    expect(it.sender.transfers()).toEqual([]);
  });

  it("gives its leader one, once at a time, and tells the core nothing of it", async () => {
    const it = bench(() => Promise.resolve(someContent(someCheckpoint(6)).content));
    for (const term of [4, 5]) it.sender.give({ to: "n2", term: Term(term) });
    await until(() => it.transfers.length > 0);
    expect(it.transfers.map(({ to }) => to)).toEqual(["n2"]);
    expect(it.transfers[0]?.source.offer).toMatchObject({ term: 4, leaderId: "n2" });
    it.transfers[0]?.end(new LogError("ABORTED", "its term is over"));
    await until(() => it.sender.transfers().length === 0);
    it.sender.give({ to: "n2", term: Term(6) });
    await until(() => it.transfers.length === 2);
    expect([it.posted, it.failed]).toEqual([[], []]);
  });

  it("reads the same bytes in pieces of any size", async () => {
    const files = [fileOf("a", Buffer.alloc(0)), fileOf("b", Buffer.from("bytes of b"))];
    const { content } = someContent(someCheckpoint(6), ...files, fileOf("c", Buffer.alloc(99, 3)));
    const it = bench(() => Promise.resolve(content));
    it.sender.send({ to: "n2", term: Term(4) });
    await until(() => it.transfers.length === 1);
    const { source } = it.transfers[0] as Transfer;
    const bytes = await whole(source, 1 << 20);
    for (const size of [1, 7, 100]) expect((await whole(source, size)).equals(bytes)).toBe(true);
    expect(bytes.length).toBe(source.offer.totalBytes);
  });

  it("answers a transfer that failed without a last entry, once", async () => {
    const { content, released } = someContent(someCheckpoint(6));
    const it = bench(() => Promise.resolve(content));
    it.sender.send({ to: "n2", term: Term(4) });
    await until(() => it.transfers.length === 1);
    it.transfers[0]?.end(new LogError("UNAVAILABLE", "the stream broke"));
    await until(() => it.posted.length === 1);
    expect(it.posted).toEqual([{ type: "snapshotSent", to: "n2", term: 4, last: undefined }]);
    expect(it.told).toEqual(["snapshot.sending", "snapshot.refused"]);
    expect(released.times).toBe(1);
  });

  it("answers in the same way when there is nothing intact to send", async () => {
    const it = bench(() => Promise.reject(new LogError("CORRUPT", "6.checkpoint is damaged")));
    it.sender.send({ to: "n2", term: Term(4) });
    await until(() => it.posted.length === 1);
    expect(it.posted).toEqual([{ type: "snapshotSent", to: "n2", term: 4, last: undefined }]);
    expect(it.failed).toEqual([]);
    expect(it.pins.pinnedFrom).toBeUndefined();
  });

  it("gives everything up when the node leads no more", async () => {
    const { content } = someContent(someCheckpoint(6));
    const it = bench(() => Promise.resolve(content));
    it.sender.send({ to: "n2", term: Term(4) });
    it.sender.send({ to: "n3", term: Term(4) });
    await until(() => it.transfers.length === 2);
    it.sender.abort();
    await until(() => it.posted.length === 2);
    expect(it.transfers.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it("gives up an older term's transfer to the same follower for the new one", async () => {
    const { content } = someContent(someCheckpoint(6));
    const it = bench(() => Promise.resolve(content));
    it.sender.send({ to: "n2", term: Term(4) });
    await until(() => it.transfers.length === 1);
    it.sender.send({ to: "n2", term: Term(6) });
    await until(() => it.transfers.length === 2);
    it.transfers[1]?.end();
    await until(() => it.posted.length === 2);
    expect(it.posted).toEqual([
      { type: "snapshotSent", to: "n2", term: 4, last: undefined },
      { type: "snapshotSent", to: "n2", term: 6, last: { index: 6, term: 2 } },
    ]);
  });

  it("halts the node when its disk fails", async () => {
    const it = bench(() => Promise.reject(new Error("EIO")));
    it.sender.send({ to: "n2", term: Term(4) });
    await until(() => it.failed.length === 1);
    expect(it.posted).toEqual([]);
  });
});

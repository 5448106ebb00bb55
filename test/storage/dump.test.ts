import { describe, expect, it } from "vitest";
import { payloadOf } from "../../src/common/frame.ts";
import { type DumpedFrame, dumpFrames } from "../../src/storage/dump/dump-frames.ts";
import { listSegments } from "../../src/storage/dump/list-segments.ts";
import type { SimDisk } from "../../src/sim/disk/index.ts";
import { writtenDisk } from "./support/written-disk.ts";
import { openLog } from "./wal/support/log-bench.ts";

async function dump(disk: SimDisk, path: string): Promise<readonly DumpedFrame[]> {
  const frames: DumpedFrame[] = [];
  for await (const frame of dumpFrames(disk.mount(), path)) frames.push(frame);
  return frames;
}

describe("dump", () => {
  it("gives every frame of a directory in order, with place, header and payload", async () => {
    const disk = await writtenDisk();
    const frames = await dump(disk, "data");
    expect(frames.map(({ header }) => header?.index)).toEqual(frames.map((_, at) => at + 1));
    for (const { file, position, length, header, payload, fault } of frames) {
      const bytes = disk.readFile(file).subarray(position, position + (length ?? 0));
      expect(header?.payloadLength).toBe(payload?.length);
      expect(
        Buffer.from(bytes)
          .subarray(88)
          .equals(payload ?? Buffer.alloc(0)),
      ).toBe(true);
      expect(fault).toBeUndefined();
    }
    const [noop, batch] = frames;
    expect(noop?.header).toMatchObject({ type: "noop", term: 1, baseOffset: 0, recordCount: 0 });
    expect(batch?.header).toMatchObject({ type: "data", term: 1, baseOffset: 0, recordCount: 2 });
  });

  it("gives what the log itself reads", async () => {
    const disk = await writtenDisk();
    const { log } = await openLog(disk.fork().mount());
    const dumped = await dump(disk, "data/log");
    const nonData = [];
    for await (const frame of log.nonDataFrames()) nonData.push(frame);
    const same = dumped.filter(({ header }) => header?.type !== "data");
    expect(same.map(({ header }) => header)).toEqual(nonData.map(({ header }) => header));
    expect(same.map(({ payload }) => Buffer.from(payload ?? []).toString())).toEqual(
      nonData.map((frame) => Buffer.from(payloadOf(frame)).toString()),
    );
  });

  it("gives one segment when it is given one file", async () => {
    const disk = await writtenDisk();
    const [, second] = await listSegments(disk.mount(), "data");
    const frames = await dump(disk, `data/log/${second?.file}`);
    expect(frames[0]?.header?.index).toBe(second?.firstIndex);
    expect(frames.at(-1)?.header?.index).toBe(second?.lastIndex);
  });

  it("says what is wrong with a damaged frame and goes on behind it", async () => {
    const disk = await writtenDisk();
    const [first] = await listSegments(disk.mount(), "data");
    const file = `data/log/${first?.file}`;
    const before = await dump(disk, file);
    disk.flip(file, (before[1]?.position ?? 0) + 90);
    disk.flip(file, (before[3]?.position ?? 0) + 10);
    const after = await dump(disk, file);
    expect(after.map(({ fault }) => fault)).toEqual(
      [
        undefined,
        "the payload does not match its checksum",
        undefined,
        "the frame's header does not match its checksum",
        undefined,
      ].slice(0, after.length),
    );
    expect(after[1]).toMatchObject({ header: before[1]?.header, payload: undefined });
    expect(after[3]).toMatchObject({ header: undefined, length: undefined });
  });

  it("refuses what is no log", async () => {
    const disk = await writtenDisk();
    await expect(dump(disk, "nowhere")).rejects.toMatchObject({ kind: "io" });
    await expect(dump(disk, "data/log/00000000000000077777.log")).rejects.toThrow("ENOENT");
    disk.put("photos/one.jpg", new Uint8Array(1));
    await expect(dump(disk, "photos")).rejects.toMatchObject({ kind: "config" });
  });
});

describe("the list of segments, read offline", () => {
  it("says what the running log says of them", async () => {
    const disk = await writtenDisk();
    const { log } = await openLog(disk.fork().mount());
    expect(await listSegments(disk.mount(), "data")).toEqual(log.segments());
  });

  it("ends an open segment where its whole frames end", async () => {
    const disk = await writtenDisk();
    const before = await listSegments(disk.mount(), "data");
    const active = `data/log/${before.at(-1)?.file}`;
    disk.patch(active, disk.readFile(active).length, new Uint8Array(50).fill(9));
    expect(await listSegments(disk.mount(), "data")).toEqual(before);
  });
});

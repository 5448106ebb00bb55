import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import { FileGiver } from "../../../src/runtime/mending/file-giver.ts";
import type { CompactedExport } from "../../../src/storage/compaction/types.ts";
import type { FilePiece } from "../../../src/transport/file-piece.ts";

/** A giver over a prefix of a manifest and one file, whose timers go off when a test says so. */
function bench() {
  const timers = new Set<() => void>();
  const failures: unknown[] = [];
  const state = { upTo: 9, damage: undefined as LogError | undefined, exports: 0, released: 0 };
  const contents = [Buffer.from("a manifest"), Buffer.from("a file")];
  const exported = (): CompactedExport => ({
    index: LogIndex(9),
    files: contents.map((bytes, at) => ({
      name: `${at}`,
      bytes: bytes.length,
      sha256: Buffer.from([at]),
      read: (into, position) => {
        const piece = bytes.subarray(position, position + into.length);
        into.set(piece);
        return Promise.resolve(piece.length);
      },
    })),
    release: () => {
      state.released++;
      return Promise.resolve();
    },
  });
  const giver = new FileGiver({
    checkpoints: {
      list: () => [{ file: "c", index: LogIndex(4), bytes: 3, damage: undefined }],
      readFile: () => Promise.resolve(Buffer.from("abc")),
    },
    compacted: {
      get upTo() {
        return { index: LogIndex(state.upTo), nextOffset: Offset(20) };
      },
      exportFiles: () => {
        state.exports++;
        return state.damage ? Promise.reject(state.damage) : Promise.resolve(exported());
      },
    },
    scheduler: {
      after: (_ms, run) => {
        timers.add(run);
        return () => void timers.delete(run);
      },
      defer: (run) => run(),
    },
    fail: (thrown) => failures.push(thrown),
  });
  const manifest = (position = 0, from = "n2") =>
    giver.piece(from, { file: { kind: "manifest" }, position });
  const file = (sha256: string, position = 0) =>
    giver.piece("n2", { file: { kind: "compacted", sha256 }, position });
  const passTime = () => [...timers].forEach((run) => run());
  return { giver, state, failures, manifest, file, passTime };
}

function textOf(piece: FilePiece | undefined): string {
  return `${Buffer.from(piece?.bytes ?? []).toString()} of ${piece?.totalBytes}`;
}

describe("a node that is asked for files", () => {
  it("gives the manifest, then what it names, from any position", async () => {
    const { manifest, file, state } = bench();
    expect(textOf(await manifest())).toBe("a manifest of 10");
    expect(textOf(await manifest(6))).toBe("fest of 10");
    expect(textOf(await file("01", 2))).toBe("file of 6");
    expect(textOf(await file("01", 6))).toBe(" of 6");
    expect(await file("02")).toBeUndefined();
    expect(state).toMatchObject({ exports: 1, released: 0 });
  });

  it("keeps what it told of as long as it is asked, and no longer", async () => {
    const { manifest, file, state, passTime } = bench();
    expect(await file("01")).toBeUndefined();
    await manifest();
    await file("01");
    passTime();
    expect(state.released).toBe(1);
    expect(await file("01")).toBeUndefined();
    await manifest();
    await manifest();
    expect(state).toMatchObject({ exports: 3, released: 2 });
  });

  it("gives nothing of a prefix that is not there, or that is lost", async () => {
    const { manifest, state, failures } = bench();
    state.damage = new LogError("CORRUPT", "9.manifest: byte 0: absent");
    expect(await manifest()).toBeUndefined();
    state.damage = undefined;
    state.upTo = 0;
    expect(await manifest()).toBeUndefined();
    expect(failures).toEqual([]);
  });

  it("gives checkpoints that it has", async () => {
    const { giver } = bench();
    const asked = (index: number) =>
      giver.piece("n2", { file: { kind: "checkpoint", index: LogIndex(index) }, position: 1 });
    expect(textOf(await asked(4))).toBe("bc of 3");
    expect(await asked(5)).toBeUndefined();
  });

  it("lets all go when it stops", async () => {
    const { giver, manifest, state } = bench();
    await manifest();
    await manifest(0, "n3");
    giver.stop();
    expect(state.released).toBe(2);
    expect(await manifest()).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { LogIndex } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import { Mender } from "../../../src/runtime/mending/mender.ts";
import type { CompactedDamage } from "../../../src/storage/compaction/types.ts";
import { turns } from "../../support/until.ts";

/** A mender of a prefix that only `has` can give, and whose waits are written down. */
function bench(peers: readonly string[] = ["n2", "n3"]) {
  const damage: CompactedDamage[] = [];
  const told: string[] = [];
  const asked: string[] = [];
  const waits: number[] = [];
  const state = { has: undefined as string | undefined, checkpoint: 0, mended: 0 };
  let due: (() => void) | undefined;
  const mender = new Mender({
    compacted: { damage },
    checkpoints: {
      wanted: () => (state.checkpoint === 0 ? undefined : LogIndex(state.checkpoint)),
      mend: (peer, index) => {
        asked.push(`${peer} checkpoint ${index}`);
        if (peer === state.has) state.checkpoint = 0;
        return Promise.resolve(peer === state.has);
      },
    },
    prefix: {
      end: () => Promise.resolve(),
      transfers: () => [],
      mend: (peer) => {
        asked.push(peer);
        if (peer === "full") return Promise.reject(new LogError("STORAGE_FULL", "no room"));
        if (peer === state.has) damage.length = 0;
        return Promise.resolve(peer === state.has);
      },
    },
    peers,
    scheduler: {
      after: (ms, run) => {
        waits.push(ms);
        due = run;
        return () => (due = undefined);
      },
      defer: (run) => run(),
    },
    tracer: { tell: (event) => void told.push(event) },
    mended: () => void state.mended++,
    fail: (thrown) => {
      throw thrown;
    },
  });
  const pass = async () => {
    due?.();
    await turns(20);
  };
  return { mender, damage, told, asked, waits, state, pass };
}

const DAMAGE: CompactedDamage = { file: "0-9.compacted", position: 8, what: "a frame" };

describe("the mender", () => {
  it("asks nobody while nothing is damaged", async () => {
    const { mender, asked, pass } = bench();
    mender.look();
    await pass();
    expect(asked).toEqual([]);
  });

  it("asks one after the other, tells the damage once, and goes on when it is mended", async () => {
    const { mender, damage, asked, told, state, pass } = bench();
    damage.push(DAMAGE);
    state.has = "n3";
    mender.look();
    mender.look();
    await pass();
    expect(asked).toEqual(["n2", "n3"]);
    expect(told).toEqual(["snapshot.damaged"]);
    expect(state.mended).toBe(1);
  });

  it("asks again less and less often where nobody has it", async () => {
    const { mender, damage, asked, waits, pass } = bench();
    damage.push(DAMAGE);
    mender.look();
    for (let i = 0; i < 7; i++) await pass();
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(asked).toHaveLength(14);
    mender.stop();
    await mender.ended;
  });

  it("says why it waits, once", async () => {
    const { mender, damage, told, pass } = bench(["full"]);
    damage.push(DAMAGE);
    mender.look();
    for (let i = 0; i < 3; i++) await pass();
    expect(told).toEqual(["snapshot.damaged", "upkeep.delayed"]);
  });

  it("fetches the checkpoint that the log begins at as well", async () => {
    const { mender, asked, state, pass } = bench();
    state.checkpoint = 12;
    state.has = "n2";
    mender.look();
    await pass();
    expect(asked).toEqual(["n2 checkpoint 12"]);
    expect(state.mended).toBe(1);
  });

  it("names the damage and waits for nobody where there are no others", async () => {
    const { mender, damage, told, asked, waits, pass } = bench([]);
    damage.push(DAMAGE);
    mender.look();
    await pass();
    expect([told, asked, waits]).toEqual([["snapshot.damaged"], [], []]);
  });
});

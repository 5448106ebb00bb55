import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { encodeFrame, type Frame } from "../../src/common/frame.ts";
import { Applier } from "../../src/runtime/applier.ts";
import { Repairer, type RepairerPorts } from "../../src/runtime/repairer.ts";
import { Tracer } from "../../src/runtime/tracer.ts";
import { encodeControl } from "../../src/statemachine/control.ts";
import { LogState } from "../../src/statemachine/log-state.ts";
import { DEFAULT_LOG_SETTINGS } from "../../src/statemachine/settings.ts";
import type { FaultyEntry, LogStore } from "../../src/storage/types.ts";
import type { FetchAnswer } from "../../src/transport/types.ts";
import { until } from "../support/until.ts";

const SETTINGS = { ...DEFAULT_LOG_SETTINGS, segmentBytes: 4096 };

function settingsFrame(index: number): Frame {
  const stamp = {
    ...{ type: "control" as const, index: LogIndex(index), term: Term(1), baseOffset: Offset(0) },
    ...{ segmentFirstIndex: LogIndex(1), timestamp: 1, recordCount: 0, producer: undefined },
  };
  const payload = encodeControl({ control: "settings", settings: SETTINGS });
  return encodeFrame(stamp, payload, 0);
}

function faultyOf({ header: { index, term, chain } }: Frame): FaultyEntry {
  return { index, term, chain, file: "0.log", position: 0 };
}

describe("an applier whose log is damaged", () => {
  const frame = settingsFrame(2);
  let faulty: readonly FaultyEntry[] = [];
  const log = {
    get faulty() {
      return faulty;
    },
    offsetAfter: () => Offset(0),
  } as unknown as LogStore;

  /** Damage met at work: the frame was still in memory; its repair must not add a second. */
  it("applies an entry once that waited in memory while its bytes were damaged", () => {
    const state = new LogState();
    const applied: number[] = [];
    const once = state.applyControl.bind(state);
    state.applyControl = (control) => {
      applied.push(control.header.index);
      once(control);
    };
    const applier = new Applier(log, state, () => undefined, failed);
    applier.appended(frame);
    faulty = [faultyOf(frame)];
    applier.commit(LogIndex(3), Term(1));
    expect(state.appliedIndex).toBe(1);
    faulty = [];
    applier.repaired(frame);
    expect(state.appliedIndex).toBe(3);
    expect(applied).toEqual([2]);
  });

  /** The log mends from memory without asking anybody; no peer's answer wakes the applier then. */
  it("goes on when the log has mended itself", () => {
    const state = new LogState();
    const applier = new Applier(log, state, () => undefined, failed);
    faulty = [faultyOf(frame)];
    applier.commit(LogIndex(3), Term(1));
    expect(state.appliedIndex).toBe(1);
    faulty = [];
    applier.goOn();
    expect(state.appliedIndex).toBe(3);
  });
});

describe("a repairer", () => {
  const frame = settingsFrame(2);

  function repairerWith(
    answers: (peer: string) => Promise<FetchAnswer>,
    repair: () => Promise<void>,
  ): { readonly told: string[]; readonly repairer: Repairer } {
    const told: string[] = [];
    const clock = { nowMs: () => 0, wallMs: () => 0 };
    const ports = {
      log: { faulty: [faultyOf(frame)], repair },
      loop: { post: () => undefined },
      transport: { fetch: answers },
      scheduler: { after: (_delayMs: number, run: () => void) => setImmediate(run) },
      tracer: new Tracer("n1", clock, ({ event }) => told.push(event), false),
      peers: ["n2", "n3"],
      durableTerm: () => Term(1),
      repaired: () => undefined,
      mended: () => undefined,
      fail: failed,
    };
    const repairer = new Repairer(ports as unknown as RepairerPorts);
    return { told, repairer };
  }

  /** It waited a second for a peer that was still booting, with the entry in hand. */
  it("does not wait for a peer that does not answer once another one has", async () => {
    let asked = 0;
    const silent = new Promise<FetchAnswer>(() => undefined);
    const { repairer } = repairerWith(
      (peer) => {
        asked++;
        return peer === "n2" ? silent : Promise.resolve({ kind: "have", frame: frame.bytes });
      },
      () => Promise.resolve(),
    );
    repairer.damaged();
    // The log of this test stays damaged, so the repairer comes round again and again.
    await until(() => asked >= 6);
    repairer.stop();
  });

  it("survives that the entry it asked for was cut and another one is damaged there", async () => {
    let refusals = 0;
    const { told, repairer } = repairerWith(
      () => Promise.resolve({ kind: "have", frame: frame.bytes }),
      () => {
        refusals++;
        return Promise.reject(new LogError("INVALID_ARGUMENT", "not the entry"));
      },
    );
    repairer.damaged();
    await until(() => refusals > 1);
    repairer.stop();
    expect(told).toEqual([]);
  });
});

function failed(thrown: unknown): void {
  throw thrown;
}

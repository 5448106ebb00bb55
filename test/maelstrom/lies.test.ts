import { afterEach, describe, expect, it } from "vitest";
import { complaints } from "./complaints.ts";
import { KafkaLoad } from "./kafka-load.ts";
import { LinKvLoad } from "./lin-kv-load.ts";
import { type Body, Workbench } from "./workbench.ts";

let workbench: Workbench | undefined;

afterEach(async () => {
  await workbench?.[Symbol.asyncDispose]();
  workbench = undefined;
});

let remembered: unknown;

/** Answers as a node with a bug would give them. */
const LIES: readonly (readonly [lie: string, falsify: (answer: Body) => Body, found: RegExp])[] = [
  [
    "a stale read",
    (answer) => {
      if (answer["type"] !== "read_ok") return answer;
      const value = remembered ?? answer["value"];
      remembered = answer["value"];
      return { ...answer, value };
    },
    /is no register/,
  ],
  [
    "a write that was not done",
    (answer) => (answer["code"] === 22 ? { type: "cas_ok" } : answer),
    /is no register/,
  ],
  [
    "an offset beside the message's own",
    (answer) =>
      answer["type"] === "send_ok" ? { ...answer, offset: Number(answer["offset"]) + 1 } : answer,
    /K1 lost/,
  ],
  [
    "a message that was failed and is there",
    (answer) => (answer["type"] === "send_ok" ? { type: "error", code: 11 } : answer),
    /K3 aborted/,
  ],
  [
    "committed offsets that are forgotten",
    (answer) =>
      answer["type"] === "list_committed_offsets_ok" ? { ...answer, offsets: {} } : answer,
    /was committed, and undefined is told/,
  ],
];

describe("the small workbench", () => {
  it.each(LIES)("finds %s", async (_, falsify, found) => {
    remembered = undefined;
    const bench = (workbench = await Workbench.start(["n1"], { falsify }));
    const registers = new LinKvLoad(bench, 1, "c1");
    const logs = new KafkaLoad(bench, 2, "c2");
    for (const load of [registers, logs]) load.start(3);
    await Promise.all([registers.answers(60), logs.answers(60)]);
    await Promise.all([registers.stop(), logs.stop()]);
    expect((await complaints(registers, logs)).join("\n")).toMatch(found);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Offset } from "../../src/common/brand.ts";
import { canonicalJson } from "../../src/maelstrom/canonical-json.ts";
import { type Command, decodeCommand, encodeCommand } from "../../src/maelstrom/command.ts";
import { KeyedLogs } from "../../src/maelstrom/keyed-logs.ts";
import { StateMachines } from "../../src/maelstrom/state-machines.ts";
import { ValueLog } from "../../src/maelstrom/value-log.ts";
import { decodeRecordBatch } from "../../src/wire/record-batch.ts";

const COMMANDS: readonly Command[] = [
  { op: "write", key: { b: 1 }, value: null },
  { op: "cas", key: "k", from: [1], to: { x: "ä" } },
  { op: "send", key: "k", msg: false },
  { op: "commit_offsets", offsets: { k: 3 } },
  { op: "log_append", value: "v" },
];

function decoded(payload: Uint8Array) {
  return decodeCommand(decodeRecordBatch(payload)[0]?.value);
}

describe("a command as a record", () => {
  it.each(COMMANDS)("comes back as it was: $op", (command) => {
    expect(decoded(encodeCommand({ id: "n1.s.1", command }))).toEqual({ id: "n1.s.1", command });
  });

  it.each(["", "{", "[]", '"x"', "{}", '{"id":1}', '{"id":"a"}', '{"id":"a","op":"drop"}'])(
    "is none when the record is %j",
    (text) => expect(decodeCommand(Buffer.from(text))).toBe(undefined),
  );

  it("is none when its fields are not what its kind needs", () => {
    for (const fields of ['"op":"send","key":1', '"op":"commit_offsets","offsets":{"a":-1}'])
      expect(decodeCommand(Buffer.from(`{"id":"a",${fields}}`))).toBe(undefined);
  });
});

describe("canonical JSON", () => {
  it("is equal for equal values, in whatever order their keys stand", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const turned = JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
          typeof inner === "object" && inner !== null && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).reverse())
            : inner,
        ) as unknown;
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("tells a number from a text", () => expect(canonicalJson(1)).not.toBe(canonicalJson("1")));
});

describe("keyed logs", () => {
  it("poll in order, from where they are asked, as much as they are asked", () => {
    const logs = new KeyedLogs();
    for (const message of ["a", "b", "c"]) logs.send("k", message);
    expect(logs.poll("k", 1, 10)).toEqual([
      [1, "b"],
      [2, "c"],
    ]);
    expect(logs.poll("k", 0, 1)).toEqual([[0, "a"]]);
    expect(logs.poll("k", 3, 1)).toEqual([]);
    expect(logs.poll("other", 0, 1)).toEqual([]);
  });

  it("never let a committed offset go back", () => {
    const logs = new KeyedLogs();
    logs.commit({ k: 5 });
    logs.commit({ k: 3, l: 0 });
    expect([logs.committed("k"), logs.committed("l"), logs.committed("m")]).toEqual([
      ...[5, 0, undefined],
    ]);
  });
});

describe("the log of values", () => {
  it("reads from any offset, also where other records lie between its own", () => {
    const log = new ValueLog();
    for (const offset of [2, 3, 7]) log.append(Offset(offset), `at ${offset}`);
    const offsets = (from: number, limit: number) =>
      log.read(from, limit).map(({ offset }) => offset);
    expect(offsets(0, 9)).toEqual([2, 3, 7]);
    expect(offsets(3, 1)).toEqual([3]);
    expect(offsets(4, 9)).toEqual([7]);
    expect(offsets(8, 9)).toEqual([]);
    expect(offsets(0, 0)).toEqual([]);
  });
});

describe("the state machines", () => {
  it("are a function of the commands alone", () => {
    const [one, two] = [new StateMachines(), new StateMachines()];
    COMMANDS.forEach((command, at) => {
      const results = [one, two].map((machines) => machines.apply(command, Offset(at)));
      expect(results[0]).toEqual(results[1]);
    });
    expect(one.values.read({ b: 1 })).toBe(null);
  });
});

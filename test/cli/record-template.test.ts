import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../src/cli/record-template.ts";
import type { LogRecord } from "../../src/client/index.ts";

const record: LogRecord = {
  offset: 7,
  term: 2,
  index: 9,
  timestamp: Date.UTC(2026, 0, 31, 12),
  key: "k",
  value: Buffer.from([0xff, 0x0a]),
  headers: new Map(),
  producer: undefined,
};

function printed(template: string, of: LogRecord = record): Buffer {
  const parts = parseTemplate(template);
  return Buffer.concat(
    parts.map((part) => Buffer.from(typeof part === "function" ? part(of) : part)),
  );
}

describe("a format", () => {
  it("prints every field", () => {
    expect(printed("%o %t %i %T %k").toString()).toBe("7 2 9 2026-01-31T12:00:00.000Z k");
  });

  it("leaves the value's bytes alone", () => {
    expect(printed("[%v]")).toEqual(Buffer.from([0x5b, 0xff, 0x0a, 0x5d]));
  });

  it("knows escapes, percent signs and other alphabets", () => {
    expect(printed("%%\\t\\x41\\\\\\0→%k").toString()).toBe("%\tA\\\0→k");
  });

  it("prints nothing for an absent key or value", () => {
    expect(printed("%k|%v", { ...record, key: null, value: null }).toString()).toBe("|");
  });

  it.each(["", "plain", "%%", "%q", "%", "\\q %v", "\\x4 %v"])("refuses %j", (template) =>
    expect(() => parseTemplate(template)).toThrow(/^-f: /),
  );
});

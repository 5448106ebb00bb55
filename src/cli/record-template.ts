import type { LogRecord } from "../client/index.ts";
import { invalidValue } from "./failure.ts";

type Part = Buffer | ((record: LogRecord) => string | Uint8Array);

const FIELDS: Readonly<Record<string, (record: LogRecord) => string | Uint8Array>> = {
  o: ({ offset }) => String(offset),
  t: ({ term }) => String(term),
  i: ({ index }) => String(index),
  T: ({ timestamp }) => new Date(timestamp).toISOString(),
  k: ({ key }) => key ?? "",
  v: ({ value }) => value ?? "",
};

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, 0: 0, "\\": 92 };

/** A format string such as `%o %v\n`, ready to print records. @throws Failure */
export function parseTemplate(text: string): readonly Part[] {
  const parts: Part[] = [];
  let literal: number[] = [];
  const flush = () => {
    if (literal.length > 0) parts.push(Buffer.from(literal));
    literal = [];
  };
  for (let at = 0; at < text.length; at++) {
    const next = text[at + 1] ?? "";
    const field = FIELDS[next];
    if (text[at] === "%" && next === "%") {
      literal.push(37);
      at++;
    } else if (text[at] === "%") {
      if (field === undefined) throw refused(`%${next} is unknown`);
      flush();
      parts.push(field);
      at++;
    } else if (text[at] === "\\") {
      const [, hex] = /^x([0-9a-fA-F]{2})/.exec(text.slice(at + 1)) ?? [];
      const byte = hex === undefined ? ESCAPES[next] : Number.parseInt(hex, 16);
      if (byte === undefined) throw refused(`\\${next} is unknown`);
      literal.push(byte);
      at += hex === undefined ? 1 : 3;
    } else {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      literal.push(...Buffer.from(character));
      at += character.length - 1;
    }
  }
  flush();
  if (!parts.some((part) => typeof part === "function"))
    throw refused(`"${text}" prints nothing of a record`);
  return parts;
}

function refused(message: string) {
  return invalidValue(
    "-f",
    message,
    "fields %o %t %i %T %k %v, escapes \\n \\t \\r \\0 \\xHH \\\\; tail follows without any flag",
  );
}

import { invalidValue } from "./failure.ts";

export type ReadFrom =
  | "start"
  | "end"
  | { readonly offset: number }
  | { readonly last: number }
  | { readonly timestamp: number };

/** Without `-o`: the last ten records. */
export const DEFAULT_FROM: ReadFrom = { last: 10 };

/** `start`, `end`, `N`, `-N`, `@time` (ISO, or milliseconds since 1970). @throws Failure */
export function parseFrom(text: string): ReadFrom {
  if (text === "start" || text === "end") return text;
  if (/^\d+$/.test(text)) return { offset: safe(text, Number(text)) };
  if (/^-\d+$/.test(text)) {
    const last = safe(text, Number(text.slice(1)));
    return last === 0 ? "end" : { last };
  }
  if (/^@\d+$/.test(text)) return { timestamp: safe(text, Number(text.slice(1))) };
  if (/^@\d{4}-/.test(text)) {
    const timestamp = Date.parse(text.slice(1));
    if (Number.isFinite(timestamp) && timestamp >= 0) return { timestamp };
  }
  throw refused(text);
}

function safe(text: string, value: number): number {
  if (!Number.isSafeInteger(value)) throw refused(text);
  return value;
}

function refused(text: string) {
  return invalidValue(
    "-o",
    `"${text}" is no position`,
    "start, end, an offset, -N for the last N, or @time: @2026-01-31T12:00:00Z",
  );
}

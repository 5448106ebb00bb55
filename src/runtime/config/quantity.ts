const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** What a user wrote cannot be read. The message follows the name of the setting. */
export class InvalidValue extends Error {
  override readonly name = "InvalidValue";
}

/**
 * `250ms`, `5s`, `1m30s`, `7d` as milliseconds. A number alone has no unit and is refused,
 * unless `bareUnit` says what it means.
 * @throws InvalidValue
 */
export function parseDurationMs(text: string, bareUnit?: "ms"): number {
  const trimmed = text.trim();
  if (bareUnit === "ms" && /^\d+$/.test(trimmed)) return safe(Number(trimmed), text);
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== trimmed)
    throw new InvalidValue(`"${text}" is not a duration such as 250ms, 5s, 1m30s or 7d`);
  let totalMs = 0;
  for (const [, count = "", unit = ""] of parts)
    totalMs += Number(count) * (DURATION_UNITS_MS[unit] ?? Number.NaN);
  return safe(Math.round(totalMs), text);
}

/**
 * `8MiB`, `64KiB`, `1GB` or a plain number of bytes.
 * @throws InvalidValue
 */
export function parseSizeBytes(text: string): number {
  const [, count = "", unit = "B"] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)?$/.exec(text.trim()) ?? [];
  const factor = SIZE_UNITS[unit];
  if (count === "" || factor === undefined)
    throw new InvalidValue(`"${text}" is not a size such as 65536, 64KiB or 8MiB`);
  return safe(Math.round(Number(count) * factor), text);
}

/**
 * A whole number, digits only: no sign, no `1e3`, no `0x10`.
 * @throws InvalidValue
 */
export function parseInteger(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw new InvalidValue(`"${text}" is not a whole number`);
  return safe(Number(text), text);
}

/**
 * A share such as `0.5`, digits and a point only.
 * @throws InvalidValue
 */
export function parseRatio(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text.trim()) || value > 1)
    throw new InvalidValue(`"${text}" is not a share between 0 and 1, such as 0.5`);
  return value;
}

/** The shortest exact writing: `90s`, `1500ms`, `7d`. */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const unitMs = DURATION_UNITS_MS[unit] ?? 1;
    if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}

/** The shortest exact writing in binary units: `8MiB`, `100B`. */
export function formatSize(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const unitBytes = SIZE_UNITS[unit] ?? 1;
    if (bytes >= unitBytes && bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  }
  return `${bytes}B`;
}

function safe(value: number, text: string): number {
  if (!Number.isSafeInteger(value)) throw new InvalidValue(`"${text}" is too large`);
  return value;
}

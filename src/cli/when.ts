const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** `2026-11-21T09:18:15.892Z`. */
export function momentText(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** `in 3h`, `now` where it is past. */
export function untilText(wallMs: number, nowMs: number = Date.now()): string {
  const ms = wallMs - nowMs;
  return ms <= 0 ? "now" : `in ${spanText(ms)}`;
}

/** `7d`, `3.5h`, `40ms`: the largest unit that fits. */
export function spanText(ms: number): string {
  for (const [unit, unitMs] of UNITS)
    if (ms >= unitMs) return `${Number((ms / unitMs).toFixed(1))}${unit}`;
  return `${Math.round(ms)}ms`;
}

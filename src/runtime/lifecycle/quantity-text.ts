const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"];
const AGES: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** `512 B`, `3.1 MiB`: for sentences, not to be read back. */
export function bytesText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  for (; size >= 1024 && unit < SIZES.length - 1; unit++) size /= 1024;
  const text = Number.isInteger(size) ? String(size) : size.toFixed(1);
  return `${text} ${SIZES[unit]}`;
}

/** `7d`, `3.5h`, `40ms`: the largest unit that fits. */
export function ageText(ms: number): string {
  for (const [unit, unitMs] of AGES)
    if (ms >= unitMs) return `${Number((ms / unitMs).toFixed(1))}${unit}`;
  return `${ms}ms`;
}

import type { Outcome } from "./hunt.ts";

/** The command that shows one finding again, in seconds. */
export function reproduction(outcome: Outcome): string {
  if (outcome.kind !== "found") return "";
  return `npm run mutants -- --only ${outcome.mutant.id} --seed ${outcome.report.seed}`;
}

/** One mutant as an object for `--json`. */
export function asJson(outcome: Outcome): Readonly<Record<string, unknown>> {
  const { mutant, kind, cpuSeconds, seeds } = outcome;
  const { id, title, source } = mutant;
  const base = { id, title, source, outcome: kind, cpuSeconds: round(cpuSeconds), seeds };
  if (kind === "stale") return { ...base, reasons: outcome.reasons };
  if (kind === "missed") return base;
  const { seed, found } = outcome.report;
  return { ...base, seed, found, reproduce: reproduction(outcome) };
}

/** One mutant as lines for people: who found it and how it is seen again. */
export function asText(outcome: Outcome): string {
  const { mutant, cpuSeconds } = outcome;
  const seconds = `${round(cpuSeconds)} s`.padStart(8);
  const head = `${mutant.id}  ${seconds}  ${mutant.title} (${mutant.source})`;
  return `${head}\n${details(outcome)
    .map((line) => `                 ${line}\n`)
    .join("")}`;
}

function details(outcome: Outcome): readonly string[] {
  switch (outcome.kind) {
    case "found": {
      const [first] = outcome.report.found;
      return [
        `found by ${checksOf(outcome)}: ${first?.message.slice(0, 200)}`,
        `seed ${outcome.report.seed}: ${reproduction(outcome)}`,
      ];
    }
    case "missed":
      return [`MISSED in ${outcome.seeds} seeds`];
    case "stale":
      return outcome.reasons.map((reason) => `STALE: ${reason}`);
  }
}

/** The table in docs/track-record.md. */
export function asMarkdown(outcomes: readonly Outcome[]): string {
  return [
    "| id | bug (source) | found by | seed | processor time |",
    "|---|---|---|---|---|",
    ...outcomes.map(markdownRow),
  ].join("\n");
}

function markdownRow(outcome: Outcome): string {
  const { mutant, cpuSeconds } = outcome;
  const found = outcome.kind === "found";
  const cells = [
    mutant.id,
    `${mutant.title} (${mutant.source})`,
    found ? checksOf(outcome) : outcome.kind,
    found ? String(outcome.report.seed) : "",
    found ? `${round(cpuSeconds)} s` : "",
  ];
  return `| ${cells.join(" | ")} |`;
}

function checksOf(outcome: Extract<Outcome, { kind: "found" }>): string {
  return [...new Set(outcome.report.found.map(({ check }) => check))].join(", ");
}

/** What a whole run comes to. */
export interface Summary {
  readonly total: number;
  readonly found: number;
  readonly missed: readonly string[];
  readonly medianCpuSeconds: number;
  readonly mostCpuSeconds: number;
}

export function summaryOf(outcomes: readonly Outcome[]): Summary {
  const found = outcomes.filter(({ kind }) => kind === "found");
  const seconds = found.map(({ cpuSeconds }) => cpuSeconds).sort((a, b) => a - b);
  return {
    total: outcomes.length,
    found: found.length,
    missed: outcomes.filter(({ kind }) => kind !== "found").map(({ mutant }) => mutant.id),
    medianCpuSeconds: round(seconds[seconds.length >> 1] ?? 0),
    mostCpuSeconds: round(seconds.at(-1) ?? 0),
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

/**
 * The long search: many more worlds than CI has time for, in several settings, and the figures of
 * docs/simulator.md. `npm run campaign -- --seeds 20000 --first-seed 1`; ends with 10 when any
 * world broke a promise.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const BALSA = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** One setting, and its share of the seeds. */
interface Setting {
  readonly name: string;
  readonly share: number;
  readonly flags: readonly string[];
}

const SETTINGS: readonly Setting[] = [
  { name: "three nodes, default faults", share: 0.9, flags: [] },
  { name: "five nodes, default faults", share: 0.02, flags: ["--nodes", "5"] },
  { name: "network only", share: 0.04, flags: ["--faults", "network"] },
  { name: "disks and processes only", share: 0.04, flags: ["--faults", "disk"] },
];

interface SearchResult {
  readonly seeds: number;
  readonly violations: number;
  readonly simulatedSeconds: number;
  readonly cpuSeconds: number;
  readonly acknowledged: number;
  readonly reads: number;
  readonly rareStates: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly neverReached: readonly string[];
  readonly failures: readonly { readonly check: string; readonly replay: string }[];
}

async function search(
  flags: readonly string[],
  seeds: number,
  firstSeed: number,
): Promise<SearchResult> {
  const words = ["sim", "search", "--seeds", `${seeds}`, "--first-seed", `${firstSeed}`, "--json"];
  const budget = ["--budget", "12h"];
  const child = spawn(process.execPath, [BALSA, ...words, ...budget, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  const last = output.trimEnd().split("\n").at(-1);
  if (last === undefined || last === "") throw new Error("the search ended without a result");
  return JSON.parse(last) as SearchResult;
}

function row(name: string, result: SearchResult): string {
  const { seeds, violations, simulatedSeconds, cpuSeconds, acknowledged, reads, faults } = result;
  const struck = Object.values(faults).reduce((sum, times) => sum + times, 0);
  const speed = Math.round(simulatedSeconds / cpuSeconds);
  const hours = (simulatedSeconds / 3600).toFixed(1);
  const cells = [name, seeds, violations, `${hours} h`, `${speed} x`, acknowledged, reads, struck];
  return `| ${cells.join(" | ")} |`;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20000" },
    "first-seed": { type: "string", default: "1" },
  },
});

const results: SearchResult[] = [];
console.log("| setting | seeds | violations | simulated | speed | acknowledged | reads | faults |");
console.log("|---|---|---|---|---|---|---|---|");
for (const { name, share, flags } of SETTINGS) {
  const seeds = Math.ceil(Number(values.seeds) * share);
  const result = await search(flags, seeds, Number(values["first-seed"]));
  results.push(result);
  console.log(row(name, result));
}

const never = results
  .map(({ neverReached }) => neverReached)
  .reduce((left, other) => left.filter((state) => other.includes(state)));
const reached = new Set(results.flatMap(({ rareStates }) => Object.keys(rareStates)));
console.log(`\nrare states reached: ${reached.size}; never: ${never.join(", ") || "none"}`);
for (const { check, replay } of results.flatMap(({ failures }) => failures))
  console.log(`${check}: ${replay}`);
if (results.some(({ violations }) => violations > 0)) process.exitCode = 10;

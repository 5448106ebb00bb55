import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

/** The parts of V8's `.cpuprofile` that are read. */
interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Waiting is left out: the load is where a process was busy for this share of a slice. */
const SLICE_US = 1_000_000;
const BUSY_SHARE = 0.3;
/** Slices before the load can have begun: start-up, and the ceiling, which is measured first. */
const STARTUP_SLICES = 5;
const OWNERS_TOLD = 10;
const FUNCTIONS_TOLD = 14;

/** Whose code a function is: a folder of ours, a package, the platform. */
function ownerOf({ url, functionName }: CallFrame): string {
  const packages = [...url.matchAll(/\/node_modules\/((?:@[\w-]+\/)?[\w.-]+)/g)];
  const ours = /\/dist\/([\w-]+)\//.exec(url)?.[1];
  if (packages.length > 0) return packages.at(-1)?.[1] ?? "a package";
  if (ours !== undefined) return `balsa ${ours}`;
  if (url.startsWith("node:")) return url.split("/").slice(0, 2).join("/");
  return functionName.startsWith("(") ? functionName : "native";
}

class Times {
  readonly #times = new Map<string, number>();

  add(name: string, timeUs: number): void {
    this.#times.set(name, (this.#times.get(name) ?? 0) + timeUs);
  }

  lines(count: number, allUs: number): readonly string[] {
    return [...this.#times]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, time]) => `  ${((100 * time) / allUs).toFixed(1).padStart(5)} %  ${name}`);
  }
}

interface Sample {
  readonly frame: CallFrame;
  readonly timeUs: number;
}

/** The samples in slices of a second each. */
function slicesOf({ nodes, samples, timeDeltas }: CpuProfile): readonly (readonly Sample[])[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const slices: Sample[][] = [];
  let atUs = 0;
  samples.forEach((id, at) => {
    const timeUs = timeDeltas[at] ?? 0;
    atUs += timeUs;
    const frame = frames.get(id) ?? { functionName: "(unknown)", url: "" };
    (slices[Math.floor(atUs / SLICE_US)] ??= []).push({ frame, timeUs });
  });
  return slices.filter((slice) => slice !== undefined);
}

function isIdle({ frame }: Sample): boolean {
  return frame.functionName === "(idle)";
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { timeUs }) => total + timeUs, 0);
}

function summarize(name: string, profile: CpuProfile): string {
  const underLoad = slicesOf(profile)
    .slice(STARTUP_SLICES)
    .filter((slice) => sum(slice.filter((one) => !isIdle(one))) > BUSY_SHARE * sum(slice))
    .flat();
  const busy = underLoad.filter((one) => !isIdle(one));
  const [owners, functions] = [new Times(), new Times()];
  for (const { frame, timeUs } of busy) {
    const owner = ownerOf(frame);
    owners.add(owner, timeUs);
    functions.add(`${frame.functionName || "(anonymous)"}  ${owner}`, timeUs);
  }
  const busyUs = sum(busy);
  const share = ((100 * busyUs) / sum(underLoad)).toFixed(0);
  return [
    `${name}: busy ${share} % of ${(sum(underLoad) / 1e6).toFixed(1)} s under load; of that`,
    ...owners.lines(OWNERS_TOLD, busyUs),
    "  by function",
    ...functions.lines(FUNCTIONS_TOLD, busyUs),
  ].join("\n");
}

/** Self time under load, for every process that left a profile below `directory`. */
export function summarizeProfiles(directory: string): string {
  const processes = existsSync(directory) ? readdirSync(directory).toSorted() : [];
  return processes
    .flatMap((name) =>
      readdirSync(join(directory, name))
        .filter((file) => file.endsWith(".cpuprofile"))
        .map((file) => {
          const text = readFileSync(join(directory, name, file), "utf8");
          return summarize(name, JSON.parse(text) as CpuProfile);
        }),
    )
    .join("\n\n");
}

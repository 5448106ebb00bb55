import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The parts of V8's `.cpuprofile` that are read. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const LINES_PER_PROCESS = 12;

/** Whose code a function is: a folder of ours, a package, the platform. */
function ownerOf(url: string, functionName: string): string {
  const ours = /\/dist\/([\w-]+)\//.exec(url)?.[1];
  const dependency = /\/node_modules\/((?:@[\w-]+\/)?[\w-]+)\/(?!.*\/node_modules\/)/.exec(
    url,
  )?.[1];
  if (dependency !== undefined) return dependency;
  if (ours !== undefined) return `balsa ${ours}`;
  if (url.startsWith("node:")) return url.replace(/^node:internal\//, "node ").split("/")[0] ?? url;
  return functionName.startsWith("(") ? functionName : "native";
}

function selfTimes(profile: CpuProfile): ReadonlyMap<string, number> {
  const owners = new Map(
    profile.nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame.url, callFrame.functionName)]),
  );
  const times = new Map<string, number>();
  profile.samples.forEach((id, at) => {
    const owner = owners.get(id) ?? "unknown";
    times.set(owner, (times.get(owner) ?? 0) + (profile.timeDeltas[at] ?? 0));
  });
  return times;
}

function summarize(name: string, profile: CpuProfile): string {
  const times = selfTimes(profile);
  const idle = times.get("(idle)") ?? 0;
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const busy = all - idle;
  const lines = [...times]
    .filter(([owner]) => owner !== "(idle)")
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, LINES_PER_PROCESS)
    .map(([owner, time]) => `  ${((100 * time) / busy).toFixed(1).padStart(5)} %  ${owner}`);
  const share = ((100 * busy) / all).toFixed(0);
  return [`${name}: busy ${share} % of ${(all / 1e6).toFixed(1)} s; of that`, ...lines].join("\n");
}

/** Self time by owner, for every process that left a profile below `directory`. */
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

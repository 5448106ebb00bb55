import type { BoundarySide, CrashPolicy, Fate } from "../disk/index.ts";
import type { SimHost } from "../host.ts";
import type { Watcher } from "../world.ts";
import type { CountRareState, RareState } from "./names.ts";

/** Disk operations by what they are part of. */
const PLACES: readonly (readonly [RegExp, RareState])[] = [
  [/^write .*\.index/, "crash.whileWritingRows"],
  [/^sync .*\.index/, "crash.whileSyncingRows"],
  [/^sync .*\.log/, "crash.whileSyncingFrames"],
  [/^(write|sync) .*hard-state\.0/, "crash.atHardState0"],
  [/^(write|sync) .*hard-state\.1/, "crash.atHardState1"],
  [/^(write|sync|create) .*identity\./, "crash.atIdentity"],
  [/^create .*\.index/, "crash.atIndexCreation"],
  [/^create .*\.log/, "crash.atLogCreation"],
  [/^syncDirectory .*log$/, "crash.atDirectorySync"],
  [/^truncate /, "crash.atCut"],
  [/^unlink /, "crash.atUnlink"],
];

/** Where exactly processes end. */
export class CrashStates implements Watcher {
  readonly #count: CountRareState;

  constructor(count: CountRareState) {
    this.#count = count;
  }

  ambushed(host: SimHost, side: BoundarySide, label: string): void {
    for (const [pattern, state] of PLACES) if (pattern.test(label)) this.#count(state);
    if (/^write .*\.log/.test(label))
      this.#count(isFooter(host, label) ? "crash.atFooter" : "crash.whileWritingFrames");
    const afterIndex = side === "after" && /^create .*\.index/.test(label);
    const beforeLog = side === "before" && /^create .*\.log/.test(label);
    if (afterIndex || beforeLog) this.#count("crash.betweenIndexAndLog");
  }
}

/** A write to a segment that is not the newest any more. */
function isFooter({ disk }: SimHost, label: string): boolean {
  const newest = disk.files().findLast((path) => path.endsWith(".log"));
  return newest !== undefined && !label.includes(newest);
}

/** The same fates, counted. */
export function countedFates(policy: CrashPolicy, count: CountRareState): CrashPolicy {
  return {
    write: (operation) => {
      const fate = policy.write(operation);
      count(nameOf(fate));
      return fate;
    },
    truncate: (operation) => {
      const fate = policy.truncate(operation);
      if (fate === "lost") count("disk.lostCut");
      return fate;
    },
    entry: (operation) => {
      const fate = policy.entry(operation);
      if (fate === "lost") count("disk.lostName");
      return fate;
    },
  };
}

function nameOf(fate: Fate): RareState {
  if (fate === "lost") return "disk.lostWrite";
  if (fate === "kept") return "disk.keptWrite";
  if (fate.filling === "zeros") return "disk.tornWithZeros";
  return fate.filling === "garbage" ? "disk.tornWithGarbage" : "disk.tornWithOld";
}

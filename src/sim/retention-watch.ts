import type { TraceEvent } from "../common/trace.ts";
import { compacts } from "../statemachine/settings.ts";
import type { SegmentStatus } from "../storage/types.ts";
import type { LogSize, TrimSeen } from "./history.ts";
import type { SimHost } from "./host.ts";
import type { Watcher, World } from "./world.ts";

/** Settings that were in force so long ago may still have decided about a trim. */
const SETTINGS_COUNT_MS = 10_000;
/** Nothing happens any more: what should go has time to. */
const SETTLE_MS = 20_000;

interface SettingsSeen {
  readonly timeMs: number;
  readonly retentionBytes: number | undefined;
  readonly retentionMs: number | undefined;
}

/** Notes what is trimmed and what the logs take, for whoever judges it. */
export class RetentionWatch implements Watcher {
  readonly trims: TrimSeen[] = [];
  readonly #world: World;
  readonly #settings: SettingsSeen[] = [];
  /** Offsets that the log was trimmed to, judged or not. */
  readonly #told = new Set<number>();
  #latestSkewMs = Number.NEGATIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  traced(event: TraceEvent, host: SimHost): void {
    for (const { wallSkewMs } of this.#world.hosts)
      if (wallSkewMs > this.#latestSkewMs) this.#latestSkewMs = wallSkewMs;
    if (event.event === "settings.applied") this.#settingsSeen(event);
    if (event.event === "log.trimmed") this.#trimmed(event, host);
  }

  /** Lets every node carry out what the policy says, and notes what is left then. */
  async settle(): Promise<readonly LogSize[]> {
    const world = this.#world;
    // A node that meets damage lets nothing go before it is mended.
    const whole = world.running.filter(({ disk }) => !disk.damaged);
    const sizes = () => whole.flatMap((host) => this.#sizeOf(host));
    await world.runUntil(() => sizes().every(isSettled), SETTLE_MS);
    return sizes();
  }

  #settingsSeen({ time: timeMs, facts }: TraceEvent): void {
    const { retentionBytes, retentionMs } = facts;
    this.#settings.push({
      timeMs,
      retentionBytes: typeof retentionBytes === "number" ? retentionBytes : undefined,
      retentionMs: typeof retentionMs === "number" ? retentionMs : undefined,
    });
  }

  #trimmed({ time: timeMs, facts }: TraceEvent, host: SimHost): void {
    const logStartOffset = Number(facts["logStartOffset"]);
    const { lifecycle } = host.node ?? {};
    const segments = lifecycle?.outlook().map(({ segment }) => segment) ?? [];
    // What was told once stays as it was judged: a boot tells of older trims again.
    if (segments.length === 0 || this.#told.has(logStartOffset)) return;
    this.#told.add(logStartOffset);
    const settings = lifecycle?.settings();
    const { retentionBytes, retentionMs } = settings ?? {};
    // Between the leader's word and now a compaction may have made it less.
    if (settings !== undefined && compacts(settings) && retentionBytes !== undefined) return;
    const seen = [...this.#settingsAt(timeMs), { retentionBytes, retentionMs }];
    const last = segments.findIndex(({ nextOffset }) => nextOffset >= logStartOffset);
    this.trims.push({
      ...{ nodeId: host.nodeId, timeMs, logStartOffset },
      bytesKept: bytesOf(segments.slice(last + 1)),
      newestGone: segments[last]?.lastTimestamp,
      wallMs: this.#world.time.clock(() => this.#latestSkewMs).wallMs(),
      retentionBytes: least(seen.map((settings) => settings.retentionBytes)),
      retentionMs: least(seen.map((settings) => settings.retentionMs)),
    });
  }

  /** All that were in force for some of the time before `timeMs`. */
  #settingsAt(timeMs: number): readonly SettingsSeen[] {
    const from = timeMs - SETTINGS_COUNT_MS;
    const first = this.#settings.findLastIndex((seen) => seen.timeMs < from);
    return this.#settings.slice(Math.max(0, first));
  }

  #sizeOf({ nodeId, node, leads }: SimHost): readonly LogSize[] {
    const settings = node?.lifecycle.settings();
    if (node === undefined || settings === undefined) return [];
    const outlook = node.lifecycle.outlook();
    const [oldest] = outlook;
    // Compacted logs are cut into files as it came, and the policy is of the leader's.
    const judged = leads || !compacts(settings);
    const goes = judged && oldest !== undefined && oldest.reason !== "active";
    const { retentionBytes, minCleanableDirtyRatio } = settings;
    const clean = minCleanableDirtyRatio > 0;
    const waiting = outlook.filter(({ reason }) => reason === "waits for compaction").length;
    return [
      {
        ...{ nodeId, timeMs: this.#world.time.nowMs, retentionBytes },
        bytes: bytesOf(outlook.map(({ segment }) => segment)),
        oldestBytes: goes ? oldest.segment.bytes : 0,
        waiting: clean ? 0 : waiting,
      },
    ];
  }
}

function isSettled({ bytes, oldestBytes, retentionBytes, waiting }: LogSize): boolean {
  const enough = retentionBytes ?? Number.POSITIVE_INFINITY;
  return waiting === 0 && (oldestBytes === 0 || bytes - oldestBytes < enough);
}

function bytesOf(segments: readonly SegmentStatus[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

function least(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce(
    (low, value) => (low === undefined || (value ?? low) < low ? value : low),
    undefined,
  );
}

import type { LogIndex, Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { LogSettings } from "../../statemachine/settings.ts";
import type { LifecycleApi, SegmentOutlook, SnapshotStatus } from "../lifecycle-api.ts";

const NOTHING: SnapshotStatus = {
  index: 0 as LogIndex,
  checkpoints: [],
  damaged: [],
  transfers: [],
};

/** The life of a log that may not be there yet: what changes it waits for a node that is ready. */
export class NodeLifecycle implements LifecycleApi {
  readonly #now: () => LifecycleApi;

  /** @param now throws LogError UNAVAILABLE before the log is recovered. */
  constructor(now: () => LifecycleApi) {
    this.#now = now;
  }

  async changeSettings(changes: Partial<LogSettings>): Promise<LogSettings> {
    return this.#now().changeSettings(changes);
  }

  settings(): LogSettings | undefined {
    return this.#ready()?.settings();
  }

  async trim(beforeOffset: Offset): Promise<Offset> {
    return this.#now().trim(beforeOffset);
  }

  async triggerSnapshot(): Promise<LogIndex> {
    return this.#now().triggerSnapshot();
  }

  async roll(): Promise<LogIndex> {
    return this.#now().roll();
  }

  outlook(): readonly SegmentOutlook[] {
    return this.#ready()?.outlook() ?? [];
  }

  snapshots(): SnapshotStatus {
    return this.#ready()?.snapshots() ?? NOTHING;
  }

  #ready(): LifecycleApi | undefined {
    try {
      return this.#now();
    } catch (thrown) {
      if (thrown instanceof LogError) return undefined;
      throw thrown;
    }
  }
}

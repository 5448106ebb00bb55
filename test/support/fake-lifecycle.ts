import { LogIndex, type Offset } from "../../src/common/brand.ts";
import type {
  LifecycleApi,
  SegmentOutlook,
  SnapshotStatus,
} from "../../src/runtime/lifecycle-api.ts";
import { DEFAULT_LOG_SETTINGS, type LogSettings } from "../../src/statemachine/settings.ts";

/** A log whose life is what a test says it is: every call is remembered and does nothing. */
export class FakeLifecycle implements LifecycleApi {
  readonly calls: string[] = [];
  current: LogSettings = DEFAULT_LOG_SETTINGS;
  segments: readonly SegmentOutlook[] = [];
  snapshot: SnapshotStatus = { index: LogIndex(0), checkpoints: [], damaged: [], transfers: [] };
  /** Thrown instead of any change. */
  refuse: Error | undefined;

  async changeSettings(changes: Partial<LogSettings>): Promise<LogSettings> {
    this.#called("changeSettings");
    this.current = { ...this.current, ...changes };
    return this.current;
  }

  settings(): LogSettings {
    return this.current;
  }

  async trim(beforeOffset: Offset): Promise<Offset> {
    this.#called(`trim ${beforeOffset}`);
    return beforeOffset;
  }

  async triggerSnapshot(): Promise<LogIndex> {
    this.#called("triggerSnapshot");
    return this.snapshot.index;
  }

  async roll(): Promise<LogIndex> {
    this.#called("roll");
    return LogIndex(1);
  }

  outlook(): readonly SegmentOutlook[] {
    return this.segments;
  }

  snapshots(): SnapshotStatus {
    return this.snapshot;
  }

  #called(what: string): void {
    if (this.refuse !== undefined) throw this.refuse;
    this.calls.push(what);
  }
}

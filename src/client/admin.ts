import { LogError } from "../common/errors.ts";
import type {
  SegmentsResponse,
  SnapshotsResponse,
  WireCheckpoint,
  WireSegmentOutlook,
  WireTransfer,
} from "../wire/admin-messages.ts";
import { adminService, logService } from "../wire/protos.ts";
import type { CallOptions } from "./call-options.ts";
import { callAnyMember, type ClientContext } from "./calls.ts";
import { type ClusterStatus, clusterStatus } from "./cluster-status.ts";
import { callLeader } from "./leader-call.ts";
import { fromWireSettings, type LogSettings, toWireChanges } from "./log-settings.ts";
import { callMember } from "./member-call.ts";

/** A segment of one member: why it is still there, and when it goes. */
export type SegmentOutlook = WireSegmentOutlook;

/** A checkpoint file of one member; `damage` is empty while it is intact. */
export type CheckpointInfo = WireCheckpoint;

/** A snapshot on its way to a follower, or to the member itself. */
export type SnapshotTransfer = WireTransfer;

export type MemberSegments = SegmentsResponse;

/** `index`: last entry of the newest snapshot that it knows of; 0: none. */
export type MemberSnapshots = SnapshotsResponse;

export interface MemberOptions extends CallOptions {
  /** Id of the member that is asked about itself. Default: the leader. */
  readonly member?: string | undefined;
}

export interface Admin {
  /** Every member as one of them can reach it; what does not answer is `down`. */
  status(options?: CallOptions): Promise<ClusterStatus>;
  /**
   * The replicated settings that the leader goes by.
   * @throws LogError UNAVAILABLE before the first leader fixed them
   */
  settings(options?: CallOptions): Promise<LogSettings>;
  /** Replaces what is given; resolves with all of them once they are in force. */
  changeSettings(changes: Partial<LogSettings>, options?: CallOptions): Promise<LogSettings>;
  /** Moves the log start: never back, at most to the high watermark. Whole segments go. */
  trim(beforeOffset: number, options?: CallOptions): Promise<{ readonly logStartOffset: number }>;
  /**
   * Marks everything up to a new seal as snapshot. `index` is its last entry, `offset` the one
   * after its last record.
   */
  triggerSnapshot(
    options?: CallOptions,
  ): Promise<{ readonly index: number; readonly offset: number }>;
  /** Starts a new segment unless the active one holds no record; answers its first index. */
  roll(options?: CallOptions): Promise<{ readonly firstIndex: number }>;
  segments(options?: MemberOptions): Promise<MemberSegments>;
  snapshots(options?: MemberOptions): Promise<MemberSnapshots>;
}

export function createAdmin(context: ClientContext): Admin {
  return {
    async status(options) {
      const request = { cluster: true };
      const { nodes } = await callAnyMember(context, logService().Status, request, options);
      return clusterStatus(nodes);
    },
    async settings(options = {}) {
      const { settings } = await callMember(context, adminService().GetSettings, {}, options);
      if (settings !== null) return fromWireSettings(settings);
      throw new LogError("UNAVAILABLE", "no leader has fixed the settings of the log yet");
    },
    async changeSettings(changes, options) {
      const request = toWireChanges(changes);
      const method = adminService().ChangeSettings;
      const { settings } = await callLeader(context, method, request, options);
      if (settings !== null) return fromWireSettings(settings);
      throw new LogError("UNAVAILABLE", "the node answered without settings");
    },
    async trim(beforeOffset, options) {
      if (!Number.isSafeInteger(beforeOffset) || beforeOffset < 0)
        throw new LogError("INVALID_ARGUMENT", `${beforeOffset} is no offset`);
      return callLeader(context, adminService().Trim, { beforeOffset }, options);
    },
    triggerSnapshot: (options) => callLeader(context, adminService().TriggerSnapshot, {}, options),
    roll: (options) => callLeader(context, adminService().Roll, {}, options),
    segments: (options = {}) => callMember(context, adminService().Segments, {}, options),
    snapshots: (options = {}) => callMember(context, adminService().Snapshots, {}, options),
  };
}

import type { Offset } from "../../common/brand.ts";
import type * as admin from "../../wire/admin-messages.ts";
import type { ServiceContext } from "../service-context.ts";
import { requestedChanges, toWireSettings } from "./settings-codec.ts";

/** One function for each call of `balsa.admin.v1.Admin`; they may throw anything. */
export function getSettings({ node }: ServiceContext): Promise<admin.GetSettingsResponse> {
  const settings = node.lifecycle.settings();
  return Promise.resolve({ settings: settings === undefined ? null : toWireSettings(settings) });
}

export async function changeSettings(
  { node }: ServiceContext,
  request: admin.ChangeSettingsRequest,
): Promise<admin.GetSettingsResponse> {
  const changed = await node.lifecycle.changeSettings(requestedChanges(request));
  return { settings: toWireSettings(changed) };
}

export async function trim(
  { node }: ServiceContext,
  { beforeOffset }: admin.TrimRequest,
): Promise<admin.TrimResponse> {
  return { logStartOffset: await node.lifecycle.trim(beforeOffset as Offset) };
}

export async function triggerSnapshot({
  node,
}: ServiceContext): Promise<admin.TriggerSnapshotResponse> {
  const index = await node.lifecycle.triggerSnapshot();
  const ends = node.lifecycle.outlook().find(({ segment }) => segment.lastIndex === index);
  // A segment that went meanwhile lies below the log start.
  return { index, offset: ends?.segment.nextOffset ?? node.status().logStartOffset };
}

export async function roll({ node }: ServiceContext): Promise<admin.RollResponse> {
  return { firstIndex: await node.lifecycle.roll() };
}

export function segments({ node }: ServiceContext): Promise<admin.SegmentsResponse> {
  const { logStartOffset, highWatermark } = node.status();
  const outlook = node.lifecycle.outlook();
  return Promise.resolve({
    nodeId: node.nodeId,
    logStartOffset,
    highWatermark,
    segments: outlook.map(({ segment, reason, explanation, goesAtWallMs }) => ({
      ...segment,
      // Sealed as a file is, but none of the log's own: an operator wants to know which.
      state: segment.file.endsWith(".compacted") ? "compacted" : segment.state,
      ...{ reason, explanation },
      goesAt: goesAtWallMs === undefined ? undefined : Math.max(0, Math.floor(goesAtWallMs)),
    })),
  });
}

export function snapshots({ node }: ServiceContext): Promise<admin.SnapshotsResponse> {
  const { index, checkpoints, damaged, transfers } = node.lifecycle.snapshots();
  return Promise.resolve({
    nodeId: node.nodeId,
    index,
    checkpoints: checkpoints.map((one) => ({ ...one, damage: one.damage ?? "" })),
    transfers,
    damaged,
  });
}

import { Metadata } from "@grpc/grpc-js";
import type { PeerIdentity } from "./types.ts";

/** Names and ids as Balsa makes them; anything else in an identity is refused unread. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NUMBER = /^\d{1,16}$/;

/** Who speaks, as metadata of a call or of its answer. */
export function writeIdentity(identity: PeerIdentity): Metadata {
  const metadata = new Metadata();
  metadata.set("balsa-node-id", identity.nodeId);
  metadata.set("balsa-disk-id", identity.diskId);
  if (identity.clusterId !== undefined) metadata.set("balsa-cluster-id", identity.clusterId);
  metadata.set("balsa-incarnation", String(identity.incarnation));
  return metadata;
}

/** The identity in a call's metadata, or undefined when it is absent or not well formed. */
export function readIdentity(metadata: Metadata): PeerIdentity | undefined {
  const nodeId = only(metadata, "balsa-node-id");
  const diskId = only(metadata, "balsa-disk-id");
  const clusterId = only(metadata, "balsa-cluster-id");
  const incarnation = only(metadata, "balsa-incarnation");
  if (nodeId === undefined || !NAME.test(nodeId)) return undefined;
  if (diskId === undefined || !NAME.test(diskId)) return undefined;
  if (clusterId !== undefined && !NAME.test(clusterId)) return undefined;
  if (incarnation === undefined || !NUMBER.test(incarnation)) return undefined;
  if (!Number.isSafeInteger(Number(incarnation))) return undefined;
  return { nodeId, diskId, clusterId, incarnation: Number(incarnation) };
}

function only(metadata: Metadata, key: string): string | undefined {
  const values = metadata.get(key);
  const value = values[0];
  return values.length === 1 && typeof value === "string" ? value : undefined;
}

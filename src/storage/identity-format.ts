import { isPlainObject, isText, type JsonFields } from "./json-fields.ts";
import { IDENTITY_FILE } from "./layout.ts";
import type { RecordFormat } from "./record-file.ts";
import type { ClusterIdentity, Identity, Voter } from "./types.ts";

/**
 * The body: `{nodeId, diskId, cluster?: {clusterId, voters: [{nodeId, diskId}], formed}}`. Its
 * version is that of the whole data directory.
 */
export const IDENTITY_FORMAT: RecordFormat<Identity> = {
  name: IDENTITY_FILE,
  magic: "BALSA-ID",
  version: 1,
  // Room for more voters than a cluster should have.
  fileBytes: 4096,
  encode: (identity) => ({ ...identity }),
  decode({ nodeId, diskId, cluster }) {
    if (!isText(nodeId) || !isText(diskId)) return undefined;
    if (cluster === undefined) return { nodeId, diskId, cluster: undefined };
    const known = isPlainObject(cluster) ? decodeCluster(cluster) : undefined;
    return known && { nodeId, diskId, cluster: known };
  },
};

function decodeCluster({ clusterId, voters, formed }: JsonFields): ClusterIdentity | undefined {
  if (!isText(clusterId) || typeof formed !== "boolean" || !Array.isArray(voters)) return undefined;
  const known: Voter[] = [];
  for (const voter of voters as readonly unknown[]) {
    if (!isPlainObject(voter)) return undefined;
    const { nodeId, diskId } = voter;
    if (!isText(nodeId) || !isText(diskId)) return undefined;
    known.push({ nodeId, diskId });
  }
  return { clusterId, voters: known, formed };
}

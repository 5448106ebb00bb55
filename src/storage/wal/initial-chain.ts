import { crc32 } from "node:zlib";
import type { ClusterIdentity } from "../types.ts";

/**
 * The chain value before entry 1: a function of cluster id and voters, so that the logs of two
 * clusters never match.
 */
export function initialChain(cluster: ClusterIdentity): number {
  const voters = cluster.voters
    .map(({ nodeId, diskId }) => `${nodeId} ${diskId}\n`)
    .sort()
    .join("");
  return crc32(Buffer.from(`balsa log\n${cluster.clusterId}\n${voters}`));
}

import { statfs } from "node:fs/promises";
import type { NodeMetrics } from "./metrics.ts";

/** Size of the file system that holds `directory`: as of the last time that it was asked for. */
export async function addDiskSize(metrics: NodeMetrics, directory: string): Promise<void> {
  let told: number | undefined;
  let looking: Promise<void> | undefined;
  // Never waited for by a page: a disk that is stuck must not keep the metrics that say so.
  const look = () => {
    looking ??= statfs(directory)
      .then(({ blocks, bsize }) => {
        told = blocks * bsize;
      })
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };
  await look();
  metrics.gauge("balsa_disk_total_bytes", "Size of the data directory's file system.", () => {
    void look();
    return told;
  });
}

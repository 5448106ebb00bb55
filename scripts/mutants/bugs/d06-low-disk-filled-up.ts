import type { Mutant } from "../mutant.ts";

export const lowDiskFilledUp: Mutant = {
  id: "d06",
  title: "a follower whose disk is low alone is sent entries until it is full",
  source: "full disks that end processes: etcd, Kafka and many more",
  breaks: "Its process ends by a full disk that everybody knew of.",
  edits: [
    {
      file: "raft/disk-room.ts",
      find: "  if (!follower.diskLow) return Number.POSITIVE_INFINITY;",
      replace: "  if (!follower.diskLow || state.nowMs >= 0) return Number.POSITIVE_INFINITY;",
    },
  ],
  world: { faults: "full-disk" },
};

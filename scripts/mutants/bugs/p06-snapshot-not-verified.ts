import type { Mutant } from "../mutant.ts";
import { COMPACTED } from "../worlds.ts";

export const snapshotNotVerified: Mutant = {
  id: "p06",
  title: "what was received is not compared with the hashes that were offered",
  source: "the transfer of docs/wire.md",
  breaks: "Bytes that changed on the way, or while they were staged, become part of the log.",
  edits: [
    {
      file: "storage/snapshots/incoming-snapshot.ts",
      find: '      if (!whole || hash.digest("hex") !== sha256) return',
      replace: '      if (!whole || hash.digest("hex").length !== sha256.length) return',
    },
  ],
  world: { faults: "incoming-rot,absence,wipe", fixed: COMPACTED },
};

import { newestInLog } from "../../storage/snapshots/newest-in-log.ts";
import type { CheckpointStore } from "../../storage/snapshots/types.ts";
import type { LogStore } from "../../storage/types.ts";
import type { NodeId } from "../../common/brand.ts";
import { CheckpointMender, type CheckpointMenderPorts } from "./checkpoint-mender.ts";

/** All others are asked so often, a second apart: they may be starting as well. */
const ROUNDS = 10;
const PAUSE_MS = 1000;

export interface StartCheckpointPorts extends CheckpointMenderPorts {
  readonly log: LogStore;
  readonly checkpoints: CheckpointStore;
  /** Every other voter. */
  readonly peers: readonly NodeId[];
  readonly pause: (delayMs: number) => Promise<void>;
}

/**
 * Before a boot: where the log's start is gone and no checkpoint from there on is intact, the one
 * at its start is fetched from another node. If nobody gives it, the boot says what is lost.
 */
export async function fetchStartCheckpoint(ports: StartCheckpointPorts): Promise<void> {
  const { log, checkpoints, peers, pause } = ports;
  if (peers.length === 0 || log.start.last.index === 0) return;
  if ((await newestInLog(checkpoints, log)) !== undefined) return;
  const mender = new CheckpointMender(ports);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const peer of peers) if (await mender.mend(peer, log.start.last.index)) return;
    if (round < ROUNDS) await pause(PAUSE_MS);
  }
}

import { createHash } from "node:crypto";
import { plainBytes } from "../storage/compression/plain-bytes.ts";
import { nameOf } from "../storage/layout.ts";
import { decodeCheckpoint } from "../storage/snapshots/checkpoint-format.ts";
import type { ClientWorld } from "./clients/client-world.ts";
import type { BoundsSample, ReadLog, Recovery, RunRecord, SealedFile } from "./history.ts";
import { isLeader } from "./host.ts";
import { MESSAGES_PER_SECOND_MAX } from "./message-rate.ts";
import type { Nemesis } from "./nemesis/nemesis.ts";
import { readLog } from "./read-log.ts";
import type { World } from "./world.ts";
import { ELECTION_TIMEOUT_MS_MAX } from "./world-options.ts";

/** Reading everything back may take this long. */
const READ_BACK_MS = 30_000;
/** One batch may pass a limit of bytes alone. */
const ONE_BATCH_BYTES = 4096;
/** Each strike may begin and end, and a lossy network may cost several leaders. */
const ELECTIONS_PER_FAULT = 8;

export interface RunParts {
  readonly world: World;
  readonly clients: ClientWorld;
  readonly nemesis: Nemesis;
  readonly recovery: Recovery | undefined;
  readonly samples: readonly BoundsSample[];
  readonly retention: RunRecord["retention"];
}

/** What the run leaves for the checkers; the nodes' logs are read through their own service. */
export async function recordRun({
  world,
  clients,
  nemesis,
  recovery,
  samples,
  retention,
}: RunParts): Promise<RunRecord> {
  const { maxUncommittedBytes, maxInflightMessages } = world.options;
  const uncommittedBytes = maxUncommittedBytes + ONE_BATCH_BYTES;
  return {
    nodes: world.hosts.map(({ nodeId }) => nodeId),
    appends: clients.appends,
    reads: clients.reads,
    logs: await readLogs(world),
    sealed: [...sealedFiles(world), ...checkpoints(world)],
    trace: world.trace,
    faults: nemesis.faults,
    recovery,
    retention,
    expected: { acknowledged: recovery === undefined ? 0 : 1 },
    bounds: {
      limits: {
        uncommittedBytes,
        inflightMessages: maxInflightMessages,
        messagesPerSecond: MESSAGES_PER_SECOND_MAX,
      },
      samples: [...samples, ...floodOf(world)],
    },
    timing: {
      electionTimeoutMs: ELECTION_TIMEOUT_MS_MAX,
      electionsPerFault: ELECTIONS_PER_FAULT,
    },
  };
}

/** What the leaders hold now. */
export function sampleBounds(world: World): readonly BoundsSample[] {
  return world.running.filter(isLeader).flatMap(({ nodeId, node }) => {
    const raft = node?.status().raft;
    if (raft === undefined) return [];
    const { uncommittedBytes, peers } = raft;
    const inflightMessages = Math.max(...peers.map((peer) => peer.inflightMessages));
    return [{ nodeId, timeMs: world.time.nowMs, held: { uncommittedBytes, inflightMessages } }];
  });
}

function floodOf({ network }: World): readonly BoundsSample[] {
  const { flood } = network.rate;
  if (flood === undefined) return [];
  const { nodeId, timeMs, messagesPerSecond } = flood;
  return [{ nodeId, timeMs, held: { messagesPerSecond } }];
}

async function readLogs(world: World): Promise<readonly ReadLog[]> {
  const logs: ReadLog[] = [];
  let waiting = 0;
  for (const { node } of world.running) {
    if (node === undefined) continue;
    waiting++;
    readLog(node).then(
      (log) => {
        waiting--;
        logs.push(log);
      },
      () => undefined,
    );
  }
  await world.runUntil(() => waiting === 0, READ_BACK_MS);
  return logs.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

function sealedFiles(world: World): readonly SealedFile[] {
  return world.running.flatMap(({ nodeId, disk, node }) => {
    const paths = disk.files();
    return (node?.status().segments ?? [])
      .filter(({ state }) => state === "sealed")
      .map(({ file }) => {
        const path = paths.find((name) => name.endsWith(`/${file}`)) ?? file;
        const sha256 = createHash("sha256")
          .update(plainBytes(disk.readFile(path)))
          .digest("hex");
        return { nodeId, file, sha256 };
      });
  });
}

/** Intact ones: a checkpoint is a function of the log, so those of one name are equal bytes. */
function checkpoints({ running }: World): readonly SealedFile[] {
  return running.flatMap(({ nodeId, disk }) =>
    disk
      .files()
      .filter((path) => path.endsWith(".checkpoint"))
      .flatMap((path) => {
        const bytes = disk.readFile(path);
        if (decodeCheckpoint(bytes).kind !== "valid") return [];
        const sha256 = createHash("sha256").update(bytes).digest("hex");
        return [{ nodeId, file: nameOf(path), sha256 }];
      }),
  );
}

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LogError } from "../../client/index.ts";
import type { NodeId } from "../../common/brand.ts";
import type { AppendOperation, ReadEntry, ReadLog, SealedFile } from "../../sim/history.ts";
import { plainBytes } from "../../storage/compression/plain-bytes.ts";
import type { ChaosNode } from "./chaos-cluster.ts";
import type { NodeCalls } from "./load/node-calls.ts";
import type { RunHistory } from "./load/run-history.ts";

const MAX_BYTES = 1 << 20;
const CALL_TIMEOUT_MS = 10_000;
/** A node that just woke asks for a little patience. */
const ATTEMPTS = 50;
const AGAIN_AFTER_MS = 200;

/** One node's committed log, all of it, as that node gives it to a reader. */
export async function readLogOf({ nodeId, client }: ChaosNode, calls: NodeCalls): Promise<ReadLog> {
  const entries: ReadEntry[] = [];
  for (let from = 0; ; ) {
    const page = await patiently(() =>
      calls.read(client, {
        ...{ from, maxBytes: MAX_BYTES, consistency: "local" },
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      }),
    );
    for (const entry of page.entries) {
      entries.push(entry);
      from = entry.baseOffset + entry.values.length;
    }
    if (from >= page.highWatermark || page.entries.length === 0) return { nodeId, entries };
  }
}

/** What others appended, before the run or during it, as appends of unknown outcome. */
export function foreignAppends(logs: readonly ReadLog[], history: RunHistory): AppendOperation[] {
  const known = new Set<string>();
  const appends: AppendOperation[] = [];
  for (const { entries } of logs)
    for (const { values } of entries) {
      const [first] = values;
      if (first === undefined || !history.isForeign(first) || known.has(first)) continue;
      known.add(first);
      const undecided = { settledMs: undefined, outcome: "unknown", offset: undefined } as const;
      appends.push({ client: "foreign", values, invokedMs: -1, ...undecided });
    }
  return appends;
}

/** SHA-256 of every segment that the node's status calls sealed. */
export function sealedFilesOf(
  nodeId: NodeId,
  dataDirectory: string,
  sealed: ReadonlySet<string>,
): readonly SealedFile[] {
  const folder = join(dataDirectory, "log");
  return readdirSync(folder)
    .filter((file) => sealed.has(file))
    .sort()
    .map((file) => {
      const sha256 = createHash("sha256")
        .update(plainBytes(readFileSync(join(folder, file))))
        .digest("hex");
      return { nodeId, file, sha256 };
    });
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof LogError) || attempt >= ATTEMPTS) throw thrown;
      await sleep(AGAIN_AFTER_MS);
    }
}

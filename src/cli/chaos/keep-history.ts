import { once } from "node:events";
import { cpSync, createWriteStream, existsSync } from "node:fs";
import { join } from "node:path";
import type { NodeId } from "../../common/brand.ts";
import type { RunRecord } from "../../sim/history.ts";
import { writeHistory } from "../../sim/history-ndjson.ts";

/** Writes the history, and copies what data does not lie in `directory` already. */
export async function keepHistory(
  directory: string,
  record: RunRecord,
  dataDirectories: readonly (readonly [NodeId, string])[],
): Promise<void> {
  const stream = createWriteStream(join(directory, "history.ndjson"));
  for (const line of writeHistory(record))
    if (!stream.write(`${line}\n`)) await once(stream, "drain");
  await new Promise<void>((resolve, reject) => {
    stream.once("error", reject).end(() => resolve());
  });
  for (const [nodeId, from] of dataDirectories) {
    const to = join(directory, nodeId);
    if (!existsSync(to))
      cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith("LOCK") });
  }
}

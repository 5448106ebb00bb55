import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Name of a node's log inside its data directory; older parts have `.1`, `.2` … behind it. */
const NODE_LOG = "node.ndjson";

/** Files kept beside the one that is written. */
export const NODE_LOGS_KEPT = 3;

/** `age`: 0 for the one that is written. */
export function nodeLogPath(dataDirectory: string, age = 0): string {
  return join(dataDirectory, age === 0 ? NODE_LOG : `${NODE_LOG}.${age}`);
}

/** A place in a node's log that stays the same when files are rolled: a file, by its first line. */
export interface NodeLogPlace {
  readonly firstLine: string;
  readonly byte: number;
}

/** Absent where there is no log yet. */
export function endOfNodeLog(dataDirectory: string): NodeLogPlace | undefined {
  const bytes = readPart(dataDirectory, 0);
  return bytes.length === 0 ? undefined : { firstLine: firstLineOf(bytes), byte: bytes.length };
}

/** All lines there are, oldest first; `since`: those behind it, or all when its file has gone. */
export function readNodeLog(dataDirectory: string, since?: NodeLogPlace): readonly string[] {
  const parts: string[] = [];
  for (let age = 0; age <= NODE_LOGS_KEPT; age++) {
    const bytes = readPart(dataDirectory, age);
    const reached = since !== undefined && firstLineOf(bytes) === since.firstLine;
    parts.unshift(bytes.toString("utf8", reached ? since.byte : 0));
    if (reached) break;
  }
  return parts
    .join("")
    .split("\n")
    .filter((line) => line !== "");
}

function firstLineOf(bytes: Buffer): string {
  return bytes.toString("utf8", 0, Math.max(0, bytes.indexOf("\n")));
}

function readPart(dataDirectory: string, age: number): Buffer {
  try {
    return readFileSync(nodeLogPath(dataDirectory, age));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "./process-identity.ts";

export type ProcessState = "running" | "paused" | "stopping" | "down";

/** One node as its supervisor sees it. */
export interface ProcessReport {
  readonly name: string;
  readonly nodeId: string;
  readonly state: ProcessState;
  readonly process: ProcessIdentity | undefined;
  readonly role: "leader" | "follower" | "unknown";
  readonly term: number;
  /** Milliseconds since 1970 of the last change of `state`. */
  readonly sinceMs: number;
  readonly starts: number;
  /** Why it is down, when it is. */
  readonly reason: string | undefined;
  readonly client: string;
  readonly peer: string;
  readonly dataDirectory: string;
}

/** `data/cluster.json`: how other commands find the running local cluster and its supervisor. */
export interface ClusterFile {
  readonly version: 1;
  readonly supervisor: ProcessIdentity;
  /** Loopback port and secret of the supervisor's control channel. */
  readonly control: { readonly port: number; readonly token: string };
  readonly startedAtMs: number;
  /** Client addresses of all nodes. */
  readonly endpoints: readonly string[];
  readonly nodes: readonly ProcessReport[];
}

export function clusterFilePath(directory: string): string {
  return join(directory, "data", "cluster.json");
}

export function readClusterFile(path: string): ClusterFile | undefined {
  try {
    const file = JSON.parse(readFileSync(path, "utf8")) as ClusterFile;
    return file.version === 1 ? file : undefined;
  } catch {
    // Absent, or a supervisor of another version: nobody to talk to either way.
    return undefined;
  }
}

/** Readers see the old file or the new one; only its owner may read the secret. */
export function writeClusterFile(path: string, file: ClusterFile): void {
  const partial = `${path}.partial`;
  writeFileSync(partial, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(partial, path);
}

export function removeClusterFile(path: string): void {
  rmSync(path, { force: true });
}

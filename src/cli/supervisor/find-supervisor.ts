import { dirname, resolve } from "node:path";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type ClusterFile, clusterFilePath, readClusterFile } from "./cluster-file.ts";
import { askSupervisor, type ControlAnswer, type ControlRequest } from "./control-channel.ts";
import { PASTE } from "./narrator.ts";

/** What `data/cluster.json` says, and whether the supervisor that wrote it still answers. */
export type FoundSupervisor =
  | { readonly kind: "none" }
  | { readonly kind: "gone"; readonly file: ClusterFile; readonly path: string }
  | { readonly kind: "running"; readonly file: ClusterFile; readonly path: string };

export async function findSupervisor(procfile: string): Promise<FoundSupervisor> {
  const path = clusterFilePath(dirname(resolve(procfile)));
  const file = readClusterFile(path);
  if (file === undefined) return { kind: "none" };
  const answer = await askSupervisor(file, { verb: "ping", nodes: [] });
  return { kind: answer === undefined ? "gone" : "running", file, path };
}

/** @throws Failure when no cluster runs here, or with what the supervisor refuses. */
export async function requireAnswer(
  procfile: string,
  request: ControlRequest,
): Promise<ControlAnswer> {
  const file = readClusterFile(clusterFilePath(dirname(resolve(procfile))));
  const answer = file === undefined ? undefined : await askSupervisor(file, request);
  if (answer !== undefined) return answer;
  throw new Failure(
    EXIT.cannotConnect,
    "UNAVAILABLE",
    file === undefined
      ? "no cluster runs here"
      : `no cluster runs here: its supervisor (process ${file.supervisor.pid}) is gone`,
    `\`${PASTE} cluster up\` starts one; run this in the same directory, or give --procfile`,
  );
}

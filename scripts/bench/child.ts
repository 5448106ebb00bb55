import { execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Load, LoadResult } from "./load.ts";

const run = promisify(execFile);

/** Compiled sibling of this file. */
function scriptPath(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, import.meta.url));
}

export interface CeilingProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts one node of the bare pipeline; resolves when it listens. */
export function startCeilingNode(argv: readonly string[]): Promise<CeilingProcess> {
  const command = [scriptPath("ceiling-node"), ...argv];
  const child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the ceiling's node ended with ${code}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      const port = /^ready (\d+)$/m.exec(String(chunk))?.[1];
      if (port === undefined) return;
      const stop = (): Promise<void> => {
        child.kill("SIGTERM");
        return exited;
      };
      resolve({ port: Number(port), pid: child.pid ?? 0, stop });
    });
  });
}

/** Runs a load generator in a process of its own, so that no run warms up the next one's client. */
export async function runLoad(
  script: "balsa-load" | "ceiling-load",
  target: string,
  load: Load,
  nodeFlags: readonly string[] = [],
): Promise<LoadResult> {
  const argv = [...nodeFlags, scriptPath(script), target, JSON.stringify(load)];
  const { stdout } = await run(process.execPath, argv);
  return JSON.parse(stdout) as LoadResult;
}

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { repositoryPath } from "./repository-path.ts";

export const BALSA = repositoryPath("dist/cli/main.js");

/** What the Procfile's nodes give to Node itself. */
const PROCFILE_FLAGS = ["--max-semi-space-size=4"] as const;

/** How a process ended: by itself or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One `balsa start`, its output in a file. */
export class NodeProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;

  /** `nodeFlags` go to Node itself, before the entry file. */
  constructor(configPath: string, logPath: string, nodeFlags: readonly string[] = []) {
    const log = openSync(logPath, "a");
    const command = [...PROCFILE_FLAGS, ...nodeFlags, BALSA, "start", "--config", configPath];
    // An open stdin: the node ends with this process, even if that is killed.
    const env = { ...process.env, BALSA_SUPERVISED: "1" };
    this.#child = spawn(process.execPath, command, { stdio: ["pipe", log, log], env });
    closeSync(log);
    this.exited = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("exit", (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  /** Absent when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends `signal`; resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Exit> {
    if (this.exit === undefined) this.#child.kill(signal);
    return this.exited;
  }
}

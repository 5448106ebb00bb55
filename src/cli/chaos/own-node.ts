import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type LogLine, parseLogLine } from "../story.ts";
import { SWITCH_VARIABLE } from "./disk-switch.ts";

/** Processes run from `dist/`, also when this file is run from `src/`. */
const BUILT = new URL("../../../dist/cli/", import.meta.url);
const MAIN = fileURLToPath(new URL("main.js", BUILT));
const SHIM = new URL("chaos/disk-shim.js", BUILT).href;

export interface OwnNodeOptions {
  readonly nodeId: string;
  readonly configPath: string;
  /** Everything it says. */
  readonly logPath: string;
  readonly diskSwitch: string;
  readonly logged: (line: LogLine) => void;
  /** Its process is gone; `how` where nobody asked for that. */
  readonly ended: (how: string | undefined) => void;
}

/** One node of the driver's own: a child process with a shim before its disk. */
export class OwnNode {
  readonly #options: OwnNodeOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #asked = false;
  #lastWords = "";

  constructor(options: OwnNodeOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logPath, { flags: "a" });
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    if (this.#child !== undefined) return;
    const { configPath, diskSwitch } = this.#options;
    const words = ["--import", SHIM, MAIN, "start", "--config", configPath, "--log-format", "json"];
    const child = spawn(process.execPath, words, {
      // A group of its own: a Ctrl-C in the terminal is the driver's business.
      detached: true,
      // It ends when its stdin closes: even when the driver is killed.
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...withoutSettings(process.env),
        [SWITCH_VARIABLE]: diskSwitch,
        BALSA_SUPERVISED: "1",
      },
    });
    this.#child = child;
    this.#asked = false;
    this.#lastWords = "";
    child.stdin?.on("error", () => {});
    this.#read(child.stdout);
    this.#read(child.stderr);
    this.#gone = this.#watch(child);
  }

  /** Resolves when the process is gone; a paused one wakes to hear anything but SIGKILL. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    if (this.#child === undefined) return;
    this.#asked = true;
    this.#child.kill(signal);
    if (signal === "SIGTERM") this.#child.kill("SIGCONT");
    await this.#gone;
  }

  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** At the very end of the driver, when nothing can be waited for. */
  killNow(): void {
    this.#asked = true;
    this.#child?.kill("SIGKILL");
  }

  #read(stream: ChildProcess["stdout"]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on("line", (raw) => {
      this.#log.write(`${raw}\n`);
      const line = parseLogLine(raw);
      if (line.event === undefined && line.msg === raw) this.#lastWords = raw;
      this.#options.logged(line);
    });
  }

  #watch(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      const over = (how: string) => {
        this.#child = undefined;
        const words = this.#lastWords === "" ? "" : `: ${this.#lastWords}`;
        this.#options.ended(this.#asked ? undefined : `${how}${words}`);
        resolve();
      };
      child.once("error", (error) => over(error.message));
      // "close" comes after the last line of output, "exit" may come before it.
      child.once("close", (code, signal) =>
        over(signal === null ? `exit code ${code}` : `killed by ${signal}`),
      );
    });
  }
}

/** What the user has set for nodes of his own is not meant for these. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith("BALSA_"));
  return Object.fromEntries(kept);
}

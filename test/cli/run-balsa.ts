import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The built program: processes under test run from `dist/`, which `pretest` makes. */
export const BALSA = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

const PATIENCE_MS = 60_000;
const POLL_MS = 25;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A running `balsa` whose output can be waited for. */
export class RunningBalsa {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  readonly #stdout: Buffer[] = [];
  #stderr = "";

  constructor(words: readonly string[], options: RunOptions = {}) {
    const { BALSA_ENDPOINTS: _, NO_COLOR: __, ...env } = process.env;
    this.child = spawn(process.execPath, [...(options.nodeFlags ?? []), BALSA, ...words], {
      cwd: options.cwd,
      env: { ...env, ...options.env },
      stdio: "pipe",
    });
    this.child.stdout?.on("data", (chunk: Buffer) => this.#stdout.push(chunk));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.child.stdin?.on("error", () => {});
    this.finished = once(this.child, "close").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdoutBytes,
      stderr: this.#stderr,
    }));
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get output(): string {
    return this.stdoutBytes.toString() + this.#stderr;
  }

  /** Resolves when what it printed contains `text`; rejects when it ends before that. */
  async says(text: string): Promise<void> {
    let ended = false;
    void this.finished.then(() => (ended = true));
    await until(`"${text}" in the output:\n${this.output}`, () => {
      if (this.output.includes(text)) return true;
      if (ended) throw new Error(`it ended without saying "${text}":\n${this.output}`);
      return false;
    });
  }
}

/** Runs one command line to its end. */
export function balsa(words: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const running = new RunningBalsa(words, options);
  running.child.stdin?.end(options.input ?? "");
  return running.finished;
}

/** Waits for a condition, not for a time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { isLeaderReady, type LogLine, parseLogLine } from "../story.ts";
import type { ProcessReport, ProcessState } from "./cluster-file.ts";
import { NodeLog } from "./node-log.ts";
import { identify, type ProcessIdentity, signalGroup } from "./process-identity.ts";
import type { NodeProcess } from "./procfile.ts";

/** How long a node may take to stop in good order before it is killed. */
const STOP_GRACE_MS = 10_000;

export interface NodeObserver {
  logged(node: ManagedNode, line: LogLine): void;
  ended(node: ManagedNode): void;
}

/** One child: its process group, its log, what is known of it. */
export class ManagedNode {
  readonly spec: NodeProcess;
  readonly #directory: string;
  readonly #observer: NodeObserver;
  readonly #log: NodeLog;
  #child: ChildProcess | undefined;
  #identity: ProcessIdentity | undefined;
  #ended: Promise<void> = Promise.resolve();
  #state: ProcessState = "down";
  #sinceMs = Date.now();
  #starts = 0;
  #reason: string | undefined;
  #expected = false;
  #lastWords = "";
  #role: ProcessReport["role"] = "unknown";
  #term = 0;

  constructor(spec: NodeProcess, directory: string, observer: NodeObserver) {
    this.spec = spec;
    this.#directory = directory;
    this.#observer = observer;
    this.#log = new NodeLog(spec.dataDirectory);
  }

  get name(): string {
    return this.spec.name;
  }

  get isUp(): boolean {
    return this.#child !== undefined;
  }

  /** It ended, and nobody asked it to. */
  get failed(): boolean {
    return !this.isUp && !this.#expected;
  }

  /** Exit code of the last process, when it ended by itself. */
  exitCode: number | undefined;

  start(): void {
    const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
    const child = spawn("/bin/sh", ["-c", this.spec.command], {
      cwd: this.#directory,
      // A group of its own: a Ctrl-C in the terminal reaches it once, through its supervisor.
      detached: true,
      // It stops when its stdin closes, so it never outlives a supervisor that was killed.
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PATH: path, BALSA_SUPERVISED: "1" },
    });
    this.#child = child;
    this.#identity = child.pid === undefined ? undefined : identify(child.pid);
    this.#starts++;
    this.#expected = false;
    this.#reason = undefined;
    this.#lastWords = "";
    this.exitCode = undefined;
    this.#enter("running");
    child.stdin?.on("error", () => {});
    this.#read(child.stdout);
    this.#read(child.stderr, (line) => {
      this.#lastWords ||= line;
    });
    this.#ended = this.#watch(child);
  }

  /** SIGTERM once, SIGCONT so that a paused one hears it, SIGKILL when it takes too long. */
  async stop(graceMs = STOP_GRACE_MS): Promise<void> {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    this.#expected = true;
    this.#enter("stopping");
    signalGroup(pid, "SIGTERM");
    signalGroup(pid, "SIGCONT");
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Sends `signal` to the group; resolves when the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    this.#expected = true;
    this.#reason = `killed by ${signal}`;
    signalGroup(pid, signal);
    if (signal !== "SIGKILL") signalGroup(pid, "SIGCONT");
    await this.#ended;
  }

  pause(): void {
    if (this.#child?.pid === undefined || this.#state !== "running") return;
    signalGroup(this.#child.pid, "SIGSTOP");
    this.#enter("paused");
  }

  resume(): void {
    if (this.#child?.pid === undefined || this.#state !== "paused") return;
    signalGroup(this.#child.pid, "SIGCONT");
    this.#enter("running");
  }

  closeLog(): Promise<void> {
    return this.#log.close();
  }

  report(): ProcessReport {
    const { name, nodeId, listenClient, listenPeer, dataDirectory } = this.spec;
    return {
      name,
      nodeId,
      state: this.#state,
      process: this.#identity,
      // What a paused node was is of no use: another may have taken its place.
      role: this.#state === "running" ? this.#role : "unknown",
      term: this.#term,
      sinceMs: this.#sinceMs,
      starts: this.#starts,
      reason: this.#reason,
      client: listenClient,
      peer: listenPeer,
      dataDirectory,
    };
  }

  #read(stream: Readable | null, onText?: (line: string) => void): void {
    if (stream === null) return;
    createInterface({ input: stream }).on("line", (raw) => {
      this.#log.write(raw);
      const line = parseLogLine(raw);
      if (line.event === undefined) onText?.(raw);
      this.#learn(line);
      this.#observer.logged(this, line);
    });
  }

  #learn(line: LogLine): void {
    const { event, term } = line;
    if (typeof term === "number") this.#term = Math.max(this.#term, term);
    if (isLeaderReady(line)) this.#role = "leader";
    else if (event === "leader.followed") this.#role = "follower";
    else if (event === "leader.steppedDown" || event === "node.started") this.#role = "unknown";
  }

  async #watch(child: ChildProcess): Promise<void> {
    const failed = once(child, "error").then(([error]) => {
      this.#reason = (error as Error).message;
    });
    // "close" comes after the last line of output, "exit" may come before it.
    await Promise.race([once(child, "close"), failed]);
    const { exitCode, signalCode } = child;
    this.exitCode = exitCode ?? undefined;
    this.#child = undefined;
    this.#identity = undefined;
    this.#role = "unknown";
    if (this.#state === "stopping") this.#reason = "stopped";
    const how = signalCode === null ? `exit code ${exitCode}` : `killed by ${signalCode}`;
    const words = this.#lastWords.replace(/^balsa: /, "");
    this.#reason ??= words === "" ? how : `${how}: ${words}`;
    this.#enter("down");
    this.#observer.ended(this);
  }

  #enter(state: ProcessState): void {
    this.#state = state;
    this.#sinceMs = Date.now();
  }
}

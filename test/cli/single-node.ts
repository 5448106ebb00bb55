import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { balsa, type Finished, RunningBalsa, type RunOptions } from "./run-balsa.ts";

/** `balsa start --data-dir d` on a free port: all that most commands need. */
export class SingleNode implements AsyncDisposable {
  readonly directory: string;
  readonly address: string;
  readonly node: RunningBalsa;

  private constructor(directory: string, address: string, node: RunningBalsa) {
    this.directory = directory;
    this.address = address;
    this.node = node;
  }

  static async start(...flags: readonly string[]): Promise<SingleNode> {
    const directory = mkdtempSync(join(tmpdir(), "balsa-single-"));
    const where = ["--data-dir", join(directory, "d"), "--listen-client", "127.0.0.1:0"];
    const node = new RunningBalsa(["start", ...where, ...flags]);
    await node.says('"event":"leader.ready"');
    const [, address = ""] = /serves clients at ([0-9.:]+)/.exec(node.output) ?? [];
    return new SingleNode(directory, address, node);
  }

  get dataDirectory(): string {
    return join(this.directory, "d");
  }

  /** Runs a command against this node. */
  balsa(words: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return balsa([...words], {
      ...options,
      env: { BALSA_ENDPOINTS: this.address, ...options.env },
    });
  }

  run(words: readonly string[]): RunningBalsa {
    return new RunningBalsa(words, { env: { BALSA_ENDPOINTS: this.address } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.node.child.kill("SIGKILL");
    await this.node.finished;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

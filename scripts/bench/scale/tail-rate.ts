import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BENCH_CASES } from "../cases.ts";
import { runLoad } from "../child.ts";
import { cpuTimesUs } from "../cpu-time.ts";
import { DirectCalls } from "./direct-calls.ts";
import type { TailFigures } from "./figures.ts";
import type { GrownCluster } from "./grown-cluster.ts";
import type { TailPart, TailTask } from "./tail-reader.ts";

/** P4: reads a follower's log from its first record to its end, and then along with P3. */
export async function measureTail(
  grown: GrownCluster,
  gigabytes: number,
  seconds: number,
): Promise<TailFigures> {
  const follower = await grown.follower();
  const calls = new DirectCalls(follower.clientAddress);
  const { highWatermark: end } = await calls.status();
  calls.close();
  const pid = grown.pidOf(follower);
  grown.forget(follower);
  const beforeUs = cpuTimesUs([pid]);
  const reader = new Reader({ address: follower.clientAddress, end });
  const cold = await reader.part();
  const nodeCpuSeconds = (cpuTimesUs([pid]) - beforeUs) / 1e6;
  const load = BENCH_CASES.find(({ id }) => id === "P3")?.load;
  if (load !== undefined)
    await runLoad("balsa-load", grown.cluster.endpoints, { ...load, seconds });
  reader.stop();
  const live = await reader.part();
  const gigabytesRead = cold.bytes / 1e9;
  return {
    gigabytes,
    coldMbPerSecond: cold.bytes / 1e6 / cold.seconds,
    nodeCpuSeconds: nodeCpuSeconds / gigabytesRead,
    readerCpuSeconds: cold.cpuSeconds / gigabytesRead,
    liveMbPerSecond: live.bytes / 1e6 / live.seconds,
    liveLag: live.lag,
  };
}

class Reader {
  readonly #child;
  readonly #lines: AsyncIterator<string>;

  constructor(task: TailTask) {
    const script = fileURLToPath(new URL("tail-reader.js", import.meta.url));
    this.#child = spawn(process.execPath, [script, JSON.stringify(task)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async part(): Promise<TailPart> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("the reader ended before the log");
    return JSON.parse(value) as TailPart;
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

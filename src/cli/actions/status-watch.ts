import { setTimeout as sleep } from "node:timers/promises";
import { resolveEndpoints } from "../endpoints.ts";
import { EXIT } from "../exit-codes.ts";
import { reportOf } from "../failure.ts";
import { type OutputFormat, write } from "../output.ts";
import { askStatus } from "../status-call.ts";
import { Screen } from "../screen.ts";
import { statusSummary, statusText } from "./status.ts";

/** Less than this would be a load of its own. */
const MIN_INTERVAL_MS = 100;

/**
 * Asks again and again until Ctrl-C: on a terminal one table that is drawn anew, elsewhere one
 * after the other; as JSON one line each time. Nobody answering is part of what is watched.
 */
export async function watchStatus(args: {
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
  readonly intervalMs: number;
}): Promise<void> {
  const endpoints = resolveEndpoints(args.endpoints);
  const ended = new AbortController();
  process.once("SIGINT", () => ended.abort());
  const screen = new Screen(process.stdout);
  const asJson = args.format === "json" || args.format === "ndjson";
  const intervalMs = Math.max(MIN_INTERVAL_MS, args.intervalMs);
  while (!ended.signal.aborted) {
    // A member that hangs must not stop the picture: the next look may find another one.
    const look = lookOnce(endpoints, Math.max(intervalMs, Math.min(args.timeoutMs, 2_000)));
    const seen = await Promise.race([look, whenAborted(ended.signal)]);
    if (seen === undefined) break;
    if (asJson) await write(`${JSON.stringify({ time: Date.now(), ...seen.json })}\n`);
    else await screen.draw(seen.text);
    await sleep(intervalMs, undefined, { signal: ended.signal }).catch(() => {});
  }
  process.exit(EXIT.interrupted);
}

interface Look {
  readonly text: string;
  readonly json: object;
}

async function lookOnce(endpoints: readonly string[], timeoutMs: number): Promise<Look> {
  try {
    const nodes = await askStatus(endpoints, timeoutMs);
    return { text: statusText(nodes), json: statusSummary(nodes) };
  } catch (thrown) {
    const { code, message } = reportOf(thrown);
    const text = `no answer from ${endpoints.join(", ")}\n${message}\n`;
    return { text, json: { error: { code, message } } };
  }
}

function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

import type { ReadLog, RunRecord, AppendOperation, ReadOperation } from "../../src/sim/history.ts";
import { until } from "../cli/run-balsa.ts";
import { Load } from "./load.ts";

type Polled = readonly (readonly [offset: number, message: string])[];

const KEYS = ["k1", "k2"] as const;
type Key = (typeof KEYS)[number];

/** What clients were told of one key, as the project's own checkers read it. */
interface KeyHistory {
  readonly appends: AppendOperation[];
  readonly reads: ReadOperation[];
}

/** The `kafka` workload: sends, polls from the beginning, committed offsets. */
export class KafkaLoad extends Load {
  readonly histories: Readonly<Record<Key, KeyHistory>> = {
    k1: { appends: [], reads: [] },
    k2: { appends: [], reads: [] },
  };
  /** Committed offsets that went back, one sentence each. */
  readonly wentBack: string[] = [];
  readonly #acknowledgedCommits = new Map<Key, number>();
  #messages = 0;

  protected override operate(client: string): Promise<void> {
    const key = this.choose(KEYS);
    switch (this.choose(["send", "send", "poll", "commit", "list"])) {
      case "send":
        return this.#send(client, key);
      case "poll":
        return this.#poll(client, key);
      case "commit":
        return this.#commit(client, key);
      default:
        return this.#list(client, key);
    }
  }

  /** One record a key, with what every node answers to a poll from the beginning, in the end. */
  async records(): Promise<readonly RunRecord[]> {
    const records: RunRecord[] = [];
    for (const key of KEYS) {
      const logs: ReadLog[] = [];
      for (const nodeId of this.workbench.nodeIds) {
        const polled = await this.#pollOf(nodeId, key);
        const entries = polled.map(([offset, message]) => {
          const place = { index: offset + 1, term: 1, chain: 0, baseOffset: offset };
          return { ...place, values: [message] };
        });
        logs.push({ nodeId, entries });
      }
      const { appends, reads } = this.histories[key];
      records.push({ nodes: this.workbench.nodeIds, appends, reads, logs, sealed: [], trace: [] });
    }
    return records;
  }

  async #send(client: string, key: Key): Promise<void> {
    const value = `m${this.#messages++}`;
    const { answer, outcome, invokedMs, completedMs } = await this.exchange(client, {
      ...{ type: "send", key, msg: value },
    });
    this.histories[key].appends.push({
      ...{ client, values: [value], invokedMs, settledMs: completedMs },
      outcome: outcome === "ok" ? "acknowledged" : outcome,
      offset: answer?.["offset"] as number | undefined,
    });
  }

  async #poll(client: string, key: Key): Promise<void> {
    const body = { type: "poll", offsets: { [key]: 0 } };
    const { answer, outcome, invokedMs, completedMs, node } = await this.exchange(client, body);
    if (outcome !== "ok") return;
    const polled = polledOf(answer, key);
    this.histories[key].reads.push({
      ...{ client, nodeId: node, consistency: "linearizable", from: 0 },
      ...{ invokedMs, settledMs: completedMs },
      answer: {
        values: polled.map(([, message]) => message),
        offsets: polled.map(([offset]) => offset),
        highWatermark: polled.length,
        logStartOffset: 0,
      },
    });
  }

  async #commit(client: string, key: Key): Promise<void> {
    const offset = this.histories[key].appends.length;
    const body = { type: "commit_offsets", offsets: { [key]: offset } };
    if ((await this.exchange(client, body)).outcome !== "ok") return;
    const known = this.#acknowledgedCommits.get(key) ?? 0;
    this.#acknowledgedCommits.set(key, Math.max(known, offset));
  }

  async #list(client: string, key: Key): Promise<void> {
    const known = this.#acknowledgedCommits.get(key);
    const body = { type: "list_committed_offsets", keys: [key] };
    const { answer, outcome } = await this.exchange(client, body);
    if (outcome !== "ok" || known === undefined) return;
    const told = (answer?.["offsets"] as Record<string, number> | undefined)?.[key];
    if (told === undefined || told < known)
      this.wentBack.push(`${key}: ${known} was committed, and ${told} is told`);
  }

  async #pollOf(nodeId: string, key: Key): Promise<Polled> {
    let polled: Polled | undefined;
    await until(`${nodeId} answers a poll`, async () => {
      const body = { type: "poll", offsets: { [key]: 0 } };
      const answer = await this.workbench.request("c99", nodeId, body);
      if (answer?.["type"] === "poll_ok") polled = polledOf(answer, key);
      return polled !== undefined;
    });
    return polled ?? [];
  }
}

function polledOf(answer: Record<string, unknown> | undefined, key: Key): Polled {
  return (answer?.["msgs"] as Record<string, Polled> | undefined)?.[key] ?? [];
}

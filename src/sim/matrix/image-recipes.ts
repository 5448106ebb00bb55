import { assert } from "../../common/assert.ts";
import { Offset } from "../../common/brand.ts";
import type { NodeApi } from "../../runtime/node-api.ts";
import { isLeader } from "../host.ts";
import type { World } from "../world.ts";
import type { WorldOptions } from "../world-options.ts";

/** What kind of logs the cluster of an image holds. */
export const IMAGES = {
  /** Everything that was ever appended. */
  plain: "logs that begin with entry 1",
  /** The oldest segments went, and a checkpoint stands where the log begins. */
  trimmed: "logs without their oldest segments, with checkpoints",
  /** The oldest segments were folded into compacted files. */
  compacted: "logs with a compacted prefix, with checkpoints",
  /** All sealed segments but the newest are compressed. */
  compressed: "logs whose cold segments are compressed",
} as const;

export type ImageKind = keyof typeof IMAGES;

/** What a client does before the cluster is stopped. */
export interface ImageRecipe {
  readonly settings: NonNullable<WorldOptions["settings"]>;
  /** Cold files are kept compressed. */
  readonly compression?: true;
  /** Appends before the operator comes. */
  readonly appendsBefore: number;
  /** Of the record that append `number` writes; absent: it has none. */
  readonly keyOf: (number: number) => string | undefined;
  /** What the operator asks of the leader; absent: there is none. */
  readonly order: ((node: NodeApi) => Promise<unknown>) | undefined;
  readonly appendsAfter: number;
}

const KEYS = 5;

export const RECIPES: Readonly<Record<ImageKind, ImageRecipe>> = {
  plain: {
    settings: {},
    appendsBefore: 18,
    keyOf: () => undefined,
    order: undefined,
    appendsAfter: 0,
  },
  trimmed: {
    settings: { cleanupPolicy: "delete" },
    appendsBefore: 40,
    keyOf: () => undefined,
    order: (node) => node.lifecycle.trim(Offset(20)),
    appendsAfter: 4,
  },
  compacted: {
    settings: { cleanupPolicy: "compact", minCleanableDirtyRatio: 0 },
    appendsBefore: 24,
    // Those without a key stay, so the prefix holds more than one record of each key.
    keyOf: (number) => (number % 4 === 0 ? undefined : `key-${number % KEYS}`),
    order: (node) => node.lifecycle.triggerSnapshot(),
    appendsAfter: 24,
  },
  compressed: {
    settings: {},
    compression: true,
    appendsBefore: 50,
    keyOf: () => undefined,
    order: undefined,
    appendsAfter: 0,
  },
};

const LIMIT_MS = 60_000;

/** The operator's word to the leader; the oldest segments have gone everywhere afterwards. */
export async function giveOrder(
  world: World,
  order: NonNullable<ImageRecipe["order"]>,
): Promise<void> {
  const leader = world.running.find(isLeader);
  assert(leader?.node !== undefined, "a healthy cluster has a leader");
  let failure: unknown = "no answer";
  order(leader.node).then(
    () => (failure = undefined),
    (thrown: unknown) => (failure = thrown),
  );
  const gone = () =>
    world.running.every(({ node }) => (node?.status().segments[0]?.firstIndex ?? 1) > 1);
  const done = await world.runUntil(() => failure === undefined && gone(), LIMIT_MS);
  assert(done, `the oldest segments go: ${String(failure)}`);
}

import { Offset } from "../../common/brand.ts";
import type { NodeApi } from "../../runtime/node-api.ts";
import { recordsOf } from "../read-log.ts";
import type { World } from "../world.ts";

/** What a node gave to a reader who began at the start of the log. */
export interface Served {
  readonly values: readonly string[];
  /** Why it gave no more; absent when it gave everything below its high watermark. */
  readonly refusal: string | undefined;
}

const LIMIT_MS = 30_000;
const READ_BYTES = 1 << 20;

/** Reads everything that a node serves, up to its high watermark or to its first refusal. */
export async function servedBy(world: World, node: NodeApi): Promise<Served> {
  const values: string[] = [];
  let refusal: string | undefined = "no answer";
  let ended = false;
  const read = async (): Promise<void> => {
    for (let from: number = node.status().logStartOffset; ; ) {
      const {
        run,
        highWatermark,
        nextOffset = 0,
      } = await node.read(Offset(from), READ_BYTES, "local");
      const records = recordsOf(run.chunks);
      values.push(...records.map(({ value }) => value));
      from = Math.max((records.at(-1)?.offset ?? from - 1) + 1, nextOffset);
      if (from >= highWatermark) return;
    }
  };
  read().then(
    () => {
      refusal = undefined;
      ended = true;
    },
    (thrown: unknown) => {
      refusal = String(thrown);
      ended = true;
    },
  );
  await world.runUntil(() => ended, LIMIT_MS);
  return { values: [...values], refusal };
}

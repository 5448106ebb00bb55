import { HISTORY_CHECKS } from "../../src/sim/checkers/all-checks.ts";
import { judge } from "../../src/sim/checkers/index.ts";
import type { KafkaLoad } from "./kafka-load.ts";
import type { LinKvLoad } from "./lin-kv-load.ts";

/** What the two loads and the project's checks have to say against one run, one line each. */
export async function complaints(
  registers: LinKvLoad,
  logs: KafkaLoad,
): Promise<readonly string[]> {
  const records = await logs.records();
  return [
    ...[...registers.strange, ...logs.strange].map((answer) => JSON.stringify(answer)),
    ...registers.contradictions().map((key) => `lin-kv: key ${key} is no register`),
    ...logs.wentBack,
    ...records.flatMap((record) =>
      judge(record, HISTORY_CHECKS).violations.map(({ check, message }) => `${check}: ${message}`),
    ),
  ];
}

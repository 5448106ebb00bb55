import type { Mutant } from "../mutant.ts";

export const fenceNotChecked: Mutant = {
  id: "m33",
  title: "appends of an older connection pass the fence",
  source: "etcd #18424, ra #145, fluree PR #1839, curvine #676",
  breaks: "What was sent before a reconnect is written after it was sent again: a duplicate.",
  edits: [
    {
      file: "runtime/producer-fences.ts",
      find: "    return fenced(producer.id, producer.epoch);\n",
      replace: "    return undefined;\n",
    },
  ],
};

import type { Mutant } from "../mutant.ts";

export const lostAppendToldFailed: Mutant = {
  id: "c03",
  title: "an append that was stamped is told failed at step-down",
  source: "Redpanda, Kafka: definite errors for undecided writes",
  breaks: "A client that was told that nothing happened finds its record in the log.",
  edits: [
    {
      file: "runtime/leader-view.ts",
      find: `      outcome: "unknown",
      term: this.term,
`,
      replace: `      outcome: "failed",
      term: this.term,
`,
    },
  ],
};

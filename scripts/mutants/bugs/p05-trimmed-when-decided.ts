import type { Mutant } from "../mutant.ts";

export const trimmedWhenDecided: Mutant = {
  id: "p05",
  title: "a leader moves the log start when it decides to, not when that is committed",
  source: "the three positions of docs/log-life.md",
  breaks: "What a deposed leader had let go is there again, and checkpoints differ between nodes.",
  edits: [
    {
      file: "statemachine/log-state.ts",
      find: "  image(): StateImage {\n",
      replace: `  decided(offset: Offset): void {
    this.#logStartOffset = Offset(Math.max(this.#logStartOffset, offset));
  }

  image(): StateImage {
`,
    },
    {
      file: "runtime/append-gate.ts",
      find: "    const done = deferred<AppendAck>();\n",
      replace: `    for (const entry of entries)
      if (entry !== "noop" && entry.control === "trim")
        this.#parts.state.decided(entry.logStartOffset);
    const done = deferred<AppendAck>();
`,
    },
  ],
};

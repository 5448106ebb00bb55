import type { Mutant } from "../mutant.ts";

export const termAndVoteApart: Mutant = {
  id: "m03",
  title: "term and vote are two writes, and the answer waits for the first",
  source: "hashicorp/raft #661",
  breaks: "A crash between the two leaves a term without the vote that was told in it.",
  edits: [
    {
      file: "runtime/effect-runner.ts",
      find: "      .update(hardState)\n",
      replace: "      .update({ currentTerm: hardState.currentTerm })\n",
    },
    {
      file: "runtime/effect-runner.ts",
      find: '  #truncateSuffix({ from }: EffectOf<"truncateSuffix">): void {\n',
      replace: `  #persistVote({ hardState }: EffectOf<"persistHardState">): void {
    this.#to.hardState.update({ votedFor: hardState.votedFor }).catch(this.#to.fail);
  }

  #truncateSuffix({ from }: EffectOf<"truncateSuffix">): void {
`,
    },
    {
      file: "runtime/effect-runner.ts",
      find: "        return this.#persistHardState(effect);\n",
      replace: `        this.#persistHardState(effect);
        return this.#persistVote(effect);
`,
    },
  ],
  world: { faults: "same-disks", invariants: true },
};

import type { Mutant } from "../mutant.ts";

export const imageBeforeControls: Mutant = {
  id: "m38b",
  title: "a checkpoint's image is taken before the last entries that it covers are applied",
  source: "etcd 3.5 postmortem, #13766",
  breaks: "A node that starts from it has never heard of a setting or a trim.",
  edits: [
    {
      file: "runtime/applier.ts",
      find: `        this.#applyControls(seal);
        this.#captured(seal, this.#state.image());
`,
      replace: `        const image = this.#state.image();
        this.#applyControls(seal);
        this.#captured(seal, image);
`,
    },
  ],
};

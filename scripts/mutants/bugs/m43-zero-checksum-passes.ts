import type { Mutant } from "../mutant.ts";

export const zeroChecksumPasses: Mutant = {
  id: "m43",
  title: "a checksum of 0 means that nothing is checked",
  source: "rabbitmq/ra `validate_checksum(0, …)`",
  breaks: "A tail torn into zeros is taken for a frame.",
  edits: [
    {
      file: "common/frame.ts",
      find: "  if (view.getUint32(at + HEADER_CRC_AT, true) !== ",
      replace:
        "  const sum = view.getUint32(at + HEADER_CRC_AT, true);\n  if (sum !== 0 && sum !== ",
    },
  ],
};

import type { Mutant } from "../mutant.ts";

export const lengthBelieved: Mutant = {
  id: "m41",
  title: "a length is believed before the checksum is",
  source: "CVE-2020-15106 (etcd)",
  breaks: "Garbage in a torn tail ends the process at every start.",
  edits: [
    {
      file: "common/frame.ts",
      find: '  if (view.byteLength - at < FRAME_HEADER_BYTES) return "cut";\n',
      replace: `  if (view.byteLength - at < FRAME_HEADER_BYTES) return "cut";
  if (view.getUint32(at + 4, true) > MAX_BATCH_BYTES) throw new RangeError("length out of range");
`,
    },
  ],
};

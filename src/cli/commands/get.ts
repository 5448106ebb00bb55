import { defineCommand } from "../command.ts";
import { formatOf, integerFlag, targetFlags } from "../flags.ts";

export const get = defineCommand({
  command: "get <offset>",
  summary: "Show one record, and the segment file and byte it lies at",
  positionals: {
    offset: {
      type: "string",
      demandOption: true,
      coerce: integerFlag("<offset>"),
      describe: "Offset of the record: 0 is the first",
    },
  },
  flags: { ...targetFlags },
  examples: [
    ["get 0", "the first record"],
    ["get 1041 --json", "as JSON; bytes that are not UTF-8 are given in base64"],
    ["get 1041 -w simple", "the value alone, as it is"],
  ],
  run: async (args) => {
    const { getRecord } = await import("../actions/get.ts");
    await getRecord({
      offset: args.offset,
      endpoints: args.endpoints,
      timeoutMs: args.timeout,
      format: formatOf(args),
    });
  },
});

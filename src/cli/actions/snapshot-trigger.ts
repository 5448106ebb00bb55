import { type ClientArguments, withClient } from "../open-client.ts";
import { type OutputFormat, printObject } from "../output.ts";

export async function triggerSnapshot(
  args: ClientArguments & { readonly format: OutputFormat },
): Promise<void> {
  const taken = await withClient(args, ({ admin }) =>
    admin.triggerSnapshot({ timeoutMs: args.timeoutMs }),
  );
  const { index, offset } = taken;
  const text =
    index === 0
      ? "nothing to cover: the log holds no record"
      : `snapshot up to entry ${index}: it covers every record before offset ${offset}`;
  await printObject(args.format, taken, text);
}

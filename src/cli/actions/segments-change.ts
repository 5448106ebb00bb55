import { confirm } from "../confirm.ts";
import { invalidValue } from "../failure.ts";
import { grouped } from "../numbers.ts";
import { type ClientArguments, withClient } from "../open-client.ts";
import { type OutputFormat, printObject } from "../output.ts";

type Arguments = ClientArguments & { readonly format: OutputFormat };

/** Moves the log start on every node; what lies before it is gone for good. */
export async function trimLog(
  args: Arguments & { readonly beforeOffset: number; readonly yes: boolean },
): Promise<void> {
  const { beforeOffset, timeoutMs } = args;
  await withClient(args, async (client) => {
    const { logStartOffset: start, highWatermark } = await client.offsets({ timeoutMs });
    if (beforeOffset > highWatermark)
      throw invalidValue("--before-offset", `${beforeOffset}: the log ends at ${highWatermark}`);
    if (beforeOffset > start && !args.yes)
      await confirm(
        `drop offsets ${start} to ${beforeOffset - 1} on every node, for good?`,
        "nothing was dropped",
        "say --yes to drop them without being asked",
      );
    const trimmed = await client.admin.trim(beforeOffset, { timeoutMs });
    const { logStartOffset } = trimmed;
    const dropped = logStartOffset - start;
    const text =
      dropped > 0
        ? `dropped ${grouped(dropped)} offsets; the log starts at ${logStartOffset}`
        : `nothing to drop: the log starts at ${logStartOffset}`;
    await printObject(args.format, { logStartOffset, dropped: Math.max(0, dropped) }, text);
  });
}

export async function rollSegment(args: Arguments): Promise<void> {
  await withClient(args, async (client) => {
    const { firstIndex } = await client.admin.roll({ timeoutMs: args.timeoutMs });
    const text = `the active segment begins at entry ${firstIndex}`;
    await printObject(args.format, { firstIndex }, text);
  });
}

import type { Argv, CommandModule, InferredOptionTypes, Options, PositionalOptions } from "yargs";
import { Failure } from "./failure.ts";
import { lastOf, outputFlags } from "./flags.ts";

type Flags = Readonly<Record<string, Options>>;
type Positionals = Readonly<Record<string, PositionalOptions>>;
type OutputFlags = typeof outputFlags;

/** What a handler gets: its flags, its positionals, and what every command has. */
export type Arguments<F extends Flags, P extends Positionals> = InferredOptionTypes<F> &
  InferredOptionTypes<P> &
  InferredOptionTypes<OutputFlags> & { readonly "--"?: readonly string[] };

export interface CommandSpec<F extends Flags, P extends Positionals> {
  /** As yargs wants it: `append [value..]`. */
  readonly command: string;
  readonly aliases?: readonly string[];
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What a reader of `--help` wants to know beyond the flags. */
  readonly details?: string;
  readonly positionals?: P;
  readonly flags?: F;
  /** Command line and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** Loads what it needs when it runs: `--help` must stay fast. */
  readonly run: (args: Arguments<F, P>) => Promise<void>;
}

/** Every command line as it is defined, such as `cluster kill <node..>`. */
const LINES: string[] = [];

/** The positionals that the command of `words` cannot do without: `<node..>`. */
export function neededBy(words: readonly string[]): string | undefined {
  const typed = words.join(" ");
  const line = LINES.find((known) => typed.startsWith(known.replace(/ [<[].*$/, "")));
  const needed = line?.match(/<[^>]+>/g);
  return needed?.join(" ");
}

/** One command for yargs, with the same shape of help everywhere. */
export function defineCommand<const F extends Flags, const P extends Positionals>(
  spec: CommandSpec<F, P>,
  parent = "",
): CommandModule {
  LINES.push(`${parent}${spec.command}`);
  const text = [spec.summary, spec.details].filter((part) => part !== undefined).join("\n\n");
  return {
    command: spec.command,
    aliases: spec.aliases ?? [],
    describe: spec.summary,
    builder: (yargs: Argv) => {
      yargs.usage(`$0 ${parent}${spec.command}\n\n${text}`);
      for (const [name, options] of Object.entries(spec.positionals ?? {}))
        yargs.positional(name, options);
      // Named like the default group, a command's own flags come first instead of last.
      for (const [name, options] of Object.entries(spec.flags ?? {}))
        yargs.option(name, { group: "Options:", ...options });
      yargs.options(outputFlags).version(false);
      for (const [line, meaning] of spec.examples) yargs.example(`$0 ${line}`, meaning);
      return yargs;
    },
    handler: async (args) => {
      const given: Record<string, unknown> = { ...args };
      for (const value of Object.values(given)) if (value instanceof Failure) throw value;
      for (const name of Object.keys({ ...spec.flags, ...outputFlags }))
        given[name] = lastOf(given[name]);
      await spec.run(given as unknown as Arguments<F, P>);
    },
  };
}

/** A command that only has commands under it. */
export function defineGroup(
  name: string,
  summary: string,
  details: string,
  commands: readonly CommandModule[],
): CommandModule {
  return {
    command: `${name} <command>`,
    describe: summary,
    builder: (yargs: Argv) =>
      yargs
        .usage(`$0 ${name} <command>\n\n${summary}\n\n${details}`)
        .command(commands as CommandModule[])
        .version(false)
        .demandCommand(1, `say which: balsa ${name} <command>`),
    handler: () => {},
  };
}

import {
  InvalidValue,
  parseDurationMs,
  parseInteger,
  parseSizeBytes,
} from "../runtime/config/quantity.ts";
import { invalidValue } from "./failure.ts";
import { OUTPUT_FORMATS, type OutputFormat } from "./output.ts";

/** On every command. */
export const outputFlags = {
  "write-out": {
    alias: "w",
    choices: OUTPUT_FORMATS,
    default: "table",
    requiresArg: true,
    group: "Output:",
    describe: "How to print, errors included",
  },
  json: { type: "boolean", default: false, group: "Output:", describe: "The same as -w json" },
  verbose: {
    type: "boolean",
    default: false,
    group: "Output:",
    describe: "Show where an error comes from",
  },
} as const;

/** On every command that asks a cluster. */
export const targetFlags = {
  endpoints: {
    type: "string",
    requiresArg: true,
    group: "Cluster:",
    describe:
      "Client addresses, host:port,… (default: $BALSA_ENDPOINTS, " +
      "else the local cluster of data/cluster.json, else 127.0.0.1:7101-7103)",
  },
  timeout: {
    type: "string",
    requiresArg: true,
    group: "Cluster:",
    coerce: durationFlag("--timeout"),
    default: "10s",
    describe: "Give up after this long without progress: 500ms, 5s, 1m",
  },
} as const;

/** Reads the two flags that mean a format. */
export function formatOf(args: {
  readonly "write-out": string;
  readonly json: boolean;
}): OutputFormat {
  return args.json ? "json" : (args["write-out"] as OutputFormat);
}

/** Numbers are read strictly: yargs would make NaN of `abc` and 1000 of `1e3`. */
export function integerFlag(flag: string, least = 0): (text: string) => number {
  return strictly(flag, (text) => {
    const value = parseInteger(text);
    if (value >= least) return value;
    throw new InvalidValue(`"${text}" is too small: at least ${least}`);
  });
}

export function durationFlag(flag: string): (text: string) => number {
  return strictly(flag, (text) => parseDurationMs(text));
}

export function sizeFlag(flag: string): (text: string) => number {
  return strictly(flag, parseSizeBytes);
}

/** Bytes a second: `5MB/s`. */
export function rateFlag(flag: string): (text: string) => number {
  return strictly(flag, (text) => {
    const [, size, per] = /^(.*?)(?:\/(s))?$/.exec(text.trim()) ?? [];
    const value = per === undefined ? 0 : parseSizeBytes(size ?? "");
    if (value > 0) return value;
    throw new InvalidValue(`"${text}" is not a rate such as 5MB/s or 200KiB/s`);
  });
}

/** An amount to keep, by time or by size: `7d`, `500GB`. */
export function retentionFlag(
  flag: string,
): (text: string) => { readonly ms: number } | { readonly bytes: number } {
  return strictly(flag, (text) => {
    const isTime = /^[\d.]+(?:ms|s|m|h|d)/.test(text.trim());
    const value = isTime ? parseDurationMs(text) : parseSizeBytes(text);
    if (value > 0) return isTime ? { ms: value } : { bytes: value };
    throw new InvalidValue(`"${text}" keeps nothing`);
  });
}

/** A flag given twice is an array to yargs; the last one counts, as in other programs. */
export function lastOf<T>(value: T | readonly T[]): T {
  return Array.isArray(value) ? (value.at(-1) as T) : (value as T);
}

/**
 * yargs keeps only the message of an error thrown here, so an unreadable value travels on as its
 * `Failure`, which `defineCommand` throws before the command sees it.
 */
function strictly<T>(flag: string, parse: (text: string) => T): (text: string) => T {
  return (text) => {
    // An absent flag passes through here too; its type is completed by yargs.
    if (text === undefined) return text;
    try {
      return parse(lastOf(text));
    } catch (error) {
      if (error instanceof InvalidValue) return invalidValue(flag, error.message) as never;
      throw error;
    }
  };
}

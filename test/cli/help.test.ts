import { describe, expect, it } from "vitest";
import { balsa } from "./run-balsa.ts";

const COMMANDS: readonly (readonly string[])[] = [
  ...[[], ["append"], ["tail"], ["consume"], ["get"], ["status"], ["wait"], ["start"]],
  ...[
    ["dump"],
    ["verify"],
    ["repair"],
    ["trace"],
    ["maelstrom"],
    ["version"],
    ["config"],
    ["config", "print"],
  ],
  ...["list", "info", "retention", "trim", "roll", "plan"].map((name) => ["segments", name]),
  ...["trigger", "list", "info", "verify"].map((name) => ["snapshot", name]),
  ...[["segments"], ["snapshot"], ["config", "get"], ["config", "set"]],
  ...[["cluster"], ["cluster", "up"]],
  ...[
    ["cluster", "down"],
    ["cluster", "status"],
    ["cluster", "logs"],
    ["cluster", "kill"],
  ],
  ...[
    ["cluster", "pause"],
    ["cluster", "resume"],
    ["cluster", "restart"],
    ["cluster", "wipe"],
  ],
];

/** Prints the address of every module that is loaded, by a hook of the loader. */
const LISTS_MODULES = (() => {
  const hooks =
    "import { writeSync } from 'node:fs';" +
    "export async function load(url, context, next) {" +
    " writeSync(2, 'loaded ' + url + '\\n'); return next(url, context); }";
  const data = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const address = JSON.stringify(data(hooks));
  const register = `import { register } from 'node:module'; register(${address});`;
  return ["--import", data(register)];
})();

async function modulesLoadedBy(words: readonly string[]): Promise<readonly string[]> {
  const { stderr } = await balsa(words, { nodeFlags: LISTS_MODULES });
  return stderr.split("\n").filter((line) => line.startsWith("loaded "));
}

const HEAVY = /node_modules\/(@grpc|zod|pino|yaml|protobufjs)\//;

describe("help", () => {
  it.each(COMMANDS.map((words) => [words.join(" "), words] as const))(
    "of `balsa %s` says what it does, on stdout, in 100 columns",
    async (_, words) => {
      const { code, stdout, stderr } = await balsa([...words, "--help"]);
      const text = stdout.toString();
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(text).toMatch(/^balsa /);
      expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
      const isGroup = ["cluster", "segments", "snapshot", "config"].includes(words.join(" "));
      expect(text).toContain(isGroup ? "Commands:" : "Examples:");
    },
  );

  it("loads neither gRPC nor the schema nor the logger", async () => {
    for (const words of [
      ["--help"],
      ["append", "--help"],
      ["start", "--help"],
      ["maelstrom", "--help"],
      ["segments", "--help"],
      ["snapshot", "verify", "--help"],
      ["config", "set", "--help"],
      ["--version"],
    ]) {
      const loaded = await modulesLoadedBy(words);
      expect(loaded.length).toBeGreaterThan(20);
      expect(loaded.filter((line) => HEAVY.test(line))).toEqual([]);
    }
  });

  it("would be caught if it did: a command that needs the schema loads it", async () => {
    const loaded = await modulesLoadedBy(["config", "print", "--data-dir", "d"]);
    expect(loaded.some((line) => HEAVY.test(line))).toBe(true);
  });

  it("shows every setting with its key and its variable", async () => {
    const { stdout } = await balsa(["start", "--help"]);
    const text = stdout.toString().replaceAll(/\s+/g, " ");
    expect(text).toContain("[8MiB, log.segment.bytes, BALSA_SEGMENT_BYTES] (default: 64MiB)");
  });
});

describe("version", () => {
  it("is the package's own, whichever way it is asked for", async () => {
    const flag = (await balsa(["--version"])).stdout.toString().trim();
    const json = JSON.parse((await balsa(["version", "--json"])).stdout.toString());
    expect(flag).toMatch(/^\d+\.\d+\.\d+$/);
    expect(json).toMatchObject({ version: flag, frameFormat: 1 });
  });
});

describe("completion", () => {
  it("prints a script that names the commands", async () => {
    const { code, stdout } = await balsa(["completion"]);
    expect(code).toBe(0);
    expect(stdout.toString()).toContain("balsa");
    const offered = await balsa(["--get-yargs-completions", "balsa", "cl"]);
    expect(offered.stdout.toString()).toContain("cluster");
    const under = await balsa(["--get-yargs-completions", "balsa", "snapshot", ""]);
    for (const name of ["trigger", "list", "info", "verify"])
      expect(under.stdout.toString()).toContain(name);
  });
});

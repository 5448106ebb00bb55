import { invalidValue } from "../failure.ts";
import { type OutputFormat, write } from "../output.ts";
import { clockTime, type LogLine, parseLogLine, tellStory } from "../story.ts";
import { readNodeLog } from "../supervisor/node-log-files.ts";
import { readLocalCluster } from "../supervisor/procfile.ts";

interface NodeLine {
  readonly name: string;
  readonly raw: string;
  readonly line: LogLine;
}

/** The last lines of the nodes' logs, merged by time: in words, or as they are. */
export async function clusterLogs(args: {
  readonly procfile: string;
  readonly names: readonly string[];
  readonly count: number;
  readonly format: OutputFormat;
}): Promise<void> {
  const { processes } = readLocalCluster(args.procfile);
  const known = processes.map(({ name }) => name);
  const stranger = args.names.find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw invalidValue("<node>", `there is no node "${stranger}"`, `nodes: ${known.join(", ")}`);
  const chosen = processes.filter(
    ({ name }) => args.names.length === 0 || args.names.includes(name),
  );
  const inWords = args.format === "table" || args.format === "simple";
  const lines = chosen
    .flatMap(({ name, dataDirectory }) => readLines(name, dataDirectory))
    .filter(({ line }) => !inWords || tellStory(line) !== undefined)
    .sort((a, b) => (a.line.time ?? 0) - (b.line.time ?? 0))
    .slice(-args.count);
  if (args.format === "json") {
    const parsed = lines.map(({ line }) => line);
    return write(`${JSON.stringify(parsed, undefined, 2)}\n`);
  }
  await write(lines.map((each) => `${inWords ? told(each) : each.raw}\n`).join(""));
}

function told({ name, line }: NodeLine): string {
  return `${clockTime(line.time ?? 0)} ${name} ${tellStory(line) ?? ""}`;
}

function readLines(name: string, dataDirectory: string): readonly NodeLine[] {
  return readNodeLog(dataDirectory).map((raw) => ({ name, raw, line: parseLogLine(raw) }));
}

import { clockTime, type LogLine, tellStory } from "../story.ts";
import { paint, wantsColor } from "../terminal.ts";

const COLORS = ["cyan", "yellow", "magenta", "green", "blue"] as const;

/** How this program is called in what is meant to be pasted: never a stranger's package. */
export const PASTE = "npx --no balsa";

/** One line per state change, each node in its colour. */
export class Narrator {
  readonly #color = wantsColor(process.stdout);
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Something happened to a node: its own words. */
  story(name: string, line: LogLine): void {
    const told = tellStory(line);
    if (told !== undefined) this.tell(name, told, line.time);
  }

  tell(name: string, text: string, timeMs: number = Date.now()): void {
    const style = COLORS[this.#names.indexOf(name) % COLORS.length] ?? "cyan";
    const width = Math.max(...this.#names.map((each) => each.length));
    const label = paint(this.#color, style, name.padEnd(width));
    const time = paint(this.#color, "dim", clockTime(timeMs));
    process.stdout.write(`${time} ${label} ${text}\n`);
  }

  /** Something about the cluster as a whole. */
  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Once, when the first leader is there: where it is and what to try. */
  banner(leader: string, endpoints: readonly string[], http: readonly string[]): void {
    const bold = (text: string) => paint(this.#color, "bold", text);
    this.say(
      [
        "",
        `  leader     ${bold(leader)}`,
        `  endpoints  ${endpoints.join(",")}`,
        ...(http.length === 0 ? [] : [`  metrics    ${http.map(metricsPage).join(" ")}`]),
        "",
        "  try, in another terminal:",
        `    ${PASTE} append "hello, raft"`,
        `    ${PASTE} tail -o start`,
        `    ${PASTE} cluster kill leader`,
        "",
        "  Ctrl-C stops everything; the log stays in data/",
        "",
      ].join("\n"),
    );
  }
}

function metricsPage(address: string): string {
  return `http://${address}/metrics`;
}

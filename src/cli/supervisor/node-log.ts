import { type WriteStream, createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Name of a node's log inside its data directory. */
export const NODE_LOG = "node.ndjson";

/** Appends a node's JSON lines to its file. */
export class NodeLog {
  readonly path: string;
  #stream: WriteStream | undefined;

  constructor(dataDirectory: string) {
    this.path = join(dataDirectory, NODE_LOG);
  }

  /** One line, without its newline. What is not JSON is wrapped: the file stays readable. */
  write(line: string): void {
    this.#open().write(line.startsWith("{") ? `${line}\n` : `${JSON.stringify(wrap(line))}\n`);
  }

  close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    return new Promise((resolve) => {
      if (stream === undefined) resolve();
      else stream.end(() => resolve());
    });
  }

  #open(): WriteStream {
    if (this.#stream === undefined) {
      mkdirSync(join(this.path, ".."), { recursive: true });
      this.#stream = createWriteStream(this.path, { flags: "a" });
      // A full disk must not take the supervisor down: the nodes say what they think of it.
      this.#stream.on("error", () => {});
    }
    return this.#stream;
  }
}

function wrap(line: string): object {
  return { level: 50, time: Date.now(), msg: line };
}

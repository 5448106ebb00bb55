import {
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  type WriteStream,
} from "node:fs";
import { dirname } from "node:path";
import { NODE_LOGS_KEPT, nodeLogPath } from "./node-log-files.ts";

/** A node tells of state changes only: this is a year of a quiet cluster, or a day of chaos. */
const MAX_BYTES = 8 << 20;

/** Appends a node's JSON lines to its file, which is rolled before it grows beyond a bound. */
export class NodeLog {
  readonly #directory: string;
  readonly #maxBytes: number;
  #stream: WriteStream | undefined;
  #bytes = 0;
  /** Files that were rolled and may still have lines on their way. */
  #ending: Promise<void> = Promise.resolve();

  constructor(dataDirectory: string, maxBytes = MAX_BYTES) {
    this.#directory = dataDirectory;
    this.#maxBytes = maxBytes;
  }

  /** One line, without its newline. What is not JSON is wrapped: the file stays readable. */
  write(line: string): void {
    const text = line.startsWith("{") ? `${line}\n` : `${JSON.stringify(wrap(line))}\n`;
    const bytes = Buffer.byteLength(text);
    try {
      this.#stream ??= this.#open();
      if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
        this.#end();
        this.#roll();
        this.#stream = this.#open();
      }
      this.#stream.write(text);
      this.#bytes += bytes;
    } catch {
      // A full disk must not take the supervisor down: the nodes say what they think of it.
    }
  }

  close(): Promise<void> {
    this.#end();
    return this.#ending;
  }

  #open(): WriteStream {
    const path = nodeLogPath(this.#directory);
    mkdirSync(dirname(path), { recursive: true });
    // Opened at once: what is written goes to this file, whatever its name is by then.
    const fd = openSync(path, "a");
    this.#bytes = fstatSync(fd).size;
    const stream = createWriteStream(path, { fd });
    // It is opened again with the next line, when there may be room again.
    return stream.on("error", () => {
      if (this.#stream === stream) this.#stream = undefined;
    });
  }

  #end(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined || stream.closed) return;
    const closed = new Promise<void>((resolve) => stream.once("close", resolve));
    stream.end();
    this.#ending = Promise.all([this.#ending, closed]).then(() => undefined);
  }

  /** Every file takes the name of the next older one; the oldest goes. */
  #roll(): void {
    for (let age = NODE_LOGS_KEPT; age > 0; age--)
      try {
        renameSync(nodeLogPath(this.#directory, age - 1), nodeLogPath(this.#directory, age));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
  }
}

function wrap(line: string): object {
  return { level: 50, time: Date.now(), msg: line };
}

import { pino } from "pino";
import type { TraceEvent } from "../common/trace.ts";
import { clockTime, INFO_EVENTS, type LogLine, tellStory } from "./story.ts";

/** Tells what happens on a node: as JSON lines, or in words where a person looks on. */
export interface NodeLogger {
  trace(event: TraceEvent): void;
  say(message: string): void;
  /** Something unexpected that ends the process, with its stack. */
  fatal(error: unknown): void;
  /** Everything told so far is written when this returns. */
  flush(): void;
}

/** `stream`: where it tells; standard output belongs to the protocol where there is one. */
export function openNodeLogger(
  nodeId: string,
  format: "auto" | "json" | "human",
  stream: NodeJS.WriteStream & { readonly fd: 1 | 2 } = process.stdout,
): NodeLogger {
  const human = format === "human" || (format === "auto" && stream.isTTY === true);
  return human ? wordsLogger(stream) : jsonLogger(nodeId, stream.fd);
}

function jsonLogger(nodeId: string, fd: 1 | 2): NodeLogger {
  // Asynchronous: a reader that stalls must not stall elections.
  const destination = pino.destination({ fd, sync: false });
  // Whoever read is gone: a supervisor's end is seen on stdin, another reader is not needed.
  destination.on("error", () => {});
  const logger = pino({ base: { node: nodeId } }, destination);
  return {
    trace: (event) => {
      if (!INFO_EVENTS.has(event.event)) return;
      const line = fieldsOf(event);
      if (event.event === "node.halted") logger.fatal(line);
      else logger.info(line);
    },
    say: (message) => logger.info(message),
    fatal: (error) => logger.fatal({ err: error }, "unexpected error"),
    flush: () => {
      try {
        destination.flushSync();
      } catch {
        // Not open yet, or its reader is gone: there is nobody to tell.
      }
    },
  };
}

function wordsLogger(stream: NodeJS.WriteStream): NodeLogger {
  const tell = (line: LogLine) => {
    const told = tellStory(line);
    if (told !== undefined) stream.write(`${clockTime(Date.now())} ${told}\n`);
  };
  return {
    trace: (event) => tell(fieldsOf(event)),
    say: (message) => tell({ msg: message }),
    fatal: () => {},
    flush: () => {},
  };
}

function fieldsOf({ seq, time, term, event, facts }: TraceEvent) {
  return { seq, atMs: Math.round(time), term, event, ...facts };
}

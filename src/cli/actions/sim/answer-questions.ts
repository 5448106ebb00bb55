import type { Answered } from "./worker-process.ts";

/**
 * The other side of `WorkerProcess`: answers what its parent asks, and ends with it. An answer that
 * throws ends the process, and with it the run.
 */
export function answerQuestions<Q, A>(answerTo: (question: Q) => Promise<A>): void {
  // Nodes refuse and fail calls all the time in these worlds, and nobody reads where from.
  Error.stackTraceLimit = 0;
  const reply = async (question: Q): Promise<void> => {
    const answer = await answerTo(question);
    const { user, system } = process.cpuUsage();
    process.send?.({ answer, cpuSeconds: (user + system) / 1e6 } satisfies Answered<A>);
  };
  process.on("message", (question) => void reply(question as Q));
}

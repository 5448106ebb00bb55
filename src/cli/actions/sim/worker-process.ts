import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/**
 * Every core has a worker, so that an engine which collects and compiles on threads of its own only
 * gets in the others' way: without them, and with V8's quick first compiler, worlds cost a seventh
 * less. They make many small objects that die young: a young generation with room is collected less
 * often.
 */
const ENGINE_OPTIONS = ["--single-threaded", "--sparkplug", "--max-semi-space-size=32"];

/** What comes back for one question. */
export interface Answered<A> {
  readonly answer: A;
  /** Processor time that the worker has used since it was started, its start included. */
  readonly cpuSeconds: number;
}

/**
 * Runs `work` with each of `workers` processes at once; resolves with the processor seconds of all,
 * this process's own among them.
 * `file`: a compiled one, which calls `answerQuestions`.
 * @throws Error when a process ends before it has answered
 */
export async function withWorkers<Q, A>(
  file: URL,
  workers: number,
  work: (ask: (question: Q) => Promise<A>) => Promise<void>,
): Promise<number> {
  const before = process.cpuUsage();
  const withOne = async (): Promise<number> => {
    const worker = new WorkerProcess<Q, A>(file);
    try {
      await work((question) => worker.ask(question));
      return worker.cpuSeconds;
    } finally {
      worker.end();
    }
  };
  const seconds = await Promise.all(Array.from({ length: workers }, withOne));
  const { user, system } = process.cpuUsage(before);
  return seconds.reduce((sum, one) => sum + one, (user + system) / 1e6);
}

/** A process that answers questions one by one. */
class WorkerProcess<Q, A> {
  readonly #process: ChildProcess;
  readonly #gone: Promise<never>;
  #cpuSeconds = 0;

  constructor(file: URL) {
    this.#process = fork(file, {
      execArgv: [...process.execArgv, ...ENGINE_OPTIONS],
      serialization: "advanced",
    });
    this.#gone = once(this.#process, "exit").then(([code, signal]: (string | number | null)[]) => {
      throw new Error(
        `a worker process ended (${signal ?? `exit code ${code}`}) before it had answered: ` +
          `where memory is short, fewer workers may do`,
      );
    });
    this.#gone.catch(() => undefined);
  }

  get cpuSeconds(): number {
    return this.#cpuSeconds;
  }

  /** Rejects when the process ends first: what it threw is on stderr. */
  async ask(question: Q): Promise<A> {
    const told = once(this.#process, "message");
    this.#process.send(question as object);
    const [{ answer, cpuSeconds }] = (await Promise.race([told, this.#gone])) as [Answered<A>];
    this.#cpuSeconds = cpuSeconds;
    return answer;
  }

  /** It ends when it has answered what it was asked. */
  end(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}

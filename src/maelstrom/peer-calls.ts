import type { NodeId } from "../common/brand.ts";
import { type Deferred, deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import { type Body, isObject } from "./message.ts";

/** Sends a body to another node over the workbench's network: it may be late, or lost. */
export type SendToNode = (to: NodeId, body: Body) => void;

/** Answers a question of another node. What it throws is told to the one who asked. */
export type Answerer = (from: NodeId, question: Body) => Promise<Body>;

interface Asked {
  readonly of: NodeId;
  readonly answer: Deferred<Body>;
}

/** Questions that wait at once; beyond it nobody can be asked. */
const MAX_ASKED = 4096;
/** The latest questions heard, so that one that comes twice is carried out once. */
const MAX_HEARD = 4 * MAX_ASKED;

export const ASK = "balsa_ask";
export const ANSWER = "balsa_answer";

/**
 * Calls with an answer, between nodes. They have numbers of their own: `msg_id` belongs to what
 * clients are told, and a number of an earlier process must not fit a question of this one.
 */
export class PeerCalls {
  readonly #send: SendToNode;
  readonly #scheduler: Scheduler;
  readonly #session: string;
  readonly #asked = new Map<string, Asked>();
  readonly #heard = new Set<string>();
  readonly #answerers = new Map<string, Answerer>();
  #count = 0;
  #closed = false;

  /** `session` is drawn anew by every process. */
  constructor(session: string, send: SendToNode, scheduler: Scheduler) {
    this.#session = session;
    this.#send = send;
    this.#scheduler = scheduler;
  }

  /** From now on questions of this kind are answered. */
  answer(what: string, answerer: Answerer): void {
    this.#answerers.set(what, answerer);
  }

  /** @throws LogError (rejects) UNAVAILABLE: no answer in time, or the peer cannot answer */
  ask(peer: NodeId, what: string, question: Body, timeoutMs: number): Promise<Body> {
    if (this.#closed || this.#asked.size >= MAX_ASKED)
      return Promise.reject(new LogError("UNAVAILABLE", `${peer} cannot be asked`));
    const answer = deferred<Body>();
    const ask = `${this.#session}.${this.#count++}`;
    this.#asked.set(ask, { of: peer, answer });
    const cancel = this.#scheduler.after(timeoutMs, () => {
      answer.reject(new LogError("UNAVAILABLE", `${peer} did not answer in ${timeoutMs} ms`));
    });
    this.#send(peer, { type: ASK, ask, what, question });
    return answer.promise.finally(() => {
      cancel();
      this.#asked.delete(ask);
    });
  }

  /** Takes a message of another node; false when it is neither question nor answer. */
  received(from: NodeId, body: Body): boolean {
    if (body["type"] === ASK) this.#answerTo(from, body);
    else if (body["type"] === ANSWER) this.#answered(from, body);
    else return false;
    return true;
  }

  close(): void {
    this.#closed = true;
    for (const { answer } of this.#asked.values())
      answer.reject(new LogError("CLOSED", "the node is shutting down"));
  }

  #answerTo(from: NodeId, { ask, what, question }: Body): void {
    const answerer = typeof what === "string" ? this.#answerers.get(what) : undefined;
    if (this.#closed || answerer === undefined || !isObject(question)) return;
    if (typeof ask !== "string" || !this.#isNew(`${from} ${ask}`)) return;
    const reply = (fields: Body) => {
      if (!this.#closed) this.#send(from, { type: ANSWER, ask, ...fields });
    };
    answerer(from, question).then(
      (answer) => reply({ answer }),
      (thrown: unknown) => reply({ refused: LogError.from(thrown).message }),
    );
  }

  #isNew(ask: string): boolean {
    if (this.#heard.has(ask)) return false;
    this.#heard.add(ask);
    const [oldest] = this.#heard;
    if (this.#heard.size > MAX_HEARD && oldest !== undefined) this.#heard.delete(oldest);
    return true;
  }

  #answered(from: NodeId, { ask, answer, refused }: Body): void {
    const asked = typeof ask === "string" ? this.#asked.get(ask) : undefined;
    if (asked === undefined || asked.of !== from) return;
    if (isObject(answer)) asked.answer.resolve(answer);
    else asked.answer.reject(new LogError("UNAVAILABLE", `${from}: ${String(refused)}`));
  }
}

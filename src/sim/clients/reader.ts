import { Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import type { ReadAnswer } from "../../runtime/node-api.ts";
import type { SimHost } from "../host.ts";
import { isLeader } from "../host.ts";
import type { ReadOperation } from "../history.ts";
import { recordsOf } from "../read-log.ts";
import type { ClientWorld } from "./client-world.ts";
import { Session } from "./session.ts";

const CALL_TIMEOUT_MS = 2000;
const MAX_BYTES = 1500;
/** How often a local reader leaves its node, and asks for no less than it has seen. */
const LOCAL_SESSION_SHARE = 0.2;

export type ReaderKind = "linearizable" | "local" | "session" | "tail";

/**
 * `linearizable`: asks any node, now here, now there. `local`: stays with one node, whose answers
 * may be old but never go back. `session`: asks any node for what it knows, but for no less than
 * this client has seen. `tail`: follows the log at one node, and sometimes sleeps over it.
 */
export class Reader {
  readonly #name: string;
  readonly #kind: ReaderKind;
  readonly #clients: ClientWorld;
  readonly #random: Random;
  readonly #home: SimHost;
  readonly #thinkMsMax: () => number;
  readonly #session: Session;
  #next = 0;

  constructor(
    name: string,
    kind: ReaderKind,
    clients: ClientWorld,
    thinkMsMax: () => number,
    session: Session = new Session(),
  ) {
    this.#name = name;
    this.#kind = kind;
    this.#clients = clients;
    this.#random = clients.world.fork();
    this.#home = clients.anyHost(this.#random);
    this.#thinkMsMax = thinkMsMax;
    this.#session = session;
  }

  async run(): Promise<void> {
    const clients = this.#clients;
    while (!clients.stopped) {
      await clients.sleep(this.#pauseMs());
      if (clients.stopped) return;
      if (this.#kind === "tail") await this.#waitForMore();
      await this.#readOne();
    }
  }

  #pauseMs(): number {
    if (this.#kind === "tail" && this.#random.next() < 0.05) {
      this.#clients.noted("tail.slow");
      return randomInteger(this.#random, 500, 3000);
    }
    return randomInteger(this.#random, 1, this.#thinkMsMax());
  }

  async #waitForMore(): Promise<void> {
    this.#clients.noted("tail.waited");
    const woken = await this.#clients.ask(this.#home, CALL_TIMEOUT_MS, (node) =>
      node.waitBeyond(Offset(this.#next)),
    );
    if (!(woken instanceof LogError)) this.#clients.noted("tail.woken");
  }

  async #readOne(): Promise<void> {
    const linearizable = this.#kind === "linearizable";
    const clients = this.#clients;
    const session = this.#asksForSession();
    const host = linearizable || session ? clients.anyHost(this.#random) : this.#home;
    const from = this.#from();
    const minHighWatermark = session ? Offset(this.#session.seenEnd) : undefined;
    const operation: ReadOperation = {
      client: this.#name,
      nodeId: host.nodeId,
      consistency: linearizable ? "linearizable" : "local",
      from,
      session: session || undefined,
      invokedMs: clients.nowMs,
      settledMs: undefined,
      answer: undefined,
    };
    clients.reads.push(operation);
    const led = isLeader(host);
    const known = clients.acknowledgedEnd;
    const answer = await clients.ask<ReadAnswer>(host, CALL_TIMEOUT_MS, (node) =>
      node.read(Offset(from), MAX_BYTES, operation.consistency, { minHighWatermark }),
    );
    operation.settledMs = clients.nowMs;
    if (answer instanceof LogError) return this.#noteRefusal(answer, session);
    const stale = answer.highWatermark < known;
    if (linearizable) clients.noted(`read.linearizable.${led ? "onLeader" : "onFollower"}`);
    else if (session) clients.noted(stale ? "read.session.stale" : "read.session");
    else clients.noted(stale ? "read.local.stale" : "read.local");
    this.#take(operation, answer);
  }

  #asksForSession(): boolean {
    if (this.#kind === "local") return this.#random.next() < LOCAL_SESSION_SHARE;
    return this.#kind === "session";
  }

  #from(): number {
    if (this.#kind === "tail") return this.#next;
    const draw = this.#random.next();
    if (draw < 0.4) return this.#session.seenEnd;
    // Now and then past the end, which must be refused.
    if (draw < 0.45) return this.#session.seenEnd + randomInteger(this.#random, 1, 1000);
    return randomInteger(this.#random, 0, this.#session.seenEnd);
  }

  #take(operation: ReadOperation, read: ReadAnswer): void {
    const { run, highWatermark, logStartOffset, compactedTo, nextOffset } = read;
    const records = recordsOf(run.chunks).filter(({ offset }) => offset >= operation.from);
    const values = records.map(({ value }) => value);
    const offsets = records.map(({ offset }) => offset);
    const holes = compactedTo === undefined || compactedTo === 0 ? {} : { compactedTo, nextOffset };
    operation.answer = { values, offsets, highWatermark, logStartOffset, ...holes };
    if (operation.from < (compactedTo ?? 0)) this.#clients.noted("read.compacted");
    this.#session.saw(highWatermark);
    this.#next = Math.max(this.#next, (offsets.at(-1) ?? -1) + 1, nextOffset ?? 0);
  }

  #noteRefusal({ code, logStartOffset }: LogError, session: boolean): void {
    const { noted } = this.#clients;
    if (code === "OFFSET_TRIMMED") {
      noted("read.trimmed");
      this.#next = Math.max(this.#next, logStartOffset ?? 0);
    } else if (code === "OFFSET_BEYOND_END") noted("read.beyondEnd");
    else if (session) noted("read.session.refused");
    else if (this.#kind !== "linearizable") noted("read.local.notReady");
    else noted(code === "TIMEOUT" ? "read.linearizable.timeout" : "read.linearizable.refused");
  }
}

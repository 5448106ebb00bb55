import { FatalError } from "../common/fatal-error.ts";
import type { AdapterPorts } from "./adapter-ports.ts";
import { readMembership } from "./init.ts";
import { type BadLine, type Body, type Message, parseMessage } from "./message.ts";
import { ANSWER, ASK } from "./peer-calls.ts";
import { TRANSPORT_TYPES } from "./json-peer-transport.ts";
import type { RequestKind } from "./request-kind.ts";
import { RequestOrder } from "./request-order.ts";
import { requestKind } from "./requests.ts";
import { type Membership, RunningNode } from "./running-node.ts";
import { CODES, malformed, unavailable, WorkbenchError } from "./workbench-error.ts";

/** Messages of nodes that were told of the cluster earlier than this one. */
const MAX_EARLY = 1024;
/** With the input the network has ended: what others would have to decide is not waited for. */
const END_WITHIN_MS = 1000;

const BETWEEN_NODES: ReadonlySet<unknown> = new Set([...TRANSPORT_TYPES, ASK, ANSWER]);

/** One node of the workbench: lines in, lines out. Nothing that comes in ends it. */
export class MaelstromNode {
  readonly #ports: AdapterPorts;
  readonly #order: RequestOrder;
  readonly #unanswered = new Set<Promise<void>>();
  readonly #early: Message[] = [];
  #membership: Membership | undefined;
  #started: Promise<RunningNode> | undefined;
  /** Settles when `init` is answered; until there is one, nothing is waited for. */
  #initialised: Promise<void> = Promise.resolve();
  #running: RunningNode | undefined;
  #replies = 0;

  constructor(ports: AdapterPorts) {
    this.#ports = ports;
    this.#order = new RequestOrder(ports.scheduler);
  }

  /** Takes one line of the network. */
  receive(line: string): void {
    const message = parseMessage(line);
    if ("problem" in message) return this.#refuseLine(message);
    if (BETWEEN_NODES.has(message.type) && this.#takeFromNode(message)) return;
    this.#takeRequest(message);
  }

  #takeRequest(message: Message): void {
    // An error is never answered by an error.
    if (message.type === "error" || message.body["in_reply_to"] !== undefined) return;
    this.#track(this.#answer(message));
  }

  #track(answer: Promise<void>): void {
    const answered = answer.finally(() => this.#unanswered.delete(answered));
    this.#unanswered.add(answered);
  }

  /** The input has ended: answers what can be answered, and closes the node. */
  async end(): Promise<void> {
    const answered = Promise.all(this.#unanswered);
    const alone = (this.#membership?.nodeIds.length ?? 1) === 1;
    await (alone ? answered : Promise.race([answered, this.#after(END_WITHIN_MS)]));
    const running = await this.#started?.catch(() => undefined);
    await running?.close();
  }

  /** Nothing is answered before `init_ok`, and a client is answered in the order it asked in. */
  async #answer(message: Message): Promise<void> {
    if (message.type === "init") return this.#answerInit(message);
    const kind = requestKind(message.type);
    const waits = kind !== undefined && kind.atOnce !== true;
    await this.#inTurn(message.src, kind?.lane, waits, () => this.#carryOut(message, kind));
  }

  async #answerInit(message: Message): Promise<void> {
    try {
      this.#checkAddressed(message);
      await this.#init(message);
    } catch (thrown) {
      this.#refuse(message, thrown);
    }
  }

  /** Refusals wait for a leader only where there is one at once: on a lone node. */
  async #inTurn(
    src: string,
    lane: string | undefined,
    waits: boolean,
    run: () => Promise<void>,
  ): Promise<void> {
    await this.#initialised;
    const alone = this.#membership?.nodeIds.length === 1;
    if (waits || alone) await this.#running?.ready.catch(() => undefined);
    await this.#order.run([`client ${src}`, ...(lane === undefined ? [] : [lane])], run);
  }

  async #carryOut(message: Message, kind: RequestKind | undefined): Promise<void> {
    try {
      this.#checkAddressed(message);
      if (kind === undefined)
        throw new WorkbenchError(CODES.notSupported, `"${message.type}" is not supported`);
      const running = this.#running;
      if (running === undefined) throw unavailable("not initialised: init comes first");
      if (kind.atOnce !== true) await running.ready;
      const fields = await kind.answer(running.context, message.body);
      this.#reply(message, `${message.type}_ok`, fields);
    } catch (thrown) {
      this.#refuse(message, thrown);
    }
  }

  async #init(message: Message): Promise<void> {
    const membership = readMembership(message.body);
    const known = this.#membership;
    if (known !== undefined && JSON.stringify(membership) !== JSON.stringify(known))
      throw malformed(`this is ${known.nodeId} already, of another init`);
    this.#membership = membership;
    if (this.#started !== undefined) {
      await this.#started;
      return this.#reply(message, "init_ok", {});
    }
    this.#started = this.#start(membership, message);
    this.#initialised = this.#started.then(
      () => undefined,
      () => undefined,
    );
    await this.#started.catch((thrown: unknown) => this.#cannotStart(message, thrown));
  }

  /** Resolves behind `init_ok`: nothing is answered before it. */
  async #start(membership: Membership, init: Message): Promise<RunningNode> {
    const send = (dest: string, body: Body) => {
      this.#ports.write(JSON.stringify({ src: membership.nodeId, dest, body }));
    };
    const running = await RunningNode.start(membership, this.#ports, send);
    this.#running = running;
    this.#reply(init, "init_ok", {});
    for (const early of this.#early.splice(0))
      if (!this.#takeFromNode(early)) this.#takeRequest(early);
    return running;
  }

  #cannotStart(init: Message, thrown: unknown): void {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    this.#refuse(init, new WorkbenchError(CODES.abort, message));
    const known = thrown instanceof FatalError;
    this.#ports.halt(known ? thrown : new FatalError("invariant", message, thrown));
  }

  /** @throws WorkbenchError */
  #checkAddressed({ dest, msgId }: Message): void {
    if (msgId === undefined) throw malformed('"msg_id" is missing: a whole number');
    const nodeId = this.#membership?.nodeId;
    if (nodeId !== undefined && dest !== nodeId) throw malformed(`this is ${nodeId}, not ${dest}`);
  }

  /** False when its sender is no other node of the cluster. */
  #takeFromNode(message: Message): boolean {
    const running = this.#running;
    if (running === undefined) {
      if (this.#early.length < MAX_EARLY) this.#early.push(message);
      return true;
    }
    const { nodeId, nodeIds } = running.membership;
    if (message.src === nodeId || !nodeIds.includes(message.src)) return false;
    if (message.dest !== nodeId || !running.received(message.src, message.body))
      this.#ports.complain(`a message of ${message.src} is not understood: ${message.type}`);
    return true;
  }

  #refuseLine({ problem, src, dest, msgId }: BadLine): void {
    this.#ports.complain(problem);
    if (src === undefined) return;
    const to = { src, dest: dest ?? "", msgId };
    this.#track(
      this.#inTurn(src, undefined, false, async () => this.#refuse(to, malformed(problem))),
    );
  }

  #refuse(to: Pick<Message, "src" | "dest" | "msgId">, thrown: unknown): void {
    if (!(thrown instanceof WorkbenchError)) this.#ports.complain(String(thrown));
    const code = thrown instanceof WorkbenchError ? thrown.code : CODES.crash;
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    this.#reply(to, "error", { code, text });
  }

  /** Answers to clients are numbered from 0 in the order in which they are sent. */
  #reply(to: Pick<Message, "src" | "dest" | "msgId">, type: string, fields: Body): void {
    const src = this.#membership?.nodeId ?? to.dest;
    const body = { type, in_reply_to: to.msgId, ...fields, msg_id: this.#replies++ };
    this.#ports.write(JSON.stringify({ src, dest: to.src, body }));
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#ports.scheduler.after(delayMs, resolve));
  }
}

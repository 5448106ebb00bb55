import type { NodeId } from "../common/brand.ts";
import { ERROR_CODES, type ErrorCode, LogError } from "../common/errors.ts";
import type { LifecycleApi } from "../runtime/lifecycle-api.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import type { LogSettings } from "../statemachine/settings.ts";
import { countRecords } from "../wire/record-batch.ts";
import { type Body, isWhole } from "./message.ts";
import type { PeerCalls } from "./peer-calls.ts";
import { fromBase64, toBase64 } from "./peer-message-json.ts";

/** What of a node this adapter uses. */
export interface AdaptedNode
  extends Pick<
    NodeApi,
    "nodeId" | "append" | "offsets" | "read" | "waitBeyond" | "status" | "healthy" | "onChange"
  > {
  readonly lifecycle: Pick<LifecycleApi, "changeSettings">;
}

/** `done`; refused, and for certain without effect; or nobody knows. */
export type Attempt = "done" | "unknown" | LogError;

/** How long another node may take to say what became of it. */
const ANSWER_TIMEOUT_MS = 5000;

/** What only a leader can do, asked of whoever leads: this node, or another by a call. */
export class LeaderCalls {
  readonly #node: AdaptedNode;
  readonly #calls: PeerCalls;

  constructor(node: AdaptedNode, calls: PeerCalls) {
    this.#node = node;
    this.#calls = calls;
    calls.answer("append", async (_, question) => {
      const payload = fromBase64(question["payload"]);
      countRecords(payload);
      return attemptToJson(await this.#appendHere(payload));
    });
    calls.answer("settings", async (_, { segmentBytes }) => {
      if (!isWhole(segmentBytes)) throw new LogError("INVALID_ARGUMENT", "segmentBytes is missing");
      return attemptToJson(await this.#changeHere({ segmentBytes }));
    });
  }

  /** Tries once to append an encoded batch of one record. */
  append(payload: Uint8Array): Promise<Attempt> {
    return this.#atLeader(
      () => this.#appendHere(payload),
      (leader) => this.#ask(leader, "append", { payload: toBase64(payload) }),
    );
  }

  /** Tries once to change `segment.bytes`. */
  changeSegmentBytes(segmentBytes: number): Promise<Attempt> {
    return this.#atLeader(
      () => this.#changeHere({ segmentBytes }),
      (leader) => this.#ask(leader, "settings", { segmentBytes }),
    );
  }

  async #atLeader(
    here: () => Promise<Attempt>,
    there: (leader: NodeId) => Promise<Attempt>,
  ): Promise<Attempt> {
    const { nodeId } = this.#node;
    const leaderId = this.#node.status().raft?.leaderId;
    // Who leads nobody refuses by itself, with the reason.
    return leaderId === undefined || leaderId === nodeId ? here() : there(leaderId);
  }

  #appendHere(payload: Uint8Array): Promise<Attempt> {
    return new Promise((resolve) => {
      this.#node.append({ payload, recordCount: 1, producer: undefined }, (result) =>
        resolve(result instanceof LogError ? attemptOf(result) : "done"),
      );
    });
  }

  #changeHere(changes: Partial<LogSettings>): Promise<Attempt> {
    return this.#node.lifecycle.changeSettings(changes).then(
      () => "done" as const,
      (thrown: unknown) => attemptOf(LogError.from(thrown)),
    );
  }

  /** A call that is not answered says nothing about what was asked. */
  #ask(leader: NodeId, what: string, question: Body): Promise<Attempt> {
    return this.#calls
      .ask(leader, what, question, ANSWER_TIMEOUT_MS)
      .then(attemptFromJson, () => "unknown");
  }
}

function attemptOf(error: LogError): Attempt {
  return error.outcome === "failed" ? error : "unknown";
}

function attemptToJson(attempt: Attempt): Body {
  if (!(attempt instanceof LogError)) return { attempt };
  return { attempt: "failed", code: attempt.code, text: attempt.message };
}

function attemptFromJson({ attempt, code, text }: Body): Attempt {
  if (attempt === "done") return attempt;
  if (attempt !== "failed" || !isErrorCode(code)) return "unknown";
  return new LogError(code, String(text));
}

function isErrorCode(code: unknown): code is ErrorCode {
  return ERROR_CODES.some((known) => known === code);
}

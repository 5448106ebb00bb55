import { LogError } from "../common/errors.ts";
import { type Command, encodeCommand } from "./command.ts";
import type { AdaptedNode, Attempt, LeaderCalls } from "./leader-calls.ts";
import type { Body } from "./message.ts";
import type { Patience } from "./patience.ts";
import type { Replica } from "./replica.ts";
import type { StateMachines } from "./state-machines.ts";
import { unavailable, undecided, WorkbenchError } from "./workbench-error.ts";

/** After this long a client is told that nobody knows. */
const DECIDED_WITHIN_MS = 5000;

export interface ReplicatedServiceParts {
  readonly node: AdaptedNode;
  readonly replica: Replica;
  readonly leader: LeaderCalls;
  readonly patience: Patience;
  /** Drawn anew by every process: makes its commands' names its own. */
  readonly session: string;
}

/** The state machines as requests see them: commands through the log, reads by ReadIndex. */
export class ReplicatedService {
  readonly #parts: ReplicatedServiceParts;
  #commands = 0;

  constructor(parts: ReplicatedServiceParts) {
    this.#parts = parts;
  }

  /**
   * Puts a command into the log, through whoever leads, and answers what it came to when it was
   * applied here. It enters the log once at most: it is sent again only when it is known not to
   * be there.
   * @throws WorkbenchError (rejects): an indefinite one if the command may be, or come, in the log
   */
  async carryOut(command: Command): Promise<Body> {
    const { replica, patience, node, session } = this.#parts;
    const id = `${node.nodeId}.${session}.${this.#commands++}`;
    const payload = encodeCommand({ id, command });
    const applied = replica.resultOf(id);
    try {
      const refusal = this.#refusalOf(payload);
      const late = () => undecided("it is not known whether this took effect, or will");
      const result = await patience.within(
        DECIDED_WITHIN_MS,
        Promise.race([applied, refusal]),
        late,
      );
      if (result instanceof WorkbenchError) throw result;
      return result;
    } finally {
      replica.forget(id);
    }
  }

  /**
   * The state machines, with everything in them that was acknowledged before the call.
   * @throws WorkbenchError 11 (rejects) while there is no majority
   */
  async current(): Promise<StateMachines> {
    const { node, replica, patience } = this.#parts;
    const barrier = patience.untilAccepted(async () => {
      const offsets = await node
        .offsets("linearizable")
        .catch((thrown: unknown) => LogError.from(thrown));
      if (!(offsets instanceof LogError)) await replica.caughtUp(offsets.highWatermark);
      return offsets;
    });
    const late = () => unavailable("no majority confirmed the read in time");
    await patience.within(DECIDED_WITHIN_MS, barrier, late);
    return replica.machines;
  }

  /** Replaces `segment.bytes`; doing it twice is the same. @throws WorkbenchError (rejects) */
  async changeSegmentBytes(segmentBytes: number): Promise<void> {
    const { leader, patience } = this.#parts;
    const attempt = await patience.within<Attempt>(
      DECIDED_WITHIN_MS,
      patience.untilAccepted(() => leader.changeSegmentBytes(segmentBytes)),
      () => undecided("it is not known whether the settings were changed"),
    );
    if (attempt !== "done") throw undecided("leadership changed; send the settings again");
  }

  /** Settles only when the command is known not to be in the log, and never to come there. */
  async #refusalOf(payload: Uint8Array): Promise<WorkbenchError> {
    const { leader, patience } = this.#parts;
    try {
      await patience.untilAccepted(() => leader.append(payload));
    } catch (thrown) {
      if (thrown instanceof WorkbenchError) return thrown;
      throw thrown;
    }
    return new Promise(() => undefined);
  }
}

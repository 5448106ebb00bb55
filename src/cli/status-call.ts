import { LogError } from "../common/errors.ts";
import type { WireNodeStatus } from "../wire/log-messages.ts";
import { callStatus } from "./log-calls.ts";

type Nodes = readonly WireNodeStatus[];

/**
 * Asks all endpoints at once for the status of all nodes. The first answer that knows a leader
 * wins; without one, any answer; a node that is paused delays nobody.
 * @throws LogError of the last endpoint when none answers
 */
export function askStatus(endpoints: readonly string[], timeoutMs: number): Promise<Nodes> {
  return new Promise((resolve, reject) => {
    let open = endpoints.length;
    let second: Nodes | undefined;
    let failure: unknown;
    const settle = () => {
      if (--open > 0) return;
      if (second !== undefined) resolve(second);
      else reject(LogError.from(failure));
    };
    for (const endpoint of endpoints)
      callStatus(endpoint, timeoutMs).then(
        (nodes) => {
          if (nodes.some(({ role }) => role === "leader")) resolve(nodes);
          second = nodes;
          settle();
        },
        (thrown: unknown) => {
          failure = thrown;
          settle();
        },
      );
  });
}

import { LogError } from "../common/errors.ts";
import type { Consistency } from "../runtime/node-api.ts";

/**
 * What the caller asked for. An enum value of a later version arrives as a number: it is refused,
 * because serving something weaker than asked would be a lie.
 */
export function readConsistency(wire: unknown): Consistency {
  if (wire === "CONSISTENCY_LINEARIZABLE") return "linearizable";
  if (wire === "CONSISTENCY_LOCAL") return "local";
  throw new LogError("INVALID_ARGUMENT", `consistency ${String(wire)} is not known here`, {
    hint: "use CONSISTENCY_LINEARIZABLE or CONSISTENCY_LOCAL",
  });
}

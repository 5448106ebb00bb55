import type { LogSize, RunRecord, TrimSeen } from "../history.ts";
import { defineCheck } from "./check.ts";
import type { Findings } from "./violation.ts";

export const retention = defineCheck({
  id: "K20",
  name: "retention",
  sentence:
    "The log start moves only as far as an operator or the policy says, and what the policy lets " +
    "go is gone from every disk when nothing hinders it.",
  unseen: ({ retention: watched }) =>
    watched === undefined ? ["nobody watched what was trimmed"] : [],
  look({ retention: watched }, found) {
    if (watched === undefined) return;
    for (const trim of watched.trims) lookAtTrim(trim, watched, found);
    for (const size of watched.sizes) lookAtSize(size, found);
  },
});

type Watched = NonNullable<RunRecord["retention"]>;

/** Somebody asked for it, or what is left is enough, or what is gone was old enough. */
function lookAtTrim(trim: TrimSeen, { orders }: Watched, found: Findings): void {
  const { nodeId, timeMs, logStartOffset, bytesKept, newestGone, wallMs } = trim;
  const { retentionBytes, retentionMs } = trim;
  const asked = orders.some(
    ({ invokedMs, beforeOffset }) => invokedMs <= timeMs && beforeOffset >= logStartOffset,
  );
  const enough = retentionBytes !== undefined && bytesKept >= retentionBytes;
  const aged =
    retentionMs !== undefined && (newestGone === undefined || newestGone + retentionMs <= wallMs);
  if (asked || enough || aged) return;
  found.add(
    `${nodeId} trims to ${logStartOffset}, which nobody asked for: ${bytesKept} bytes are left, ` +
      `retention.bytes is ${retentionBytes ?? "absent"}, retention.ms ${retentionMs ?? "absent"}`,
    { offset: logStartOffset, timeMs, nodes: [nodeId] },
  );
}

function lookAtSize(size: LogSize, found: Findings): void {
  const { nodeId, timeMs, bytes, oldestBytes, retentionBytes, waiting } = size;
  if (retentionBytes !== undefined && oldestBytes > 0 && bytes - oldestBytes >= retentionBytes)
    found.add(
      `${nodeId} keeps ${bytes} bytes; without the oldest ${oldestBytes} there would still be ` +
        `more than retention.bytes, ${retentionBytes}`,
      { timeMs, nodes: [nodeId] },
    );
  if (waiting > 0)
    found.add(`${nodeId} does not compact ${waiting} segments that a snapshot covers`, {
      ...{ timeMs, nodes: [nodeId] },
    });
}

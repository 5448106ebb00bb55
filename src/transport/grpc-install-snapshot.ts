import type { ClientDuplexStream, Metadata } from "@grpc/grpc-js";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { InstallSnapshotRequest, InstallSnapshotResponse } from "../wire/raft-messages.ts";
import { type FailedCall, fromStatus } from "../wire/status.ts";
import { fromInstallSnapshotResponse, toInstallSnapshotRequest } from "./install-snapshot-codec.ts";
import { SnapshotSending } from "./snapshot-sending.ts";
import { type SnapshotSource, TRANSFER_WINDOW } from "./snapshot-transfer.ts";

export type InstallSnapshotCall = ClientDuplexStream<
  InstallSnapshotRequest,
  InstallSnapshotResponse
>;

export interface OutgoingSnapshotPorts {
  readonly scheduler: Scheduler;
  /** Why the node that answered may not be listened to; undefined when it may. */
  readonly refusal: (metadata: Metadata) => string | undefined;
}

/**
 * Sends `source` over a call of its own. Resolves when the peer has all of it.
 * @throws LogError (rejects) with why it has not
 */
export function sendSnapshot(
  call: InstallSnapshotCall,
  source: SnapshotSource,
  signal: AbortSignal,
  { scheduler, refusal }: OutgoingSnapshotPorts,
): Promise<void> {
  let accepted = false;
  const sending = new SnapshotSending(source, signal, {
    scheduler,
    window: TRANSFER_WINDOW,
    write: (request) => void call.write(toInstallSnapshotRequest(request)),
    end: () => call.cancel(),
  });
  call.on("metadata", (metadata: Metadata) => {
    const reason = refusal(metadata);
    accepted = reason === undefined;
    if (!accepted) sending.broke(new LogError("UNAVAILABLE", `the peer is refused: ${reason}`));
  });
  call.on("data", (wire: InstallSnapshotResponse) => {
    const response = fromInstallSnapshotResponse(wire);
    if (accepted && response !== undefined) sending.received(response);
  });
  call.on("end", () => sending.broke(new LogError("UNAVAILABLE", "the stream ended early")));
  call.on("error", (error: FailedCall) => sending.broke(fromStatus(error, false)));
  return sending.finished;
}

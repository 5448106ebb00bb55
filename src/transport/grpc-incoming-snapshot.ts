import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { InstallSnapshotRequest, InstallSnapshotResponse } from "../wire/raft-messages.ts";
import type { Received } from "../wire/received.ts";
import { toStatus } from "../wire/status.ts";
import { fromInstallSnapshotRequest, toInstallSnapshotResponse } from "./install-snapshot-codec.ts";
import { SnapshotReceiving } from "./snapshot-receiving.ts";
import { TRANSFER_WINDOW } from "./snapshot-transfer.ts";
import type { PeerHandler } from "./types.ts";

export type InstallSnapshotServerCall = ServerDuplexStream<
  Received<InstallSnapshotRequest>,
  InstallSnapshotResponse
>;

/** Takes a snapshot from `peer`, which was admitted; `closed` is called when it is over. */
export function receiveSnapshot(
  call: InstallSnapshotServerCall,
  peer: NodeId,
  handler: PeerHandler,
  closed: () => void,
): SnapshotReceiving {
  const receiving = new SnapshotReceiving(peer, {
    handler,
    window: TRANSFER_WINDOW,
    write: (response) => void call.write(toInstallSnapshotResponse(response)),
    end: (refusal) => {
      // grpc-js takes the status of a server's stream from an error event; it makes no other way.
      if (refusal === undefined) call.end();
      else call.emit("error", toStatus(refusal));
      closed();
    },
  });
  const over = () => {
    receiving.closed();
    closed();
  };
  call.on("data", (request: Received<InstallSnapshotRequest>) =>
    receiving.received(request instanceof LogError ? request : fromInstallSnapshotRequest(request)),
  );
  call.on("end", () => receiving.refuse(new LogError("ABORTED", "the stream ended early")));
  call.on("cancelled", over);
  call.on("error", over);
  return receiving;
}

/**
 * One process of the bare pipeline: what the transport, `fdatasync` and this machine allow when
 * nothing is decided. No terms, no votes, no recovery, no reads.
 *
 * usage: ceiling-node FILE PREALLOCATE_MIB [FOLLOWER_PORT ...]; prints `ready PORT`
 */
import * as grpc from "@grpc/grpc-js";
import { CeilingFile } from "./ceiling-file.ts";
import { CeilingLeader } from "./ceiling-leader.ts";
import {
  type Acks,
  type Chunk,
  GRPC_OPTIONS,
  loadPipeline,
  type Match,
  type Requests,
} from "./ceiling-proto.ts";

const [path = "", preallocateMib = "0", ...followerPorts] = process.argv.slice(2);
const file = new CeilingFile(path, Number(preallocateMib));
const leader = new CeilingLeader(file, followerPorts.map(Number));

const server = new grpc.Server(GRPC_OPTIONS);
server.addService(loadPipeline().service, {
  Append: (call: grpc.ServerDuplexStream<Requests, Acks>) => {
    call.on("data", ({ requests }: Requests) => leader.append(call, requests));
    call.on("end", () => call.end());
  },
  Replicate: (call: grpc.ServerDuplexStream<Chunk, Match>) => {
    call.on("data", ({ last, data }: Chunk) => file.write(data, () => call.write({ last })));
    call.on("end", () => call.end());
  },
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`ready ${port}`);
});
process.on("SIGTERM", () => process.exit(0));
process.stdin.on("close", () => process.exit(0)).resume();

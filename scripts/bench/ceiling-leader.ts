import { crc32 } from "node:zlib";
import type * as grpc from "@grpc/grpc-js";
import type { CeilingFile } from "./ceiling-file.ts";
import {
  type Acks,
  type Chunk,
  connectPipeline,
  type Match,
  type Request,
  type Requests,
} from "./ceiling-proto.ts";

const HEADER_BYTES = 48;

type AppendCall = grpc.ServerDuplexStream<Requests, Acks>;

interface Arrived {
  readonly call: AppendCall;
  readonly request: Request;
}

interface Waiting {
  readonly index: number;
  readonly call: AppendCall;
  readonly id: number;
}

class CeilingFollower {
  readonly #stream: grpc.ClientDuplexStream<Chunk, Match>;
  match = 0;

  constructor(port: number, matched: () => void) {
    this.#stream = connectPipeline(port).Replicate();
    this.#stream.on("data", ({ last }: Match) => {
      this.match = last;
      matched();
    });
  }

  send(last: number, data: Uint8Array): void {
    this.#stream.write({ last, data });
  }
}

function frame(request: Request, index: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(request.data.length, 0);
  header.writeUInt32LE(crc32(request.data), 4);
  header.writeUInt32LE(index, 8);
  return header;
}

/** Frames what came in one turn, writes it, ships it, acknowledges what a majority has synced. */
export class CeilingLeader {
  readonly #file: CeilingFile;
  readonly #followers: readonly CeilingFollower[];
  #arrived: Arrived[] = [];
  readonly #waiting: Waiting[] = [];
  #index = 0;
  #own = 0;
  #committed = 0;

  constructor(file: CeilingFile, followerPorts: readonly number[]) {
    this.#file = file;
    this.#followers = followerPorts.map((port) => new CeilingFollower(port, () => this.#commit()));
  }

  append(call: AppendCall, requests: readonly Request[]): void {
    if (this.#arrived.length === 0) setImmediate(() => this.#gather());
    for (const request of requests) this.#arrived.push({ call, request });
  }

  #gather(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    const parts: Uint8Array[] = [];
    for (const { call, request } of arrived) {
      this.#index++;
      parts.push(frame(request, this.#index), request.data);
      this.#waiting.push({ index: this.#index, call, id: request.id });
    }
    const last = this.#index;
    const data = Buffer.concat(parts);
    this.#file.write(data, () => {
      this.#own = last;
      this.#commit();
    });
    for (const follower of this.#followers) follower.send(last, data);
  }

  #commit(): void {
    const matches = [this.#own, ...this.#followers.map(({ match }) => match)];
    const majority = matches.sort((a, b) => b - a)[matches.length >> 1] ?? 0;
    if (majority <= this.#committed) return;
    this.#committed = majority;
    const ids = new Map<AppendCall, number[]>();
    let count = 0;
    for (const { index, call, id } of this.#waiting) {
      if (index > majority) break;
      count++;
      const known = ids.get(call);
      if (known === undefined) ids.set(call, [id]);
      else known.push(id);
    }
    this.#waiting.splice(0, count);
    for (const [call, acknowledged] of ids) call.write({ ids: acknowledged });
  }
}

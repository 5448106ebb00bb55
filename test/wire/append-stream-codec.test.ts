import fc from "fast-check";
import type { MethodDefinition } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import {
  decodePlainRequest,
  decodePlainResponse,
  encodePlainRequest,
  encodePlainResponse,
} from "../../src/wire/append-stream-codec.ts";
import type { AppendStreamRequest, AppendStreamResponse } from "../../src/wire/log-messages.ts";
import { INTERNAL_LOG_PROTO, loadProto, logService } from "../../src/wire/protos.ts";
import { accept, checkNumbers } from "../../src/wire/received.ts";

/** The call as protobufjs alone would carry it. */
const service = loadProto(INTERNAL_LOG_PROTO)["balsa.log.v1.Log"] as Record<
  string,
  MethodDefinition<object, object>
>;
const stock = service["AppendStream"] as MethodDefinition<object, object>;

const request: fc.Arbitrary<AppendStreamRequest> = fc.record({
  open: fc.constant(null),
  appends: fc.array(
    fc.record({
      batch: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      recordCount: fc.nat(0xffff_ffff),
      sequence: fc.maxSafeNat(),
    }),
  ),
});

const column = fc.array(fc.maxSafeNat(), { maxLength: 40 });
const response: fc.Arbitrary<AppendStreamResponse> = fc.record({
  opened: fc.constant(null),
  acks: fc.record({
    term: fc.maxSafeNat(),
    sequences: column,
    offsets: column,
    indexes: column,
  }),
  failures: fc.constant([]),
});

/** Valid messages with a few bytes changed, cut off or added. */
function mangled(encoded: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  return fc
    .tuple(encoded, fc.array(change, { maxLength: 3 }), fc.nat(3), fc.uint8Array({ maxLength: 4 }))
    .map(([bytes, changes, cut, more]) => {
      const copy = Buffer.from(bytes);
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
      return Buffer.concat([copy.subarray(0, Math.max(0, copy.length - cut)), more]);
    });
}

/** What protobufjs makes of the bytes, numbers checked; undefined where it refuses them. */
function stockAnswer(decode: (bytes: Buffer) => object, bytes: Buffer): object | undefined {
  try {
    const message = decode(bytes);
    checkNumbers(message);
    return message;
  } catch {
    return undefined;
  }
}

describe("a plain AppendStream request", () => {
  it("has the bytes that protobufjs would give it, and comes back as it was", () => {
    fc.assert(
      fc.property(request, (message) => {
        const bytes = encodePlainRequest(message);
        expect(bytes?.equals(stock.requestSerialize(message))).toBe(true);
        expect(decodePlainRequest(bytes as Buffer)).toEqual(message);
      }),
    );
  });

  it("is left to protobufjs when it opens a producer, or has a number that is none", () => {
    const append = { batch: Buffer.from("b"), recordCount: 1, sequence: 2 };
    const open = { producerId: 1, producerEpoch: 2 };
    const opening = { open, appends: [append] };
    expect(encodePlainRequest(opening)).toBeUndefined();
    expect(decodePlainRequest(stock.requestSerialize(opening))).toBeUndefined();
    for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN])
      expect(encodePlainRequest({ open: null, appends: [{ ...append, sequence: wrong }] })).toBe(
        undefined,
      );
  });

  it("means what protobufjs takes it for, however it was mangled", () => {
    const encoded = request.map((message) => stock.requestSerialize(message));
    fc.assert(
      fc.property(mangled(encoded), (bytes) => {
        const decoded = decodePlainRequest(bytes);
        if (decoded === undefined) return;
        expect(decoded).toEqual(stockAnswer(stock.requestDeserialize, bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("is what the service uses for a flood of appends", () => {
    const appends = [{ batch: Buffer.from("b"), recordCount: 1, sequence: 2 }];
    const { AppendStream } = logService();
    const bytes = AppendStream.requestSerialize({ open: null, appends });
    expect(accept(AppendStream.requestDeserialize(bytes)).appends).toEqual(appends);
  });
});

describe("a plain AppendStream response", () => {
  it("has the bytes that protobufjs would give it, and comes back as it was", () => {
    fc.assert(
      fc.property(response, (message) => {
        const bytes = encodePlainResponse(message);
        expect(bytes?.equals(stock.responseSerialize(message))).toBe(true);
        expect(decodePlainResponse(bytes as Buffer)).toEqual(message);
      }),
    );
  });

  it("is left to protobufjs when it says more than what was written", () => {
    const opened = { term: 1, barrier: 2, leaderId: "n1" };
    const acks = { term: 1, sequences: [1], offsets: [2], indexes: [3] };
    const message = { opened, acks, failures: [] };
    expect(encodePlainResponse(message)).toBeUndefined();
    expect(decodePlainResponse(stock.responseSerialize(message))).toBeUndefined();
  });

  it("means what protobufjs takes it for, however it was mangled", () => {
    const encoded = response.map((message) => stock.responseSerialize(message));
    fc.assert(
      fc.property(mangled(encoded), (bytes) => {
        const decoded = decodePlainResponse(bytes);
        if (decoded === undefined) return;
        expect(decoded).toEqual(stockAnswer(stock.responseDeserialize, bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

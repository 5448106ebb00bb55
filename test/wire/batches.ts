import fc from "fast-check";
import type { MethodDefinition } from "@grpc/grpc-js";
import { LOG_PROTO, loadProto, logService } from "../../src/wire/protos.ts";
import type { BatchRecord } from "../../src/wire/record-batch.ts";

const publicAppend = (): MethodDefinition<object, object> => {
  const service = loadProto(LOG_PROTO)["balsa.log.v1.Log"];
  return (service as Record<string, MethodDefinition<object, object>>)[
    "Append"
  ] as MethodDefinition<object, object>;
};

/** The batch as a stock client encodes it: protobufjs and the public file. */
export function encodeAsStockClient(records: readonly BatchRecord[]): Uint8Array {
  const request = publicAppend().requestSerialize({ batch: { records } });
  const received = logService().Append.requestDeserialize(request);
  if (received instanceof Error) throw received;
  return received.batch;
}

/** What a stock client makes of a batch. */
export function decodeAsStockClient(batch: Uint8Array): BatchRecord[] {
  const request = logService().Append.requestSerialize({
    batch,
    recordCount: 0,
    producerId: 0,
    producerEpoch: 0,
    producerSequence: 0,
  });
  const decoded = publicAppend().requestDeserialize(request) as {
    batch: { records: { key?: Buffer; value?: Buffer; headers: BatchRecord["headers"] }[] };
  };
  return decoded.batch.records.map(({ key, value, headers }) => ({ key, value, headers }));
}

const bytes = fc
  .uint8Array({ maxLength: 300 })
  .map((array) => Buffer.from(array.buffer, array.byteOffset, array.length));

const record: fc.Arbitrary<BatchRecord> = fc.record({
  key: fc.option(bytes, { nil: undefined }),
  value: fc.option(bytes, { nil: undefined }),
  headers: fc.array(fc.record({ name: fc.string({ unit: "grapheme" }), value: bytes }), {
    maxLength: 3,
  }),
});

export const someRecords = fc.array(record, { minLength: 1, maxLength: 20 });

/** Views compare by content, whatever class they are of. */
export function plain(records: readonly BatchRecord[]): unknown {
  const text = (view: Uint8Array | undefined): string | undefined =>
    view === undefined ? undefined : Buffer.from(view).toString("hex");
  return records.map(({ key, value, headers }) => ({
    key: text(key),
    value: text(value),
    headers: headers.map((header) => ({ name: header.name, value: text(header.value) })),
  }));
}

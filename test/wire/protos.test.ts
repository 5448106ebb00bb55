import type { MethodDefinition } from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import type * as log from "../../src/wire/log-messages.ts";
import {
  ADMIN_PROTO,
  adminService,
  INTERNAL_LOG_PROTO,
  LOG_PROTO,
  loadProto,
  logService,
  publicPackages,
  RAFT_PROTO,
  raftService,
} from "../../src/wire/protos.ts";
import { accept, checkNumbers } from "../../src/wire/received.ts";
import { encodeRecordBatch } from "../../src/wire/record-batch.ts";
import { adminMessages } from "./admin-samples.ts";
import { raftMessages } from "./raft-samples.ts";

interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName: string;
}

/** Every message as `Message.field = number label type`, every call, every enum value. */
function describeProto(definition: PackageDefinition): string[] {
  const lines: string[] = [];
  for (const [name, object] of Object.entries(definition)) {
    const { type } = object as { type?: { field?: Field[]; value?: Field[] } };
    for (const { name: field, number, label, type: kind, typeName } of type?.field ?? [])
      lines.push(`${name}.${field} = ${number} ${label} ${kind} ${typeName}`);
    for (const { name: value, number } of type?.value ?? [])
      lines.push(`${name}.${value} = ${number}`);
    if (type !== undefined) continue;
    for (const method of Object.values(object as Record<string, MethodDefinition<object, object>>))
      lines.push(`${method.path} ${method.requestStream} ${method.responseStream}`);
  }
  return lines.sort();
}

/** Field names, as messages carry them, of one message. */
function fieldsOf(definition: PackageDefinition, message: string): string[] {
  const { type } = definition[message] as unknown as { type: { field: Field[] } };
  const camelCase = (name: string): string =>
    name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
  return type.field.map(({ name }) => camelCase(name)).sort();
}

describe("the internal file", () => {
  it("agrees with the public one but for the two batches that it keeps as bytes", () => {
    const open = describeProto(loadProto(LOG_PROTO, { keepCase: true }));
    const internal = describeProto(loadProto(INTERNAL_LOG_PROTO, { keepCase: true }));
    const onlyIn = (mine: string[], theirs: string[]): string[] =>
      mine.filter((line) => !theirs.includes(line));
    const message = "LABEL_OPTIONAL TYPE_MESSAGE RecordBatch";
    expect(onlyIn(open, internal)).toEqual([
      `balsa.log.v1.AppendRequest.batch = 1 ${message}`,
      `balsa.log.v1.StreamedAppend.batch = 1 ${message}`,
    ]);
    expect(onlyIn(internal, open)).toEqual([
      "balsa.log.v1.AppendRequest.batch = 1 LABEL_OPTIONAL TYPE_BYTES ",
      "balsa.log.v1.StreamedAppend.batch = 1 LABEL_OPTIONAL TYPE_BYTES ",
    ]);
    expect(open.length).toBeGreaterThan(100);
  });

  it("would be caught with another number, name, type or call", () => {
    const lines = describeProto(loadProto(LOG_PROTO, { keepCase: true }));
    expect(lines).toContain("/balsa.log.v1.Log/Tail false true");
    expect(lines).toContain(
      "balsa.log.v1.AppendRequest.record_count = 2 LABEL_OPTIONAL TYPE_UINT32 ",
    );
    expect(lines).toContain("balsa.log.v1.Consistency.CONSISTENCY_LOCAL = 1");
  });
});

describe("the public file", () => {
  it("is what reflection serves: names as written, no maps", () => {
    const { fileDescriptorProtos } = publicPackages()["balsa.log.v1.LogRecord"] as {
      fileDescriptorProtos: Buffer[];
    };
    const text = Buffer.concat(fileDescriptorProtos).toString("latin1");
    expect(text).toContain("producer_sequence");
    expect(text).not.toContain("producerSequence");
    for (const file of [LOG_PROTO, ADMIN_PROTO, RAFT_PROTO])
      expect(describeProto(loadProto(file)).join("\n")).not.toMatch(/Entry = /);
  });

  it("gives a stock client the same bytes that we pass on untouched", () => {
    const service = loadProto(LOG_PROTO)["balsa.log.v1.Log"];
    const stock = (service as Record<string, MethodDefinition<object, object>>)["AppendStream"];
    const records = [{ key: undefined, value: Buffer.from("a"), headers: [] }];
    const bytes = stock?.requestSerialize({
      appends: [{ batch: { records }, recordCount: 1, sequence: 5 }],
    });
    const received = accept(logService().AppendStream.requestDeserialize(bytes as Buffer));
    expect(received).toEqual({
      open: null,
      appends: [{ batch: encodeRecordBatch(records), recordCount: 1, sequence: 5 }],
    });
    expect(logService().AppendStream.requestSerialize(received)).toEqual(bytes);
  });
});

/** One of each message, every field set: the types' names, checked against the files'. */
const streamed: log.StreamedAppend = { batch: Buffer.from("b"), recordCount: 1, sequence: 2 };
const open: log.OpenProducer = { producerId: 1, producerEpoch: 2 };
const opened: log.ProducerOpened = { term: 1, barrier: 2, leaderId: "n1" };
const acks: log.AppendAcks = { term: 1, sequences: [1, 2], offsets: [3, 4], indexes: [5, 6] };
const failure: log.AppendFailure = {
  ...{ sequence: 1, code: "NO_QUORUM", message: "m", unknown: true, leader: "l" },
};
const record: Required<log.LogRecord> = {
  ...{ offset: 1, term: 2, timestamp: 3, key: Buffer.from("k"), value: Buffer.from("v") },
  headers: [{ name: "h", value: Buffer.from("x") }],
  ...{ producerId: 4, producerEpoch: 5, producerSequence: 6, index: 7 },
};
const segment: log.WireSegment = {
  ...{ file: "f", state: "sealed", baseOffset: 1, nextOffset: 2, firstIndex: 3, lastIndex: 4 },
  ...{ bytes: 5, firstTimestamp: 6, lastTimestamp: 7 },
};
const progress: log.WirePeerProgress = {
  ...{ nodeId: "n2", state: "replicate", matchIndex: 1, nextIndex: 2, inflightMessages: 3 },
  ...{ inflightBytes: 4, admitted: true },
};
const transfer: log.WireSnapshotTransfer = {
  ...{ nodeId: "n2", direction: "sending", bytes: 1, totalBytes: 2 },
};
const nodeStatus: log.WireNodeStatus = {
  ...{ nodeId: "n1", clusterId: "c", role: "leader", term: 1, leaderId: "n1", lastIndex: 2 },
  ...{ durableIndex: 3, commitIndex: 4, appliedIndex: 5, logStartOffset: 6, highWatermark: 7 },
  ...{ nextOffset: 8, segments: [segment], uptimeMs: 9, waiting: "w", peers: [progress] },
  ...{ clientAddress: "a", version: "v", error: "e", snapshotIndex: 10, transfers: [transfer] },
};

/** Type names of the file beside a value for each. */
const logMessages: Record<string, object> = {
  AppendRequest: {
    ...{ batch: Buffer.from("b"), recordCount: 1, producerId: 2, producerEpoch: 3 },
    producerSequence: 2 ** 53 - 1,
  } satisfies log.AppendRequest,
  AppendResponse: { offset: 1, term: 2, index: 3, duplicate: true } satisfies log.AppendResponse,
  AppendStreamRequest: { open, appends: [streamed] } satisfies log.AppendStreamRequest,
  StreamedAppend: streamed,
  OpenProducer: open,
  AppendStreamResponse: {
    ...{ opened, acks, failures: [failure] },
  } satisfies log.AppendStreamResponse,
  ProducerOpened: opened,
  AppendAcks: acks,
  AppendFailure: failure,
  LogRecord: record,
  ReadRequest: {
    ...{ fromOffset: 1, maxBytes: 2, consistency: "CONSISTENCY_LOCAL", rawFrames: true },
    minHighWatermark: 3,
  } satisfies log.ReadRequest,
  ReadResponse: {
    ...{ records: [record], frames: Buffer.from("f"), highWatermark: 1, logStartOffset: 2 },
    ...{ nextOffset: 3, compactedTo: 4 },
  } satisfies log.ReadResponse,
  TailRequest: {
    ...{ fromOffset: 1, maxBytes: 2, consistency: "CONSISTENCY_LINEARIZABLE", rawFrames: true },
    minHighWatermark: 3,
  } satisfies log.TailRequest,
  TailResponse: {
    ...{ records: [record], frames: Buffer.from("f"), highWatermark: 1, logStartOffset: 2 },
    ...{ nextOffset: 3, compactedTo: 4 },
  } satisfies log.TailResponse,
  TraceRequest: { afterSeq: 7 } satisfies log.TraceRequest,
  TraceEvent: {
    ...{ seq: 1, timeUs: 2, term: 3, event: "election.won", facts: '{"term":3}' },
  } satisfies log.WireTraceEvent,
  TraceResponse: {
    nodeId: "n1",
    events: [{ seq: 1, timeUs: 2, term: 3, event: "election.won", facts: "{}" }],
    clockZeroUs: 9,
  } satisfies log.TraceResponse,
  OffsetsRequest: {
    ...{ consistency: "CONSISTENCY_LOCAL", atTimestamp: 5, minHighWatermark: 3 },
  } satisfies log.OffsetsRequest,
  OffsetsResponse: {
    ...{ logStartOffset: 1, highWatermark: 2, term: 3, offsetAtTimestamp: 4 },
  } satisfies log.OffsetsResponse,
  LocateRequest: { offset: 1 } satisfies log.LocateRequest,
  LocateResponse: {
    ...{ nodeId: "n1", index: 1, term: 2, timestamp: 3, baseOffset: 4, recordCount: 5 },
    ...{ file: "f", position: 6, length: 7 },
  } satisfies log.LocateResponse,
  StatusRequest: { cluster: true } satisfies log.StatusRequest,
  StatusResponse: { nodes: [nodeStatus] } satisfies log.StatusResponse,
  NodeStatus: nodeStatus,
  PeerProgress: progress,
  Segment: segment,
  SnapshotTransfer: transfer,
};

describe("the types of the messages", () => {
  it.each(Object.entries(logMessages))("name the fields of %s", (name, message) => {
    const fields = fieldsOf(loadProto(INTERNAL_LOG_PROTO), `balsa.log.v1.${name}`);
    expect(Object.keys(message).sort()).toEqual(fields);
  });

  it.each(Object.entries(adminMessages))("name the fields of %s", (name, message) => {
    const fields = fieldsOf(loadProto(ADMIN_PROTO), `balsa.admin.v1.${name}`);
    expect(Object.keys(message).sort()).toEqual(fields);
  });

  it.each(Object.entries(raftMessages))("name the fields of %s", (name, message) => {
    const fields = fieldsOf(loadProto(RAFT_PROTO), `balsa.raft.v1.${name}`);
    expect(Object.keys(message).sort()).toEqual(fields);
  });

  it("cover every message of all files but those of a batch", () => {
    const names = (file: string): string[] =>
      Object.entries(loadProto(file))
        .filter(([, { format }]) => String(format).includes("DescriptorProto"))
        .map(([name]) => name.split(".").at(-1) ?? "")
        .sort();
    const ofBatches = ["Header", "Record", "RecordBatch", "Consistency"];
    expect(names(INTERNAL_LOG_PROTO).filter((name) => !ofBatches.includes(name))).toEqual(
      Object.keys(logMessages).sort(),
    );
    expect(names(RAFT_PROTO)).toEqual(Object.keys(raftMessages).sort());
    expect(names(ADMIN_PROTO)).toEqual(Object.keys(adminMessages).sort());
  });

  it("survive the way over the wire", () => {
    const calls = { ...logService(), ...raftService(), ...adminService() } as Record<
      string,
      MethodDefinition<object, object>
    >;
    const all = { ...logMessages, ...raftMessages, ...adminMessages };
    const pairs: [string, string, string][] = [
      ["Append", "AppendRequest", "AppendResponse"],
      ["AppendStream", "AppendStreamRequest", "AppendStreamResponse"],
      ["Read", "ReadRequest", "ReadResponse"],
      ["Tail", "TailRequest", "TailResponse"],
      ["Offsets", "OffsetsRequest", "OffsetsResponse"],
      ["Locate", "LocateRequest", "LocateResponse"],
      ["Status", "StatusRequest", "StatusResponse"],
      ["Trace", "TraceRequest", "TraceResponse"],
      ["Meet", "Meeting", "Meeting"],
      ["RequestVote", "RequestVoteRequest", "RequestVoteResponse"],
      ["AppendEntries", "AppendEntriesRequest", "AppendEntriesResponse"],
      ["ReadIndex", "ReadIndexRequest", "ReadIndexResponse"],
      ["FetchEntries", "FetchEntriesRequest", "FetchEntriesResponse"],
      ["FetchFile", "FetchFileRequest", "FetchFileResponse"],
      ["InstallSnapshot", "InstallSnapshotRequest", "InstallSnapshotResponse"],
      ["GetSettings", "GetSettingsRequest", "GetSettingsResponse"],
      ["ChangeSettings", "ChangeSettingsRequest", "GetSettingsResponse"],
      ["Trim", "TrimRequest", "TrimResponse"],
      ["TriggerSnapshot", "TriggerSnapshotRequest", "TriggerSnapshotResponse"],
      ["Roll", "RollRequest", "RollResponse"],
      ["Segments", "SegmentsRequest", "SegmentsResponse"],
      ["Snapshots", "SnapshotsRequest", "SnapshotsResponse"],
    ];
    expect(Object.keys(calls).sort()).toEqual(pairs.map(([call]) => call).sort());
    for (const [name, request, response] of pairs) {
      const call = calls[name] as MethodDefinition<object, object>;
      const sent = all[request] as object;
      expect(call.requestDeserialize(call.requestSerialize(sent))).toEqual(sent);
      const answer = all[response] as object;
      expect(call.responseDeserialize(call.responseSerialize(answer))).toEqual(answer);
    }
  });

  it("say what is absent: null for messages, nothing for optional fields", () => {
    const nothing = Buffer.alloc(0);
    const { AppendStream, Offsets } = logService();
    expect(AppendStream.responseDeserialize(nothing)).toEqual({
      ...{ opened: null, acks: null, failures: [] },
    });
    expect(adminService().GetSettings.responseDeserialize(nothing)).toEqual({ settings: null });
    expect(adminService().ChangeSettings.requestDeserialize(nothing)).toEqual({
      ...{ changes: null, unlimited: [] },
    });
    expect(Offsets.requestDeserialize(nothing)).toEqual({
      consistency: "CONSISTENCY_LINEARIZABLE",
    });
    expect(raftService().ReadIndex.responseDeserialize(nothing)).toEqual({
      ...{ term: 0, requestId: 0 },
    });
  });
});

describe("numbers that come in", () => {
  const term = (varint: string): Buffer => Buffer.from(`08${varint}`, "hex");
  const largest = "ffffffffffffff0f";
  const tooLarge = "8080808080808010";

  it("are taken up to 2^53 - 1", () => {
    const { requestDeserialize } = raftService().ReadIndex;
    expect(accept(requestDeserialize(term(largest))).term).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([tooLarge, "ffffffffffffffffff01"])("are refused from 2^53 on: %s", (varint) => {
    const { requestDeserialize, responseDeserialize } = raftService().ReadIndex;
    const received = requestDeserialize(term(varint));
    expect(received).toBeInstanceOf(LogError);
    expect(() => accept(received)).toThrow("term is beyond 2^53 - 1");
    expect(() => responseDeserialize(term(varint))).toThrow("term is beyond 2^53 - 1");
  });

  it("are looked at in messages and lists within", () => {
    expect(() => checkNumbers({ a: { b: [{ deep: 2 ** 53 }] } })).toThrow("deep");
    expect(() => checkNumbers({ list: [1, 2, Number.NaN] })).toThrow("list");
    expect(() => checkNumbers({ below: -1 })).toThrow("below");
    checkNumbers({ bytes: Buffer.from([1]), text: "1e99", none: null, list: [1, { a: 0 }] });
  });
});

describe("bytes that are no message", () => {
  it.each(["0affffffff0f", "ff", "0b", "08"])("are an error, never an exception: %s", (hex) => {
    const calls = { ...logService(), ...raftService(), ...adminService() };
    for (const call of Object.values(calls)) {
      const received: unknown = call.requestDeserialize(Buffer.from(hex, "hex"));
      if (received instanceof LogError) expect(received.code).toBe("INVALID_ARGUMENT");
    }
    const received = logService().Append.requestDeserialize(Buffer.from("0affffffff0f", "hex"));
    expect(() => accept(received)).toThrow("not what the call's schema says");
  });
});

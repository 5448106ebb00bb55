import { anyField } from "./fields.ts";
import { kafkaRequests } from "./kafka-requests.ts";
import { linKvRequests } from "./lin-kv-requests.ts";
import type { RequestKind, RequestTable } from "./request-kind.ts";
import { segmentRequests } from "./segment-requests.ts";

const REQUESTS: RequestTable = {
  echo: { atOnce: true, answer: async (_, body) => ({ echo: anyField(body, "echo") }) },
  topology: { atOnce: true, answer: () => Promise.resolve({}) },
  ...linKvRequests,
  ...kafkaRequests,
  ...segmentRequests,
};

/** What is done for requests of this type; absent: this node does not support it. */
export function requestKind(type: string): RequestKind | undefined {
  return Object.hasOwn(REQUESTS, type) ? REQUESTS[type] : undefined;
}

import { anyField, offsetsField, textField, textsField } from "./fields.ts";
import type { RequestTable } from "./request-kind.ts";

/** Messages of one key in one `poll_ok`; the next poll goes on behind them. */
const POLL_LIMIT = 1000;

/** The `kafka` workload: keys as logs. */
export const kafkaRequests: RequestTable = {
  send: {
    answer: async ({ service }, body) => {
      const [key, msg] = [textField(body, "key"), anyField(body, "msg")];
      return service.carryOut({ op: "send", key, msg });
    },
  },
  poll: {
    answer: async ({ service }, body) => {
      const offsets = offsetsField(body, "offsets");
      const { logs } = await service.current();
      const polled = offsets.map(([key, offset]) => [key, logs.poll(key, offset, POLL_LIMIT)]);
      return { msgs: Object.fromEntries(polled.filter(([, messages]) => messages?.length)) };
    },
  },
  commit_offsets: {
    answer: async ({ service }, body) => {
      const offsets = Object.fromEntries(offsetsField(body, "offsets"));
      return service.carryOut({ op: "commit_offsets", offsets });
    },
  },
  list_committed_offsets: {
    answer: async ({ service }, body) => {
      const keys = textsField(body, "keys");
      const { logs } = await service.current();
      const known = keys.flatMap((key) => {
        const offset = logs.committed(key);
        return offset === undefined ? [] : [[key, offset] as const];
      });
      return { offsets: Object.fromEntries(known) };
    },
  },
};

import { anyField } from "./fields.ts";
import type { RequestTable } from "./request-kind.ts";

/** The `lin-kv` workload: writes and `cas` through the log, reads by ReadIndex. */
export const linKvRequests: RequestTable = {
  read: {
    answer: async ({ service }, body) => {
      const key = anyField(body, "key");
      return { value: (await service.current()).values.read(key) };
    },
  },
  write: {
    answer: async ({ service }, body) => {
      const [key, value] = [anyField(body, "key"), anyField(body, "value")];
      return service.carryOut({ op: "write", key, value });
    },
  },
  cas: {
    answer: async ({ service }, body) => {
      const [key, from, to] = [anyField(body, "key"), anyField(body, "from"), anyField(body, "to")];
      return service.carryOut({ op: "cas", key, from, to });
    },
  },
};

import { MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES } from "../common/limits.ts";
import { anyField, wholeField } from "./fields.ts";
import type { RequestTable } from "./request-kind.ts";
import { malformed } from "./workbench-error.ts";

/** One client's next request may look at what another's last one did: they share one order. */
const lane = "segments";

/** The segment exercise: small segments that fill and seal before one's eyes. */
export const segmentRequests: RequestTable = {
  wal_segment_config: {
    lane,
    answer: async ({ service }, body) => {
      const bytes = wholeField(body, "max_segment_bytes");
      if (bytes < MIN_SEGMENT_BYTES || bytes > MAX_SEGMENT_BYTES)
        throw malformed(
          `"max_segment_bytes" must be ${MIN_SEGMENT_BYTES} to ${MAX_SEGMENT_BYTES}, not ${bytes}`,
        );
      await service.changeSegmentBytes(bytes);
      return { max_segment_bytes: bytes };
    },
  },
  wal_segment_info: {
    lane,
    answer: async ({ service, segments }) => {
      await service.current();
      return segments.describe();
    },
  },
  log_append: {
    lane,
    answer: ({ service }, body) =>
      service.carryOut({ op: "log_append", value: anyField(body, "value") }),
  },
  log_read: {
    lane,
    answer: async ({ service }, body) => {
      const [offset, limit] = [wholeField(body, "offset"), wholeField(body, "limit")];
      return { records: (await service.current()).valueLog.read(offset, limit) };
    },
  },
};

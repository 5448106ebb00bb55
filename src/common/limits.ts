/** Every bound of the system, each with its reason. Bytes unless the name says otherwise. */

/** One record: key + value + headers. Above it, store the blob elsewhere and append its name. */
export const MAX_RECORD_BYTES = 1 << 20;
/** One batch: the payload of one frame, hence the largest allocation a header may ask for. */
export const MAX_BATCH_BYTES = 4 << 20;
/** Records in one batch: bounds the work of one atomic append. */
export const MAX_BATCH_RECORDS = 1 << 16;
/** Frame bytes in one AppendEntries message; one frame may pass it alone. */
export const MAX_APPEND_ENTRIES_BYTES = 1 << 20;
/** Largest gRPC message, both ways: one batch of the largest size, its frame and envelope. */
export const MAX_MESSAGE_BYTES = MAX_BATCH_BYTES + (1 << 20);
/** Frame bytes in one group commit; also how far past bad bytes recovery looks for witnesses. */
export const MAX_GROUP_BYTES = 8 << 20;
/** Stamped by the leader and not yet committed; above it appends answer BACKPRESSURE. */
export const MAX_UNCOMMITTED_BYTES = 64 << 20;
/** AppendEntries messages on their way to one follower. */
export const MAX_INFLIGHT_MESSAGES = 64;
/** AppendEntries bytes on their way to one follower. */
export const MAX_INFLIGHT_BYTES = 16 << 20;
/**
 * Frames of the log's end kept in memory, so that live replication and tails read no disk: as much
 * as may be on its way to a follower. A node is to do with 200 MB in all.
 */
export const MAX_TAIL_CACHE_BYTES = MAX_INFLIGHT_BYTES;
/** Smallest `segment.bytes`: a frame header and a little more, so that exercises can see rolls. */
export const MIN_SEGMENT_BYTES = 256;
/** Largest `segment.bytes`: positions in rows are u32. */
export const MAX_SEGMENT_BYTES = 1 << 30;
/** Size of `RESERVE`: votes, footers and the names of segments still fit on a full disk. */
export const RESERVE_BYTES = 8 << 20;
/** One chunk of a snapshot on its way: small enough that heartbeats do not wait behind it. */
export const SNAPSHOT_CHUNK_BYTES = 256 << 10;
/** Snapshot bytes sent and not yet acknowledged: what a receiver may have to hold in memory. */
export const SNAPSHOT_WINDOW_BYTES = 4 << 20;
/** Largest snapshot that is taken at all: an offer above it is not one of ours. */
export const MAX_SNAPSHOT_BYTES = 2 ** 42;

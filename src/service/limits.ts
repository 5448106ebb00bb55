/** Every bound of the service, each with its reason. Bytes unless the name says otherwise. */

/** Records or frames in one answer, when the reader does not say. */
export const DEFAULT_READ_BYTES = 1 << 20;
/** The most a reader may ask for: one batch of the largest size must fit in a message anyway. */
export const MAX_READ_BYTES = 4 << 20;
/** Written to one tail and not yet taken by its connection: what a stalled reader costs. */
export const MAX_TAIL_PENDING_BYTES = 2 << 20;
/** Appends of one stream that wait for their verdict; above it the stream is not read. */
export const MAX_STREAM_PENDING_BYTES = 8 << 20;
/** Appends of all streams together; above it streams are not read and single appends refused. */
export const MAX_TOTAL_PENDING_BYTES = 48 << 20;
/** What an append costs besides its batch, so that a flood of empty records is bounded too. */
export const APPEND_OVERHEAD_BYTES = 128;
/** Calls under way on one connection. */
export const MAX_CONCURRENT_STREAMS = 1024;
/** How long a member may take to tell its status before it counts as down, in milliseconds. */
export const MEMBER_STATUS_TIMEOUT_MS = 1000;
/** How long a linearizable tail stays on a node that knows no leader, in milliseconds. */
export const LEADERLESS_PATIENCE_MS = 3000;
/** How long open calls may take to end when the service closes, in milliseconds. */
export const CLOSE_GRACE_MS = 500;
/** HTTP/2 window of a stream: large enough that loopback and a LAN are never waited for. */
export const FLOW_CONTROL_WINDOW_BYTES = 1 << 20;

import type { ChannelOptions } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "../common/limits.ts";

/** Waits between attempts to reach a peer: short enough that elections do not wait for them. */
export const MIN_BACKOFF_MS = 20;
export const MAX_BACKOFF_MS = 500;

/** A vote or read index that takes longer is worth nothing: the next election has begun. */
export const CALL_TIMEOUT_MS = 1000;

/** A stream that did not open by then is tried again over a new connection. */
export const OPEN_TIMEOUT_MS = 2000;

/** Votes and read indexes under way to, or from, one peer. */
export const MAX_CALLS = 256;

/** Bytes on their way over one connection: one message of frames while the next is encoded. */
export const RECEIVE_WINDOW_BYTES = 2 << 20;

const COMMON_OPTIONS: ChannelOptions = {
  // Channelz keeps a record of every message of every call.
  "grpc.enable_channelz": 0,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  // A peer that went away without a word is noticed after six seconds at the latest. The timeout
  // leaves room for a full window of frames ahead of the ping's answer on a slow link.
  "grpc.keepalive_time_ms": 2000,
  "grpc.keepalive_timeout_ms": 4000,
  "grpc.keepalive_permit_without_calls": 1,
};

export const CLIENT_OPTIONS: ChannelOptions = {
  ...COMMON_OPTIONS,
  "grpc.initial_reconnect_backoff_ms": MIN_BACKOFF_MS,
  "grpc.max_reconnect_backoff_ms": MAX_BACKOFF_MS,
  "grpc.dns_min_time_between_resolutions_ms": MAX_BACKOFF_MS,
  // A message sent twice by the library would be a message Raft did not send.
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  // A connection given up must not be handed back to the next attempt.
  "grpc.use_local_subchannel_pool": 1,
};

export const SERVER_OPTIONS: ChannelOptions = {
  ...COMMON_OPTIONS,
  // Per connection: one stream, the calls of one peer, and room to replace them.
  "grpc.max_concurrent_streams": 2 * MAX_CALLS,
};

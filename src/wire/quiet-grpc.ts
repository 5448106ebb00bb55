import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";

/**
 * Keeps grpc-js from writing to stderr by itself: all it says there reaches its caller as an error
 * too, and a user gets one clear line, not two. Called before the first server or client is made.
 */
export function quietGrpc(): void {
  setLogVerbosity(logVerbosity.NONE);
}

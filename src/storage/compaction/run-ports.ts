import type { FileSystem } from "../file-system.ts";
import type { BatchCodec } from "./types.ts";

/** What a run needs of the world. */
export interface RunPorts {
  readonly fileSystem: FileSystem;
  readonly codec: BatchCodec;
  /** Resolves `delayMs` later; absent: runs are never slowed down. */
  readonly pause: ((delayMs: number) => Promise<void>) | undefined;
}

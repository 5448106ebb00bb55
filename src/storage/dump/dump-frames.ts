import { FRAME_HEADER_BYTES, type FrameHeader } from "../../common/frame.ts";
import type { FileSystem } from "../file-system.ts";
import { FileWindow } from "../verify/file-window.ts";
import { walkFrames } from "../verify/frame-walk.ts";
import { startOf } from "../verify/segment-glance.ts";
import { lookAtSegments } from "./look-at-segments.ts";

/** One frame as it lies in a file, or bytes that should be one. */
export interface DumpedFrame {
  readonly file: string;
  /** First byte in the file. */
  readonly position: number;
  /** Header and payload; absent where the header is damaged. */
  readonly length: number | undefined;
  /** What the header says; absent where it is damaged. */
  readonly header: FrameHeader | undefined;
  /** Absent where it does not match its checksum. */
  readonly payload: Uint8Array | undefined;
  /** Why it is not the frame that should lie there; absent when it is. */
  readonly fault: string | undefined;
}

/**
 * Every frame of a data directory, of its `log/`, or of one segment file, oldest first, from the
 * bytes alone and without the lock. After a damaged frame it goes on at the next one it can find.
 * @throws FatalError("io") where the path cannot be read, FatalError("config") where no segment is.
 */
export async function* dumpFrames(
  fileSystem: FileSystem,
  path: string,
): AsyncIterable<DumpedFrame> {
  for (const glance of await lookAtSegments(fileSystem, path)) {
    const { logPath: file, logBytes, footer } = glance;
    if (logBytes === undefined) continue;
    const opened = await fileSystem.open(file, "read");
    try {
      const end = typeof footer === "object" ? footer.frameBytes : logBytes;
      const start = startOf(glance);
      const window = new FileWindow(opened, end);
      const from = { firstIndex: start?.firstIndex, chain: start?.prevChain };
      for await (const found of walkFrames(window, from)) {
        const { position, header } = found;
        const length = header && FRAME_HEADER_BYTES + header.payloadLength;
        const frame = found.kind === "frame";
        const payload = frame ? found.bytes.slice(FRAME_HEADER_BYTES) : undefined;
        const fault = frame ? undefined : found.what;
        yield { file, position, length, header, payload, fault };
      }
    } finally {
      await opened.close();
    }
  }
}

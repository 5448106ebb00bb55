import { crc32 } from "node:zlib";
import { assert, unreachable } from "../common/assert.ts";
import { type Deferred, deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type {
  SnapshotRequest,
  SnapshotResponse,
  SnapshotSource,
  StagedSnapshot,
  TransferWindow,
} from "./snapshot-transfer.ts";

/** Without a word of the receiver for so long, which may be syncing, a transfer is given up. */
const STALLED_MS = 30_000;

export interface SendingPorts {
  readonly scheduler: Scheduler;
  readonly window: TransferWindow;
  /** Puts it on the stream, which keeps the order; a stream that cannot is told by `broke`. */
  write(request: SnapshotRequest): void;
  /** The sender is through with the stream; called once. */
  end(): void;
}

/**
 * The sender's half of a transfer, over any stream: offers behind what the receiver has staged,
 * and keeps a window of chunks on the way.
 */
export class SnapshotSending {
  readonly #source: SnapshotSource;
  readonly #ports: SendingPorts;
  readonly #finished = deferred<void>();
  readonly #unheed: () => void;
  #open = true;
  #offered = false;
  /** Sent up to here. */
  #position = 0;
  #acknowledged = 0;
  /** Resolved when the window moves, or the transfer ends. */
  #moved: Deferred<void> | undefined;
  #cancelStall: Cancel;

  constructor(source: SnapshotSource, signal: AbortSignal, ports: SendingPorts) {
    this.#source = source;
    this.#ports = ports;
    const abort = () => this.#end(new LogError("ABORTED", "the transfer was given up"));
    signal.addEventListener("abort", abort);
    this.#unheed = () => signal.removeEventListener("abort", abort);
    this.#cancelStall = this.#watchStall();
    if (signal.aborted) abort();
  }

  /** Resolves when the receiver says that it has all of it; rejects (LogError) with why not. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** What the receiver says, in its order. */
  received(response: SnapshotResponse): void {
    if (!this.#open) return;
    this.#cancelStall();
    this.#cancelStall = this.#watchStall();
    switch (response.kind) {
      case "staged":
        return this.#offer(response.staged);
      case "acknowledged":
        return this.#heard(response.position);
      case "done":
        if (!this.#offered) return this.#end(nonsense("it is done before it was offered anything"));
        this.#source.progressed(this.#source.offer.totalBytes);
        return this.#end(undefined);
      default:
        return unreachable(response);
    }
  }

  /** The stream ended, by the receiver's refusal or by itself. */
  broke(error: LogError): void {
    this.#end(error);
  }

  #offer(staged: StagedSnapshot | undefined): void {
    if (this.#offered) return this.#end(nonsense("it says twice what it has staged"));
    this.#offered = true;
    const { offer } = this.#source;
    this.#ports.write({ kind: "offer", offer });
    const resumes = staged?.hash === offer.hash && staged.bytes <= offer.totalBytes;
    this.#position = this.#acknowledged = resumes ? staged.bytes : 0;
    this.#source.progressed(this.#position);
    this.#sendAll().catch((thrown: unknown) => this.#end(LogError.from(thrown)));
  }

  #heard(position: number): void {
    if (position <= this.#acknowledged || position > this.#position)
      return this.#end(nonsense(`it acknowledges ${position}, sent were ${this.#position} bytes`));
    this.#acknowledged = position;
    this.#source.progressed(position);
    this.#moved?.resolve();
  }

  async #sendAll(): Promise<void> {
    const { totalBytes } = this.#source.offer;
    const { chunkBytes, windowBytes } = this.#ports.window;
    while (this.#open && this.#position < totalBytes) {
      if (this.#position + chunkBytes > this.#acknowledged + windowBytes) {
        this.#moved = deferred<void>();
        await this.#moved.promise;
        continue;
      }
      const bytes = await this.#source.read(this.#position, chunkBytes);
      if (!this.#open) return;
      assert(bytes.length > 0 && bytes.length <= chunkBytes, "a source reads what it is asked for");
      const chunk = { position: this.#position, bytes, crc32: crc32(bytes) };
      this.#position += bytes.length;
      this.#ports.write({ kind: "chunk", ...chunk });
    }
  }

  #watchStall(): Cancel {
    return this.#ports.scheduler.after(STALLED_MS, () =>
      this.#end(new LogError("TIMEOUT", "the receiver has not said anything for too long")),
    );
  }

  #end(error: LogError | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelStall();
    this.#unheed();
    this.#moved?.resolve();
    this.#ports.end();
    if (error === undefined) this.#finished.resolve();
    else this.#finished.reject(error);
  }
}

function nonsense(what: string): LogError {
  return new LogError("INVALID_ARGUMENT", `the receiver makes no sense: ${what}`);
}

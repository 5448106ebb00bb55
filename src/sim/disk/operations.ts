import { type Deferred, deferred } from "../../common/deferred.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import { ioError } from "../../storage/io-error.ts";
import { type Fault, Faults, type OperationKind } from "./faults.ts";

/** How long operations take, as [least, most] in milliseconds. */
export interface Latencies {
  readonly read: readonly [number, number];
  readonly write: readonly [number, number];
  readonly sync: readonly [number, number];
  /** Creations, renames, unlinks and directory syncs. */
  readonly names: readonly [number, number];
}

/** A little disk: a write is a copy into the page cache, a sync a short trip to the device. */
export const DEFAULT_LATENCIES: Latencies = {
  read: [0, 0.1],
  write: [0, 0.1],
  sync: [0.1, 1],
  names: [0, 0.5],
};

/** A world with time. Without one, operations complete by microtask. */
export interface Timing {
  /** Calls `run`, `delayMs` from now. */
  readonly after: (delayMs: number, run: () => void) => void;
  readonly random: Random;
  readonly latenciesMs?: Latencies;
}

/** An operation that changes the disk, in the order in which it began. */
export interface OperationRecord {
  /** 1, 2, 3 … on this disk. */
  readonly number: number;
  /** `write log/00000000000000000000.log 0+88`. */
  readonly label: string;
}

export type BoundarySide = "before" | "after";

/** One life of the process that uses the disk; its calls are ignored once it is dead. */
export interface Incarnation {
  alive: boolean;
}

/** An operation in two moments. Reads change nothing, so they have no number and no boundary. */
export interface Operation<T> {
  readonly kind: OperationKind;
  readonly path: string;
  /** Follows the path in the label. */
  readonly detail?: () => string;
  /** Takes effect in what one sees: page cache, names. */
  begin?(record: OperationRecord): void;
  /** Takes effect on the device, and answers. */
  finish(): T;
  /** Only part of it happens. */
  fail?(record: OperationRecord): void;
  /** The first of two parts happens; `begin` follows later. */
  half?(record: OperationRecord): void;
}

const ACTIONS: Readonly<Record<OperationKind, string>> = {
  create: "create",
  write: "write",
  sync: "sync",
  truncate: "cut",
  rename: "rename",
  unlink: "remove",
  makeDirectory: "create the directory",
  syncDirectory: "sync the directory",
  open: "open",
  read: "read",
};

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

interface Stop {
  readonly matches: (record: OperationRecord) => boolean;
  readonly side: BoundarySide;
  readonly reached: Deferred<OperationRecord>;
}

/** Most operations are never printed: the label is made when it is asked for. */
class LabelledRecord implements OperationRecord {
  readonly number: number;
  readonly #operation: Operation<unknown>;

  constructor(number: number, operation: Operation<unknown>) {
    this.number = number;
    this.#operation = operation;
  }

  get label(): string {
    const { kind, path, detail } = this.#operation;
    return `${kind} ${path}${detail === undefined ? "" : ` ${detail()}`}`;
  }
}

/** Where every operation of a disk passes: numbered, delayed, struck by faults, stopped. */
export class Operations {
  readonly faults = new Faults();
  readonly #timing: Timing | undefined;
  #count: number;
  readonly #records: OperationRecord[] = [];
  #stop: Stop | undefined;
  #frozen = false;

  /** `count`: operations that the disk has seen already; numbers go on from there. */
  constructor(timing: Timing | undefined, count: number) {
    this.#timing = timing;
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  /** What was begun so far; kept only without timing, where tables need it and runs are short. */
  get records(): readonly OperationRecord[] {
    return this.#records;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Freezes the disk at the first operation that matches; replaces an earlier wish. */
  stopAt(
    matches: (record: OperationRecord) => boolean,
    side: BoundarySide,
  ): Promise<OperationRecord> {
    this.#stop = { matches, side, reached: deferred() };
    return this.#stop.reached.promise;
  }

  thaw(): void {
    this.#frozen = false;
    this.#stop = undefined;
  }

  async read<T>(by: Incarnation, operation: Operation<T>): Promise<T> {
    if (!by.alive || this.#frozen) return never();
    const fault = this.faults.take(operation.kind, operation.path);
    await this.#delay(operation.kind, fault);
    if (!by.alive || this.#frozen || fault?.effect === "hang") return never();
    if (fault?.effect === "fail") throw failure(operation, fault);
    return operation.finish();
  }

  async change<T>(by: Incarnation, operation: Operation<T>): Promise<T> {
    if (!by.alive || this.#frozen) return never();
    const record = this.#record(operation);
    if (this.#stopsHere(record, "before")) return never();
    const fault = this.faults.take(operation.kind, operation.path);
    if (fault?.effect === "fail") operation.fail?.(record);
    else if (fault?.effect === "short" && operation.half !== undefined) {
      operation.half(record);
      await this.#delay(operation.kind, undefined);
      if (!by.alive || this.#frozen) return never();
      operation.begin?.(record);
    } else operation.begin?.(record);
    if (this.#stops(record, "after")) {
      if (fault?.effect !== "fail") operation.finish();
      this.#freeze(record);
      return never();
    }
    await this.#delay(operation.kind, fault);
    if (!by.alive || this.#frozen || fault?.effect === "hang") return never();
    if (fault?.effect === "fail") throw failure(operation, fault);
    return operation.finish();
  }

  #record(operation: Operation<unknown>): OperationRecord {
    const record = new LabelledRecord(++this.#count, operation);
    if (this.#timing === undefined) this.#records.push(record);
    return record;
  }

  #stops(record: OperationRecord, side: BoundarySide): boolean {
    return this.#stop?.side === side && this.#stop.matches(record);
  }

  #stopsHere(record: OperationRecord, side: BoundarySide): boolean {
    if (!this.#stops(record, side)) return false;
    this.#freeze(record);
    return true;
  }

  #freeze(record: OperationRecord): void {
    this.#frozen = true;
    this.#stop?.reached.resolve(record);
  }

  #delay(kind: OperationKind, fault: Fault | undefined): Promise<void> | undefined {
    if (this.#timing === undefined) return undefined;
    const { after, random, latenciesMs = DEFAULT_LATENCIES } = this.#timing;
    const range = latenciesMs[latencyOf(kind)];
    const micros = randomInteger(random, range[0] * 1000, range[1] * 1000);
    const extra = fault?.effect === "slow" ? (fault.delayMs ?? 0) : 0;
    return new Promise<void>((resolve) => {
      after(micros / 1000 + extra, resolve);
    });
  }
}

function failure(operation: Operation<unknown>, fault: Fault): Error {
  return ioError(ACTIONS[operation.kind], operation.path, fault.code ?? "EIO");
}

function latencyOf(kind: OperationKind): keyof Latencies {
  if (kind === "read" || kind === "open") return "read";
  if (kind === "write") return "write";
  return kind === "sync" ? "sync" : "names";
}

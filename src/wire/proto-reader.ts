import { LogError } from "../common/errors.ts";

/** Wire types of protobuf that Balsa's schema can meet; groups (3, 4) are refused. */
export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/** Field numbers end at 2^29 - 1, so a tag (number and wire type) fits in 32 bits. */
const MAX_TAG = 0xffff_ffff;
/** A varint of 64 bits takes at most ten bytes. */
const MAX_VARINT_BYTES = 10;

/** Where the bytes came from decides what it means that they are not what they should be. */
export type MalformedCode = "INVALID_ARGUMENT" | "CORRUPT";

/**
 * Walks protobuf's wire format without copying and without trusting a length: every read is
 * bounded by `end`, and the only thing ever thrown is a LogError with the code given here.
 */
export class ProtoReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  readonly #code: MalformedCode;

  constructor(bytes: Uint8Array, at: number, end: number, code: MalformedCode) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#code = code;
  }

  /** The next varint: a safe integer, or an error. */
  varint(): number {
    const at = this.at;
    if (at < this.end) {
      const first = this.bytes[at] as number;
      if (first < 0x80) {
        this.at = at + 1;
        return first;
      }
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < MAX_VARINT_BYTES; length++) {
      if (this.at >= this.end) this.fail("a number is cut off");
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        // Rounding cannot hide here: whatever is above 2^53 stays above it.
        if (!Number.isSafeInteger(value)) this.fail("a number is beyond 2^53 - 1");
        return value;
      }
      scale *= 0x80;
    }
    return this.fail("a number has more than ten bytes");
  }

  /** The next field's tag: `number << 3 | wireType`. */
  tag(): number {
    const tag = this.varint();
    if (tag < 8 || tag > MAX_TAG) this.fail("a field has an impossible number");
    return tag;
  }

  /** Length of the bytes that follow, which are all there. */
  length(): number {
    const length = this.varint();
    if (length > this.end - this.at) this.fail("a length points past the end");
    return length;
  }

  /** The next length-delimited field, as a view of the same memory. */
  view(): Uint8Array {
    const length = this.length();
    const from = this.at;
    this.at = from + length;
    return this.bytes.subarray(from, this.at);
  }

  /** Steps over a field that this version does not know. */
  skip(tag: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.#skipVarint();
        return;
      case WIRE_FIXED64:
        this.#skipBytes(8);
        return;
      case WIRE_BYTES:
        this.#skipBytes(this.length());
        return;
      case WIRE_FIXED32:
        this.#skipBytes(4);
        return;
      default:
        this.fail("a field has a wire type that is not used");
    }
  }

  #skipVarint(): void {
    for (let length = 0; length < MAX_VARINT_BYTES; length++) {
      if (this.at >= this.end) this.fail("a number is cut off");
      if ((this.bytes[this.at++] as number) < 0x80) return;
    }
    this.fail("a number has more than ten bytes");
  }

  #skipBytes(count: number): void {
    if (count > this.end - this.at) this.fail("a field is cut off");
    this.at += count;
  }

  fail(what: string): never {
    throw new LogError(this.#code, `not a record batch: ${what} (byte ${this.at})`);
  }
}

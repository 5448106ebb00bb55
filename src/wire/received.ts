import { LogError } from "../common/errors.ts";

/**
 * What a deserialiser hands to a handler: the message, or why the bytes are none. A deserialiser
 * must not throw: grpc-js would answer INTERNAL, as if the fault were ours.
 */
export type Received<T> = T | LogError;

/** The message; throws what is wrong with it. @throws LogError INVALID_ARGUMENT */
export function accept<T>(received: Received<T>): T {
  if (received instanceof LogError) throw received;
  return received;
}

/** Turns a decoder that may throw anything into one that answers {@link Received}. */
export function receiving<T>(decode: (bytes: Buffer) => T): (bytes: Buffer) => Received<T> {
  return (bytes) => {
    try {
      const message = decode(bytes);
      checkNumbers(message as object);
      return message;
    } catch (thrown) {
      if (thrown instanceof LogError) return thrown;
      return new LogError("INVALID_ARGUMENT", "the message is not what the call's schema says", {
        cause: thrown,
      });
    }
  };
}

/**
 * Every number of Balsa's schema counts something: one that is not a safe, non-negative integer
 * was rounded on the way in, or is an attack. Looks into nested messages and lists.
 * @throws LogError INVALID_ARGUMENT naming the field
 */
export function checkNumbers(message: object): void {
  for (const field in message) check(message[field as keyof typeof message], field);
}

function check(value: unknown, field: string): void {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new LogError("INVALID_ARGUMENT", `${field} is beyond 2^53 - 1`);
  } else if (Array.isArray(value)) {
    for (const item of value) check(item, field);
  } else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    checkNumbers(value);
  }
}

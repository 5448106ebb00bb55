/** Turns values into bytes and back. `decode` may throw: the reader gets the error. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const text: Codec<string> = {
  encode: (value) => encoder.encode(value),
  decode: (bytes) => decoder.decode(bytes),
};

const bytes: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (value) => value,
};

/** What values are made of: `json` for objects, `text` for UTF-8 strings, `bytes` as they are. */
export const codecs = {
  json: <T>(): Codec<T> => ({
    encode: (value) => encoder.encode(JSON.stringify(value)),
    decode: (encoded) => JSON.parse(decoder.decode(encoded)) as T,
  }),
  text,
  bytes,
} as const;

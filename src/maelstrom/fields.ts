import { type Body, isObject, isWhole } from "./message.ts";
import { malformed } from "./workbench-error.ts";

/** Any JSON value, `null` included; only its absence is an error. @throws WorkbenchError */
export function anyField(body: Body, name: string): unknown {
  const value = body[name];
  if (value === undefined) throw malformed(`"${name}" is missing`);
  return value;
}

/** @throws WorkbenchError */
export function textField(body: Body, name: string): string {
  const value = anyField(body, name);
  if (typeof value !== "string") throw malformed(`"${name}" must be a string`);
  return value;
}

/** A whole number, 0 or more. @throws WorkbenchError */
export function wholeField(body: Body, name: string): number {
  const value = anyField(body, name);
  if (!isWhole(value)) throw malformed(`"${name}" must be a whole number, 0 or more`);
  return value;
}

/** @throws WorkbenchError */
export function textsField(body: Body, name: string): readonly string[] {
  const value = anyField(body, name);
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw malformed(`"${name}" must be a list of strings`);
  return value;
}

/** An object from key to offset, as pairs. @throws WorkbenchError */
export function offsetsField(body: Body, name: string): readonly (readonly [string, number])[] {
  const value = anyField(body, name);
  if (!isObject(value)) throw malformed(`"${name}" must be an object of offsets by key`);
  return Object.entries(value).map(([key, offset]) => {
    if (!isWhole(offset)) throw malformed(`"${name}": the offset of "${key}" must be whole`);
    return [key, offset] as const;
  });
}

/** Fields of a parsed JSON object, before anything is known of them. */
export type JsonFields = Readonly<Record<string, unknown>>;

export function isPlainObject(value: unknown): value is JsonFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

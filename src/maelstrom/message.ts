/** A message's payload: `type`, for requests `msg_id`, and what the type asks for. */
export type Body = Readonly<Record<string, unknown>>;

/** One message of the workbench's network: `{src, dest, body}`, one JSON object a line. */
export interface Message {
  readonly src: string;
  readonly dest: string;
  readonly type: string;
  /** Absent: the sender wants no answer. */
  readonly msgId: number | undefined;
  readonly body: Body;
}

/** A line that is no message; what can be made out of it says whom to tell. */
export interface BadLine {
  readonly problem: string;
  readonly src: string | undefined;
  readonly dest: string | undefined;
  readonly msgId: number | undefined;
}

const SHOWN_CHARACTERS = 60;

/** Reads one line. Total: whatever it is becomes a message, or says what is wrong with it. */
export function parseMessage(line: string): Message | BadLine {
  const parsed = parseJson(line);
  const nobody = { src: undefined, dest: undefined, msgId: undefined };
  if (!isObject(parsed)) {
    const shown = line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
    return { ...nobody, problem: `a line that is no JSON object: ${shown}` };
  }
  const { src, dest, body } = parsed;
  if (!isName(src)) return { ...nobody, problem: 'a message without "src": nobody to answer' };
  const msgId = isObject(body) && isWhole(body["msg_id"]) ? body["msg_id"] : undefined;
  const bad = (problem: string): BadLine => {
    return { problem, src, dest: isName(dest) ? dest : undefined, msgId };
  };
  if (!isName(dest)) return bad('"dest" is missing: the name of a node');
  if (!isObject(body)) return bad('"body" is missing: an object');
  const { type } = body;
  if (!isName(type)) return bad('"type" is missing: what the message asks for');
  if (body["msg_id"] !== undefined && msgId === undefined)
    return bad('"msg_id" must be a whole number');
  return { src, dest, type, msgId, body };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A whole number that is exact and not negative. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

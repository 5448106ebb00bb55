import { canonicalJson } from "./canonical-json.ts";
import type { Body } from "./message.ts";
import { CODES, WorkbenchError } from "./workbench-error.ts";

/** `lin-kv`: values by key, both any JSON. A function of the committed log alone. */
export class KeyValueStore {
  readonly #values = new Map<string, unknown>();

  /** @throws WorkbenchError 20 when there is no such key */
  read(key: unknown): unknown {
    const name = canonicalJson(key);
    if (!this.#values.has(name)) throw noSuchKey(name);
    return this.#values.get(name);
  }

  write(key: unknown, value: unknown): Body {
    this.#values.set(canonicalJson(key), value);
    return {};
  }

  /** Decided by the order of the log. @throws WorkbenchError 20 | 22 */
  compareAndSet(key: unknown, from: unknown, to: unknown): Body {
    const current = canonicalJson(this.read(key));
    const expected = canonicalJson(from);
    if (current !== expected)
      throw new WorkbenchError(CODES.preconditionFailed, `expected ${expected}, had ${current}`);
    return this.write(key, to);
  }
}

function noSuchKey(name: string): WorkbenchError {
  return new WorkbenchError(CODES.keyDoesNotExist, `there is no key ${name}`);
}

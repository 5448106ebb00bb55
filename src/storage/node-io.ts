import { ioError } from "./io-error.ts";

/** The system's name of an error: `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Makes whatever goes wrong with `work` the one line that names action, path, reason and fix. */
export async function failing<T>(action: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw ioError(action, path, codeOf(error), error);
  }
}

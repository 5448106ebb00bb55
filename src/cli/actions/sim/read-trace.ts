import { readFile } from "node:fs/promises";
import { readTrace, type TraceFile } from "../../../sim/campaign/trace-file.ts";
import { invalidValue } from "../../failure.ts";

/** A trace file, read; one that is none is told as a value that cannot be used. */
export async function loadTrace(file: string): Promise<TraceFile> {
  const text = await readFile(file, "utf8");
  try {
    return readTrace(text);
  } catch (thrown) {
    throw invalidValue(file, (thrown as Error).message, "make one: balsa sim run --trace FILE");
  }
}

/** The trace of a simulated world: one that can be run again. */
export async function loadWorld(file: string): Promise<TraceFile> {
  const found = await loadTrace(file);
  if ((found.options as unknown) !== undefined) return found;
  throw invalidValue(file, "was told by running nodes; only a simulated world can be run again");
}

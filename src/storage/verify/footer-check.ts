import type { FileWindow } from "./file-window.ts";
import type { VerifyFinding } from "./finding.ts";
import { damagedFooter, tornEnd } from "./segment-findings.ts";

/**
 * Compares what follows the frames with the footer that goes with them, byte by byte. Only the end
 * of a write that a crash cut short is shorter than that; and not where a later segment is sealed.
 */
export async function checkFooter(options: {
  readonly log: FileWindow;
  /** Where the frames end. */
  readonly position: number;
  readonly footer: Uint8Array;
  readonly laterSealed: boolean;
}): Promise<readonly VerifyFinding[]> {
  const { log, position, footer, laterSealed } = options;
  const length = log.end - position;
  if (length === 0 && !laterSealed) return [];
  const found = await log.at(position, footer.length);
  const differs = found.findIndex((byte, at) => byte !== footer[at]);
  const byte = position + (differs < 0 ? found.length : differs);
  const seen = { file: log.path, byte };
  if (length < footer.length && !laterSealed)
    return [tornEnd({ ...seen, what: "the footer is not complete" })];
  if (length < footer.length) return [damagedFooter({ ...seen, what: "the footer is cut off" })];
  if (differs >= 0)
    return [damagedFooter({ ...seen, what: "the footer is not the one of these entries" })];
  const more = length - footer.length;
  return more === 0 ? [] : [damagedFooter({ ...seen, what: `${more} bytes after the footer` })];
}

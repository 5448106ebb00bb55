import type { File } from "../file-system.ts";
import {
  decodeFooter,
  FOOTER_TRAILER_BYTES,
  type Footer,
  type FooterFault,
  footerLength,
} from "./footer.ts";

/** One read brings most footers whole. */
const FIRST_READ_BYTES = 4 << 10;

/** The footer at the end of a `.log` file; absent when the file does not end like one. */
export async function readFooter(
  file: File,
  fileBytes: number,
): Promise<Footer | FooterFault | undefined> {
  let end = await readEnd(file, fileBytes, Math.min(fileBytes, FIRST_READ_BYTES));
  const length = footerLength(end.subarray(Math.max(0, end.length - FOOTER_TRAILER_BYTES)));
  if (length === undefined) return undefined;
  if (length > fileBytes) return "damaged";
  if (length > end.length) end = await readEnd(file, fileBytes, length);
  const footer = decodeFooter(end.subarray(end.length - length));
  if (typeof footer === "string") return footer;
  return footer.frameBytes + length === fileBytes ? footer : "damaged";
}

async function readEnd(file: File, fileBytes: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const filled = await file.read(bytes, fileBytes - length);
  return bytes.subarray(0, filled);
}

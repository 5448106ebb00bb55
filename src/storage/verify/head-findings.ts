import type { HeadFault } from "../compression/compressed-file.ts";
import type { VerifyFinding } from "./finding.ts";

const MEANS = "nothing is lost: the other head of the compressed file is intact";

/** One of the two heads of a compressed file. */
export function damagedHead(file: string, { byte, what }: HeadFault): VerifyFinding {
  const next = "nothing: the node writes a segment anew; offline: balsa repair --apply";
  return { kind: "damaged", file, byte, index: undefined, what, means: MEANS, next };
}

export function isDamagedHead({ means }: VerifyFinding): boolean {
  return means === MEANS;
}

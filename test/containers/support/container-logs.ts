/** Length of what stands before each piece: stream, three zeros, size. */
const HEADER_BYTES = 8;

/** Lines of what the engine keeps of a container's stdout and stderr, all its lives included. */
export function logLines(multiplexed: Buffer): readonly string[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at + HEADER_BYTES <= multiplexed.length; ) {
    const end = at + HEADER_BYTES + multiplexed.readUInt32BE(at + 4);
    pieces.push(multiplexed.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(pieces).toString().split("\n");
}

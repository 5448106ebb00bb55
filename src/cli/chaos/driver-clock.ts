/** Milliseconds of the one clock that everything in a history is told by: the driver's. */
export function driverMs(): number {
  return performance.now();
}

/** A moment that a process of the same machine told in milliseconds since 1970. */
export function fromWallMs(wallMs: number): number {
  return wallMs - performance.timeOrigin;
}

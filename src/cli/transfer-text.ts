/** `installing snapshot 61 %`, `sending snapshot to n3 61 %`. */
export function transferText(
  peer: string,
  transfer: { readonly direction: string; readonly bytes: number; readonly totalBytes: number },
): string {
  const { direction, bytes, totalBytes } = transfer;
  const share = totalBytes === 0 ? 0 : Math.min(100, Math.floor((bytes / totalBytes) * 100));
  const what = direction === "sending" ? `sending snapshot to ${peer}` : "installing snapshot";
  return `${what} ${share} %`;
}

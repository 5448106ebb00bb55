import { FatalError } from "../common/fatal-error.ts";

/** What failed, for whoever has to mend it: the reason in words, and the fix. */
const REASONS: Readonly<Record<string, readonly [reason: string, fix: string]>> = {
  ENOSPC: ["the disk is full", "free some space on it, then start the node again"],
  EDQUOT: ["the disk quota is used up", "raise it or free some space, then start the node again"],
  EFBIG: ["the file would be larger than this file system allows", "use another file system"],
  EIO: ["the device reported an error", "check the disk (dmesg), then start the node again"],
  EACCES: ["permission denied", "let the user that runs the node own it, or use another directory"],
  EPERM: ["not permitted", "let the user that runs the node own it, or use another directory"],
  EROFS: ["the file system is read-only", "mount it writable, or use another directory"],
  ENOENT: ["it does not exist", "put it back, or choose another directory"],
  EEXIST: ["it exists already", "find out who made it, and move it away"],
  ENOTDIR: ["part of the path is not a directory", "choose another directory"],
  EISDIR: ["it is a directory", "move it away"],
  EMFILE: ["too many files are open", "raise the limit (ulimit -n), then start the node again"],
  ENFILE: ["too many files are open on this machine", "raise fs.file-max, then start again"],
};

/** The one line that every failed call to the disk becomes: path, reason, fix. */
export function ioError(
  action: string,
  path: string,
  code: string | undefined,
  cause?: unknown,
): FatalError {
  const known = code === undefined ? undefined : REASONS[code];
  const why = cause instanceof Error ? cause.message : "the reason is not known";
  const [reason, fix] = known ?? [why, "check the disk, then start the node again"];
  const suffix = known === undefined ? "" : ` (${code})`;
  const from = cause ?? (code === undefined ? undefined : Object.assign(new Error(code), { code }));
  return new FatalError("io", `cannot ${action} ${path}: ${reason}${suffix}; ${fix}`, from);
}

/** Whether it failed because there is no such file. */
export function isAbsent(thrown: unknown): boolean {
  return codeOf(thrown) === "ENOENT";
}

/** Whether it failed because the disk, or this user's share of it, is full. */
export function isNoRoom(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code === "ENOSPC" || code === "EDQUOT";
}

function codeOf(thrown: unknown): unknown {
  if (!(thrown instanceof FatalError) || !(thrown.cause instanceof Error)) return undefined;
  return "code" in thrown.cause ? thrown.cause.code : undefined;
}

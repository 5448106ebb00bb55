/** Names in a data directory. */
export const LOCK_FILE = "LOCK";
export const IDENTITY_FILE = "identity";
export const HARD_STATE_FILE = "hard-state";
export const LOG_DIRECTORY = "log";
export const SNAPSHOT_DIRECTORY = "snapshots";
/** Space kept back for a full disk. */
export const RESERVE_FILE = "RESERVE";

/** The two files of a paired record, in the order in which they are written. */
export function pairOf(name: string): readonly [string, string] {
  return [`${name}.0`, `${name}.1`];
}

const OURS: ReadonlySet<string> = new Set([
  LOCK_FILE,
  ...pairOf(IDENTITY_FILE),
  ...pairOf(HARD_STATE_FILE),
  LOG_DIRECTORY,
  SNAPSHOT_DIRECTORY,
  RESERVE_FILE,
  // A directory that is a mount point of its own comes with it.
  "lost+found",
]);

/** May the name lie in a data directory that is about to be made one? `node.ndjson`: its log. */
export function isOurs(name: string): boolean {
  return OURS.has(name) || name.startsWith("node.ndjson");
}

/** Joins names that this program chose: no check for `..` is needed. */
export function join(directory: string, name: string): string {
  return directory.endsWith("/") ? `${directory}${name}` : `${directory}/${name}`;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path without its last part; `.` where there is only one. */
export function directoryOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at < 0 ? "." : path.slice(0, at) || "/";
}

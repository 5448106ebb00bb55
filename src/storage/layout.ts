/** Names in a data directory. Nothing else belongs there. */
export const LOCK_FILE = "LOCK";
export const IDENTITY_FILE = "identity";
export const HARD_STATE_FILE = "hard-state";
export const LOG_DIRECTORY = "log";

/** The two files of a paired record, in the order in which they are written. */
export function pairOf(name: string): readonly [string, string] {
  return [`${name}.0`, `${name}.1`];
}

/** Names built from parts that this program chose: no check for `..` is needed. */
export function join(directory: string, name: string): string {
  return directory.endsWith("/") ? `${directory}${name}` : `${directory}/${name}`;
}

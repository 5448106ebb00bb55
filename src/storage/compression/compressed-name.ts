const SUFFIX = ".deflate";
const MAY_BE_COMPRESSED = /\.(?:log|compacted)$/;

/** Whether files of that name are looked at for being compressed. */
export function mayBeCompressed(path: string): boolean {
  return MAY_BE_COMPRESSED.test(path);
}

/** Names the compressed file that is written beside `path`, to be renamed over it. */
export function deflateName(path: string): string {
  return `${path}${SUFFIX}`;
}

/** The file beside which one of that name is written; absent when it is no such name. */
export function deflatedFrom(name: string): string | undefined {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined;
}

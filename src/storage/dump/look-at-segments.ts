import { FatalError } from "../../common/fatal-error.ts";
import type { FileSystem } from "../file-system.ts";
import { ioError } from "../io-error.ts";
import { directoryOf, join, LOG_DIRECTORY, nameOf } from "../layout.ts";
import { glanceAtLog, type SegmentGlance } from "../verify/segment-glance.ts";
import { parseSegmentFileName } from "../wal/segment-name.ts";

/**
 * The segments that `path` means: a data directory's, those of a folder of segments, or one file.
 * @throws FatalError("io") where it cannot be read, FatalError("config") where no segment is.
 */
export async function lookAtSegments(
  fileSystem: FileSystem,
  path: string,
): Promise<readonly SegmentGlance[]> {
  const stem = parseSegmentFileName(nameOf(path))?.stem;
  const directory = stem === undefined ? await logOf(fileSystem, path) : directoryOf(path);
  const names = (await fileSystem.list(directory)) ?? [];
  const chosen = names.filter((name) => {
    const found = parseSegmentFileName(name)?.stem;
    return found !== undefined && (stem === undefined || found === stem);
  });
  if (stem !== undefined && !chosen.includes(nameOf(path))) throw ioError("read", path, "ENOENT");
  return (await glanceAtLog(fileSystem, directory, chosen)).segments;
}

async function logOf(fileSystem: FileSystem, path: string): Promise<string> {
  const names = await fileSystem.list(path);
  if (names === undefined) throw ioError("read", path, "ENOENT");
  if (names.includes(LOG_DIRECTORY)) return join(path, LOG_DIRECTORY);
  if (names.some((name) => parseSegmentFileName(name) !== undefined)) return path;
  throw new FatalError(
    "config",
    `${path} holds no segments; name a data directory (data/n1), its log/, or a .log file`,
  );
}

import { CompressedFile } from "../compression/compressed-file.ts";
import { mayBeCompressed } from "../compression/compressed-name.ts";
import { expandFile } from "../compression/expanding-file.ts";
import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import { using } from "../verify/segment-glance.ts";
import { finding, type RepairWork } from "./finding.ts";

/** Writes compressed files anew, plain, of which one head is damaged. */
export async function repairCompressed(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  { apply, found }: RepairWork,
): Promise<void> {
  for (const name of names.filter(mayBeCompressed))
    await using(fileSystem, join(directory, name), async (file) => {
      if (!(file instanceof CompressedFile)) return;
      const fault = await file.checkHeads();
      if (fault === undefined) return;
      const { byte, what } = fault;
      found.push(finding("mend", file.path, `${what}; the file is written anew, plain`, { byte }));
      if (apply) await expandFile(fileSystem, file);
    });
}

import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Makes the kernel forget what it holds of the files in `directory`: they are read from disk. */
export function dropPageCache(directory: string): void {
  for (const name of readdirSync(directory))
    execFileSync("dd", [`if=${join(directory, name)}`, "iflag=nocache", "count=0", "status=none"]);
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { repositoryPath } from "../../../scripts/local-cluster/repository-path.ts";

const run = promisify(execFile);

export const IMAGE = "balsa:test";

// The image of the library's reaper lies in a registry; each test removes what it started.
process.env["TESTCONTAINERS_RYUK_DISABLED"] ??= "true";

/** Whether a container engine answers. In CI one must: there its absence is a failure. */
export async function engineAnswers(): Promise<boolean> {
  try {
    await run("docker", ["info"]);
    return true;
  } catch (cause) {
    if (process.env["CI"] !== "true") return false;
    throw new Error("no container engine answers, and CI must have one", { cause });
  }
}

/** The project's own image, from `dist/` as it is now. */
export async function buildImage(): Promise<void> {
  await run(repositoryPath("docker/build.sh"), ["--tag", IMAGE]);
}

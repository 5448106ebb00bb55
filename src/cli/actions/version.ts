import { FRAME_VERSION } from "../../common/frame.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { packageVersion } from "../version.ts";

/** Prints the versions of this program and of what it reads and speaks. */
export async function showVersion(format: OutputFormat): Promise<void> {
  const versions = {
    version: packageVersion(),
    frameFormat: FRAME_VERSION,
    protocols: ["balsa.log.v1", "balsa.raft.v1"],
    node: process.version,
  };
  if (format === "simple") return printObject(format, versions, versions.version);
  await printObject(
    format,
    versions,
    `balsa ${versions.version}\n` +
      `frame format ${versions.frameFormat}\n` +
      `protocols    ${versions.protocols.join(", ")}\n` +
      `node         ${versions.node}`,
  );
}

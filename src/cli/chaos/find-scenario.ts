import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nearest } from "../../runtime/config/suggest.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { parseScenario, type Scenario } from "./scenario.ts";

const EXTENSION = ".yaml";
/** From `dist/cli/chaos/` as from `src/cli/chaos/`: the package's own folder. */
const FOLDER = fileURLToPath(new URL("../../../cluster/chaos/", import.meta.url));

/** All that come with Balsa, by name. */
export function listScenarios(): readonly Scenario[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(EXTENSION))
    .sort()
    .map((file) => read(join(FOLDER, file)));
}

/** By name, or by the path of a file of one's own. @throws Failure */
export function findScenario(nameOrPath: string): Scenario {
  const named = join(FOLDER, `${nameOrPath}${EXTENSION}`);
  if (!nameOrPath.includes("/") && existsSync(named)) return read(named);
  if (nameOrPath.endsWith(EXTENSION) && existsSync(nameOrPath)) return read(nameOrPath);
  const names = listScenarios().map(({ name }) => name);
  const meant = nearest(nameOrPath, names);
  throw new Failure(
    EXIT.invalidValue,
    "INVALID_ARGUMENT",
    `there is no scenario "${nameOrPath}"${meant === undefined ? "" : `, did you mean ${meant}?`}`,
    `one of ${names.join(", ")}, or a file ending in ${EXTENSION}`,
  );
}

function read(path: string): Scenario {
  return parseScenario(basename(path, EXTENSION), readFileSync(path, "utf8"), path);
}

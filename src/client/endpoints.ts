import { LogError } from "../common/errors.ts";

/** `host:port`, `[v6]:port`; no scheme. */
const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})$/;

/** Reads the endpoints that a user gave: a list, or one string with commas. */
export function readEndpoints(given: string | readonly string[] | undefined): readonly string[] {
  const endpoints = (typeof given === "string" ? given.split(",") : (given ?? []))
    .map((endpoint) => endpoint.trim())
    .filter((endpoint) => endpoint !== "");
  if (endpoints.length === 0)
    throw new LogError("INVALID_ARGUMENT", "no endpoint was given", {
      hint: "name at least one member, as in 127.0.0.1:7101",
    });
  for (const endpoint of endpoints) {
    const port = Number(ADDRESS.exec(endpoint)?.[2]);
    if (!(port >= 1 && port <= 65_535))
      throw new LogError("INVALID_ARGUMENT", `${JSON.stringify(endpoint)} is no endpoint`, {
        hint: "write host:port, as in 127.0.0.1:7101",
      });
  }
  return [...new Set(endpoints)];
}

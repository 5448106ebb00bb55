import { readFileSync } from "node:fs";
import { parseAddress } from "../runtime/config/address.ts";
import { InvalidValue } from "../runtime/config/quantity.ts";
import { invalidValue } from "./failure.ts";

/** Where a running local cluster says how to reach it, from where it was started. */
export const CLUSTER_FILE = "data/cluster.json";

const DEFAULT_ENDPOINTS = ["127.0.0.1:7101", "127.0.0.1:7102", "127.0.0.1:7103"];

/** Flag, else environment, else the local cluster's own word, else the ports it uses by default. */
export function resolveEndpoints(flag: string | undefined): readonly string[] {
  if (flag !== undefined) return parseEndpoints("--endpoints", flag);
  const variable = process.env["BALSA_ENDPOINTS"];
  if (variable !== undefined && variable !== "") return parseEndpoints("BALSA_ENDPOINTS", variable);
  return endpointsOfLocalCluster() ?? DEFAULT_ENDPOINTS;
}

function parseEndpoints(name: string, text: string): readonly string[] {
  try {
    return text.split(",").map(parseAddress);
  } catch (error) {
    if (error instanceof InvalidValue) throw invalidValue(name, error.message);
    throw error;
  }
}

function endpointsOfLocalCluster(): readonly string[] | undefined {
  try {
    const { endpoints } = JSON.parse(readFileSync(CLUSTER_FILE, "utf8")) as {
      readonly endpoints?: readonly string[];
    };
    return endpoints !== undefined && endpoints.length > 0 ? endpoints : undefined;
  } catch {
    // No cluster was started here, or its file is being replaced: the defaults will do.
    return undefined;
  }
}

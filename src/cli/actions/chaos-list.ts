import { listScenarios } from "../chaos/find-scenario.ts";
import { FAULTS, type Scenario } from "../chaos/scenario.ts";
import { type Column, type OutputFormat, printRows } from "../output.ts";

const COLUMNS: readonly Column<Scenario>[] = [
  { header: "SCENARIO", value: ({ name }) => name },
  { header: "FAULTS", align: "right", value: ({ faults }) => faults.length },
  { header: "NEEDS --own", value: needsOwn },
  { header: "SUMMARY", value: ({ summary }) => summary },
];

/** Prints every scenario that comes with Balsa. */
export async function chaosList(format: OutputFormat): Promise<void> {
  await printRows(format, listScenarios(), COLUMNS);
}

function needsOwn({ faults }: Scenario): string {
  const foreign = faults.filter((plan) => FAULTS[plan.do].need !== "processes").length;
  if (foreign === 0) return "no";
  return foreign === faults.length ? "yes" : "for some";
}

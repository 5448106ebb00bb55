export { ALL_CHECKS, HISTORY_CHECKS } from "./all-checks.ts";
export type { Check } from "./check.ts";
export { judge, type Skipped, type Verdict } from "./judge.ts";
export { livedThrough } from "./not-empty.ts";
export type { Violation } from "./violation.ts";

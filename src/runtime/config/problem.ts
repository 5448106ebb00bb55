/** Where a value came from, as told to the user: `cluster/n1.yaml:7`, `--data-dir`, `default`. */
export type Origin = string;

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  readonly origin: Origin;
  readonly message: string;
}

/** The configuration cannot be used; one line per problem, each naming its place. Exit code 3. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ origin, message }) => `${origin}: ${message}`).join("\n"));
    this.problems = problems;
  }
}

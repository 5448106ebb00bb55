import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryPath } from "../local-cluster/repository-path.ts";
import type { Mutant } from "./mutant.ts";
import { plant, staleEdits } from "./plant.ts";

/** The program that runs seeds; compiled together with the copy that it judges. */
const SEED_RUN = "scripts/mutants/seed-run";
const NEEDED = [
  ...["src", "package.json", "tsconfig.json", `${SEED_RUN}.ts`],
  ...["mutant", "seed-report", "watch-cores"].map((name) => `scripts/mutants/${name}.ts`),
];

/** A mutant that runs, or the reason why it cannot. */
export type Built =
  | { readonly kind: "built"; readonly seedRun: string }
  | { readonly kind: "stale"; readonly reasons: readonly string[] };

/** Where copies of the source are changed and compiled; the project itself is only read. */
export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), "balsa-mutants-"));

  /** A copy of `src/` with the mutant's edits, compiled; without a mutant: as it is. */
  async build(mutant?: Mutant): Promise<Built> {
    const stale = mutant === undefined ? [] : staleEdits(repositoryPath("src"), mutant);
    if (stale.length > 0) return { kind: "stale", reasons: stale };
    const copy = join(this.#folder, mutant?.id ?? "unchanged");
    this.#copySource(copy);
    if (mutant !== undefined) plant(join(copy, "src"), mutant);
    const output = await compile(copy);
    const touched = mutant?.edits.map(({ file }) => `src/${file}`) ?? [];
    // Errors elsewhere are somebody else's: the compiler emits all the same.
    const errors = output.filter((line) => touched.some((file) => line.startsWith(`${file}(`)));
    if (errors.length > 0) return { kind: "stale", reasons: errors };
    return { kind: "built", seedRun: join(copy, "dist", `${SEED_RUN}.js`) };
  }

  /** The copy of a mutant that is done with. */
  clear({ id }: Mutant): void {
    rmSync(join(this.#folder, id), { recursive: true, force: true });
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #copySource(copy: string): void {
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(join(copy, "scripts/mutants"), { recursive: true });
    for (const path of NEEDED) cpSync(repositoryPath(path), join(copy, path), { recursive: true });
    symlinkSync(repositoryPath("node_modules"), join(copy, "node_modules"));
    writeFileSync(join(copy, "tsconfig.mutant.json"), JSON.stringify(TSCONFIG));
  }
}

/** What an edit leaves unused is no fault of the copy. */
const TSCONFIG = {
  extends: "./tsconfig.json",
  compilerOptions: {
    rootDir: ".",
    outDir: "dist",
    declaration: false,
    sourceMap: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: [`${SEED_RUN}.ts`],
};

/** @returns what the compiler complained about, one line each. */
function compile(folder: string): Promise<readonly string[]> {
  const tsc = repositoryPath("node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.mutant.json", "--pretty", "false"];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 }, (_error, stdout) =>
      resolve(stdout.split("\n").filter((line) => line !== "")),
    );
  });
}

/** One broken rule: where, and what to do. Printed as `path:line sentence`. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly sentence: string;
}

export function describeFault({ path, line, sentence }: Fault): string {
  return `${path}:${line} ${sentence}`;
}

import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Colour only where a person looks at it: a terminal, unless `NO_COLOR` says otherwise. */
export function wantsColor(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  return stream.isTTY === true;
}

/** Paints `text`, or leaves it as it is where colour is not wanted. */
export function paint(wanted: boolean, style: Style, text: string): string {
  return wanted ? styleText(style, text) : text;
}

/** Tells the person, not the program that reads stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A reader that goes away (`| head`) has had enough: that is no error. */
export function leaveQuietlyWhenReaderGoes(): void {
  const leave = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  };
  process.stdout.on("error", leave);
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

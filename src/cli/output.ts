import { once } from "node:events";

export const OUTPUT_FORMATS = ["table", "json", "ndjson", "simple"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** One column of a table: how a row looks there. */
export interface Column<Row> {
  readonly header: string;
  readonly align?: "right";
  readonly value: (row: Row) => string | number;
}

/**
 * Rows as a table, as JSON (an array), as one JSON value a line, or as values between tabs.
 * JSON has the rows as they are, with their stable names, not the cells.
 */
export async function printRows<Row>(
  format: OutputFormat,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<void> {
  if (format === "json") return write(`${JSON.stringify(rows, undefined, 2)}\n`);
  if (format === "ndjson") return write(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  if (format === "table") return write(asTable(rows, columns));
  return write(
    cellsOf(rows, columns)
      .map((line) => `${line.join("\t")}\n`)
      .join(""),
  );
}

/** Rows as the table that {@link printRows} prints. */
export function asTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  return table(columns, cellsOf(rows, columns));
}

function cellsOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]) {
  return rows.map((row) => columns.map(({ value }) => String(value(row))));
}

/** One object: JSON as it is, otherwise the text made for people. */
export async function printObject(
  format: OutputFormat,
  object: object,
  text: string,
): Promise<void> {
  if (format === "json") return write(`${JSON.stringify(object, undefined, 2)}\n`);
  if (format === "ndjson") return write(`${JSON.stringify(object)}\n`);
  return write(text.endsWith("\n") ? text : `${text}\n`);
}

/** Writes and, where the reader is slow, waits for it. */
export async function write(data: string | Uint8Array): Promise<void> {
  if (data.length === 0) return;
  if (!process.stdout.write(data)) await once(process.stdout, "drain");
}

function table<Row>(columns: readonly Column<Row>[], cells: readonly string[][]): string {
  const lines = [columns.map(({ header }) => header), ...cells];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => width(line[at] ?? ""))));
  return lines
    .map((line) => {
      const padded = line.map((cell, at) => {
        const room = " ".repeat((widths[at] ?? 0) - width(cell));
        return columns[at]?.align === "right" ? room + cell : cell + room;
      });
      return `${padded.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/** Every symbol that tables use is one column wide. */
function width(text: string): number {
  return [...text].length;
}

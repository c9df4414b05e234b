// Is the first line of a CSV a header, and which columns are classes?

import { readFloat } from "./decimal.ts";
import { DataError, quote, UsageError } from "./errors.ts";

// pandas gives the columns of its index no name, and reads such columns back under this one.
const INDEX = /^(Unnamed: \d+(_level_\d+)?)?$/;

/** Number of the first columns that pandas' index fills, by the header. */
export function indexColumns(names: readonly string[]): number {
  const first = names.findIndex((name) => !INDEX.test(name));
  return first < 0 ? names.length : first;
}

/**
 * Whether the first line is a header: its fields, but for those of an index, are the numbers from 0 on, as pandas names columns, or none of
 * them is a number nor begins like one. A line of numbers is a row. All else is ambiguous, and refused: neither a row is dropped
 * silently, nor a name read as a number. With `columns`, the fields of these decide where the line does not.
 */
export function headerOf(
  names: readonly string[],
  columns: string | undefined,
  delimiter: string,
  where: string,
): boolean {
  let kind = kindOf(names.slice(indexColumns(names)), names.length > 1);
  if (kind === "row" && indexColumns(names) > 0) kind = "either";
  let chosen = names.map((_, index) => index);
  if (kind === "either" && columns !== undefined) {
    if (entries(columns).some((entry) => !POSITION.test(entry))) return true;
    chosen = columnsOf(columns, undefined, names.length);
    kind = kindOf(
      chosen.map((index) => names[index]!),
      true,
    );
  }
  if (kind !== "either") return kind === "header";
  const wrong = chosen.find((index) => !isNumber(names[index]!));
  if (wrong === undefined) {
    throw new DataError(
      `${where}: expected a header or a row, got ${quote(names[0]!)}, which may be both; give --header yes or no`,
    );
  }
  const numbers = `numbers separated by ${inWords(delimiter)}`;
  throw new DataError(
    `${where}: expected ${numbers}, got ${quote(names[wrong]!)} in column ${wrong + 1}; if the line is a header, give --header yes`,
  );
}

/** `sure`: even a single 0 is a name, as it has others beside it. */
function kindOf(fields: readonly string[], sure: boolean): "header" | "row" | "either" {
  if (fields.length > 0 && fields.every((field, column) => field === String(column))) return sure ? "header" : "either";
  if (fields.every(isNumber)) return fields.length > 0 ? "row" : "either";
  return fields.some((field) => isNumber(field) || /^\s*[-+.]?\d/.test(field)) ? "either" : "header";
}

/** A delimiter as messages name it. */
export function inWords(delimiter: string): string {
  const words: Record<string, string> = { ",": "commas", "\t": "tabs", " ": "spaces" };
  return words[delimiter] ?? quote(delimiter);
}

const POSITION = /^(\d+)(-\d*)?$/;

function entries(columns: string): string[] {
  return columns.split(",").map((entry) => entry.trim());
}

/** Places of the chosen columns, counted from 0. A name of the header comes first, then a position, counted from 1, or a range. */
export function columnsOf(columns: string, names: readonly string[] | undefined, count: number): number[] {
  const chosen = entries(columns).flatMap((entry) => {
    const named = names?.flatMap((name, index) => (name === entry ? [index] : [])) ?? [];
    if (named.length > 1) throw new UsageError(`--columns: expected names that occur once, got ${quote(entry)}`);
    if (named.length === 1) return named;
    const [, from, to] = POSITION.exec(entry) ?? [];
    const first = Number(from);
    const last = to === undefined ? first : to === "-" ? count : Number(to.slice(1));
    if (from === undefined || first < 1 || last > count || last < first) {
      const what = names === undefined ? "" : "names of the header, or ";
      throw new UsageError(`--columns: expected ${what}positions from 1 to ${count}, got ${quote(entry)}`);
    }
    return Array.from({ length: last - first + 1 }, (_, index) => first - 1 + index);
  });
  const twice = chosen.find((column, index) => chosen.indexOf(column) !== index);
  if (twice !== undefined) throw new UsageError(`--columns: expected each column once, got column ${twice + 1} twice`);
  return chosen;
}

function isNumber(text: string): boolean {
  const bytes = Buffer.from(text.trim());
  return readFloat(bytes, 0, bytes.length, new Float32Array(1), 0);
}

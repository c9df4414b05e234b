// The README's table: each of the four operations that users ask for, on one of the four large shapes, against the library
// that users of each framework know. bench/RESULTS.md has every operation on every shape against every competitor.

import { LARGE, type Operation, TITLES } from "../cases.ts";
import type { Result } from "../result.ts";
import { about, raced, table, timing, work } from "./view.ts";

/** Operation n stands with large shape n: so every one of both appears once, and none is chosen for its result. */
const ROWS: readonly Operation[] = ["soft", "hard", "hardBackward", "categorical"];
/** A column each, as far as they took part. */
const COLUMNS: readonly string[] = ["library", "threads-2", "tensorflow", "torch-eager", "jax"];

const BEGIN = "<!-- bench -->";
const END = "<!-- /bench -->";

/** The text with the table in the place of what stood between the markers. */
export function withTable(readme: string, result: Result): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`README.md: expected the markers ${BEGIN} and ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${readmeTable(result)}\n${readme.slice(end)}`;
}

export function readmeTable(result: Result): string {
  const shown = COLUMNS.flatMap((wanted) => result.competitors.find(({ id }) => id === wanted) ?? []);
  const rows = ROWS.flatMap((operation, n) => {
    const one = raced(result, operation, LARGE[n]!);
    if (one === undefined) return [];
    return [[`${TITLES[operation]} ${work(one)}`, ...shown.map(({ id }) => timing(one.timings[id]))]];
  });
  const flawed = rows.flat().some((cell) => cell.endsWith("†"));
  return [
    table(["nanoseconds per element", ...shown.map(({ name }) => name)], rows),
    "",
    `${about(result)}; one thread unless it says otherwise.${flawed ? " † with NaN or infinite values among the results." : ""}`,
  ].join("\n");
}

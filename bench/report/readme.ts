// The README's table: what users ask first, on the large shapes.

import { LARGE, type Operation, TITLES } from "../cases.ts";
import type { Result } from "../result.ts";
import { about, raced, table, timing, work } from "./view.ts";

const SHOWN: readonly Operation[] = ["soft", "hard", "hardBackward", "categorical"];
/** The same library once more: bench/RESULTS.md has it. */
const LEFT_OUT = ["resident"];

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
  const shown = result.competitors.filter(({ id }) => !LEFT_OUT.includes(id));
  const rows = SHOWN.flatMap((operation) =>
    LARGE.flatMap((shape) => {
      const one = raced(result, operation, shape);
      if (one === undefined) return [];
      return [[`${TITLES[operation]} ${work(one)}`, ...shown.map(({ id }) => timing(one.timings[id]))]];
    }),
  );
  const flawed = rows.flat().some((cell) => cell.endsWith("†"));
  return [
    table(["nanoseconds per element", ...shown.map(({ name }) => name)], rows),
    "",
    `${about(result)}; one thread unless it says otherwise.${flawed ? " † with NaN or infinite values among the results." : ""}`,
  ].join("\n");
}

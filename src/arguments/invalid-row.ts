// The rule for a row of logits: every class below Infinity, none NaN, not all of them -Infinity.

import { rowError } from "../check.ts";

const WANTED = "numbers below Infinity, not all of a row -Infinity";

/** Error of a row that a kernel has found invalid: `classes` logits, the first at `start`, then at steps of `step`, read as f32. */
export function invalidRow(
  row: number,
  logits: ArrayLike<number>,
  start: number,
  classes: number,
  step: number,
): Error {
  const value = (c: number) => Math.fround(logits[start + c * step]!);
  return errorOf(row, classes, value) ?? masked(row);
}

/** Throws for an invalid row of f64 logits. */
export function checkRow(row: number, logits: Float64Array): void {
  const error = errorOf(row, logits.length, (c) => logits[c]!);
  if (error) throw error;
}

function errorOf(row: number, classes: number, value: (c: number) => number): Error | undefined {
  let open = false;
  for (let c = 0; c < classes; c++) {
    const z = value(c);
    if (!(z < Infinity)) return rowError(RangeError, "logits", WANTED, `${z} in row ${row} at class ${c}`, row, c);
    if (z > -Infinity) open = true;
  }
  return open ? undefined : masked(row);
}

function masked(row: number): Error {
  return rowError(RangeError, "logits", WANTED, `only -Infinity in row ${row}`, row);
}

// The rule for finite numbers beyond f32: as f32 they would be infinite, which nobody asked for.

import { rowError } from "../check.ts";

/** Numbers that f32 can hold, as messages say it. */
export const F32 = "finite numbers up to 3.4028235e38 in size";

/** Finite, but not as an f32. */
export function isBeyondF32(value: number): boolean {
  return Number.isFinite(value) && !Number.isFinite(Math.fround(value));
}

/** Throws for a row with a finite value beyond f32. */
export function checkWithinF32(values: Float64Array, name: string, row: number): void {
  for (let c = 0; c < values.length; c++) {
    if (!isBeyondF32(values[c]!)) continue;
    throw rowError(RangeError, name, F32, `${values[c]} in row ${row} at class ${c}`, row, c);
  }
}

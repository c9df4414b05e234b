// What the functions of this entry have in common: the seeds of rows, and the message for a row that has no answer.

import { expected, expectedBut } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { halves, type Seed } from "../seed.ts";

/** One seed for all rows, or one for each. */
export interface SeedOptions {
  /** 64-bit unsigned integer. Default: `next()` of the instance's generator; the result carries it. */
  seed?: Seed | undefined;
  /** In place of `seed`, one per row: what a row draws then does not depend on the rows beside it. */
  seeds?: BigUint64Array | undefined;
}

/** The seeds of a call: one, or one for each row. */
export type Seeds =
  | { readonly seed: Seed; readonly seeds?: undefined }
  | { readonly seed?: undefined; readonly seeds: BigUint64Array };

export function seedsOf(gs: GumbelSoftmax, { seed, seeds }: SeedOptions, rows: number): Seeds {
  if (seed !== undefined) halves(seed, "seed");
  if (seeds === undefined) return { seed: seed === undefined ? gs.generator.next() : seed };
  if (seed !== undefined) throw expectedBut(TypeError, "seeds", "seed or seeds", "both");
  if (!ArrayBuffer.isView(seeds) || (seeds as BigUint64Array)[Symbol.toStringTag] !== "BigUint64Array") {
    throw expected(TypeError, "seeds", "a BigUint64Array, one seed per row", seeds);
  }
  if (seeds.length !== rows) throw expectedBut(RangeError, "seeds", `${rows}, one per row`, `${seeds.length}`);
  return { seeds: seeds.slice() };
}

/** Why a row of `classes` logits, the first at `start` and then each `step` further, has no answer: as the kernels tell it. */
export function invalidRow(
  row: number,
  logits: ArrayLike<number>,
  start: number,
  classes: number,
  step: number,
): Error {
  const wanted = "numbers below Infinity, not all of a row -Infinity";
  for (let c = 0; c < classes; c++) {
    const value = Math.fround(logits[start + c * step]!);
    if (!(value < Number.POSITIVE_INFINITY)) {
      return expectedBut(RangeError, "logits", wanted, `${value} in row ${row} at class ${c}`);
    }
  }
  return expectedBut(RangeError, "logits", wanted, `only -Infinity in row ${row}`);
}

// What the functions of this entry have in common: the seeds of rows.

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

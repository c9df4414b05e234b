// Options about seeds that the functions of this entry share.

import type { Seed } from "../seed.ts";

/** One seed for all rows, or one for each. */
export interface SeedOptions {
  /** 64-bit unsigned integer. Default: `next()` of the instance's generator; the result carries it. */
  seed?: Seed | undefined;
  /** In place of `seed`, one per row: what a row draws then does not depend on the rows beside it. */
  seeds?: BigUint64Array | undefined;
}

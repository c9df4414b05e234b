// Options about seeds that the functions of this entry share.

import type { Seed, SeedList } from "../seed.ts";

/** Options about seeds: one for all rows, or one for each. */
export interface SeedOptions {
  /** Seed, a 64-bit unsigned integer. Default: a fresh one, `next()` of the instance's generator. The result carries it. */
  seed?: Seed | null | undefined;
  /** Seeds, one per row, in place of `seed`: a row's draw then does not depend on the rows beside it. */
  seeds?: SeedList | null | undefined;
}

// From a seed, a row and a class to the counter of the random words.

import type { StreamOptions } from "./arguments/options.ts";
import type { Axis } from "./arguments/shape.ts";
import { checkSize, expected } from "./check.ts";
import type { Piece } from "./memory/copies.ts";
import { type Halves, halves, type Seed, seedOf } from "./seed.ts";

const CLASS_NUMBERS = 0x400000000;

/** Where a call's noise lies among all noise. */
export interface Stream {
  readonly seed: Halves;
  readonly row: Halves;
  readonly firstClass: number;
  /** Rows of the whole call before the first one. */
  readonly before: number;
  /** The halves of a seed for each row, low ones first: rows that share a number then differ by it. */
  readonly seeds: Uint32Array | undefined;
}

/** The stream of a call without noise. */
export const NO_STREAM: Stream = {
  seed: { lo: 0, hi: 0 },
  row: { lo: 0, hi: 0 },
  firstClass: 0,
  before: 0,
  seeds: undefined,
};

/** The stream of a call, for rows and classes that are all there; `draws` of each row. */
export function streamOf(
  options: StreamOptions & { readonly seeds?: BigUint64Array | undefined },
  seed: Seed,
  { rows, classes }: Axis,
  draws: number = 1,
): Stream {
  const { seeds, rowOffset = 0 } = options;
  if (seeds !== undefined) checkSeeds(seeds, options.seed, rows);
  const numbers = draws * (seeds ? 1 : rows);
  const row = halves(rowOffset, "rowOffset");
  // Only with an upper half this large can rows, a safe integer, lead beyond 64 bits.
  if (row.hi >= 2 ** 20 && seedOf(row.lo, row.hi) + BigInt(numbers) > 2n ** 64n) {
    throw expected(RangeError, "rowOffset", `row numbers below 2^64 for ${numbers} rows`, rowOffset);
  }
  const firstClass = checkSize(options.classOffset, "classOffset", 0);
  if (firstClass + classes > CLASS_NUMBERS) {
    throw expected(RangeError, "classOffset", `class numbers below 2^34 for ${classes} classes`, firstClass);
  }
  return {
    seed: halves(seed, "seed"),
    row,
    firstClass,
    before: 0,
    seeds: seeds && new Uint32Array(seeds.slice().buffer),
  };
}

function checkSeeds(seeds: BigUint64Array, seed: unknown, rows: number): void {
  const fits = seed === undefined && ArrayBuffer.isView(seeds) && seeds[Symbol.toStringTag] === "BigUint64Array";
  if (fits && seeds.length === rows) return;
  const wanted = `a BigUint64Array of ${rows} rows, and no seed`;
  throw expected(fits ? RangeError : TypeError, "seeds", wanted, seed ?? seeds);
}

/** Where a range's noise begins: the halves of its row number, its block of four classes, its class in the block, its seed. */
interface Counter {
  readonly rowLo: number;
  readonly rowHi: number;
  readonly block: number;
  readonly lead: number;
  readonly seedLo: number;
  readonly seedHi: number;
}

export function counter(stream: Stream, axis: Axis, range: Piece): Counter {
  const { seeds, before } = stream;
  let { lo: seedLo, hi: seedHi } = stream.seed;
  let row = before + range.o * axis.inner + range.i;
  if (seeds) {
    // Every draw takes all seeds again, with the next row number.
    const at = 2 * row;
    row = Math.floor(at / seeds.length);
    seedLo = seeds[at % seeds.length]!;
    seedHi = seeds[(at % seeds.length) + 1]!;
  }
  row += stream.row.lo;
  const number = stream.firstClass + range.c;
  const rowHi = stream.row.hi + Math.floor(row / 2 ** 32);
  return { rowLo: row >>> 0, rowHi, block: Math.floor(number / 4), lead: number & 3, seedLo, seedHi };
}

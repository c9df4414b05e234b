// From a seed, a row and a class to the counter of its random words. seed.ts lists the streams.

import type { StreamOptions } from "./arguments/options.ts";
import type { Axis } from "./arguments/shape.ts";
import { checkSize, expected, expectedBut } from "./check.ts";
import type { Piece } from "./memory/copies.ts";
import { type Halves, halves, type Seed, type SeedList, seedOf } from "./seed.ts";

/** Class numbers are below it: a counter holds 32 bits of the class's number, without its last two. */
const CLASS_NUMBERS = 0x400000000;

/** Seeds of a call: `seed` for all rows, whose halves are `key`, or `seeds`, a copy, with one for each row. */
export type Seeds = { readonly key: Halves } & (
  | { readonly seed: Seed; readonly seeds?: undefined }
  | { readonly seed?: undefined; readonly seeds: BigUint64Array }
);

/** Position of a call in the noise. */
export interface Stream {
  readonly seed: Halves;
  /** Number of its first row. */
  readonly row: Halves;
  /** Number of its first class. */
  readonly firstClass: number;
  /** Rows of the whole call before this part of it. */
  readonly rowsBefore: number;
  /** Halves of a seed for each row, low ones first: rows that share a number then differ by their seed. */
  readonly seeds: Uint32Array | undefined;
}

const ZERO: Halves = { lo: 0, hi: 0 };

/** Position of a call without noise. */
export const NO_STREAM: Stream = { seed: ZERO, row: ZERO, firstClass: 0, rowsBefore: 0, seeds: undefined };

/** Reads `seed` and `seeds`. Without either, `fresh` makes a seed. */
export function seedsOf(
  { seed, seeds }: { readonly seed?: Seed | undefined; readonly seeds?: SeedList | undefined },
  rows: number,
  fresh: () => Seed,
): Seeds {
  if (seeds === undefined) {
    const own = seed === undefined ? fresh() : seed;
    return { seed: own, key: halves(own, "seed"), seeds: undefined };
  }
  if (seed !== undefined) throw expectedBut(TypeError, "seeds", "seed or seeds", "both");
  const typed = ArrayBuffer.isView(seeds) && (seeds as BigUint64Array)[Symbol.toStringTag] === "BigUint64Array";
  if (!typed && !Array.isArray(seeds)) {
    throw expected(TypeError, "seeds", "a BigUint64Array or an array of decimal strings, one per row", seeds);
  }
  if (seeds.length !== rows) throw expectedBut(RangeError, "seeds", `${rows}, one per row`, `${seeds.length}`);
  return {
    seed: undefined,
    key: ZERO,
    seeds: typed ? (seeds as BigUint64Array).slice() : numbersOf(seeds as readonly string[]),
  };
}

//  Seeds of an array of strings, as JSON carries them.
function numbersOf(seeds: readonly unknown[]): BigUint64Array {
  const numbers = new BigUint64Array(seeds.length);
  for (let row = 0; row < seeds.length; row++) {
    const seed = seeds[row];
    if (typeof seed !== "string") {
      throw expected(
        TypeError,
        `seeds[${row}]`,
        "a string of 1 to 20 decimal digits, or a BigUint64Array for all",
        seed,
      );
    }
    const { lo, hi } = halves(seed, `seeds[${row}]`);
    numbers[row] = seedOf(lo, hi);
  }
  return numbers;
}

/** Position of a call, whose rows and classes all have to have a number; `draws` of each row. */
export function streamOf(
  { key, seeds }: Seeds,
  { rowOffset, classOffset }: StreamOptions,
  { rows, classes }: Axis,
  draws: number = 1,
): Stream {
  const numbers = draws * (seeds ? 1 : rows);
  const row = halves(rowOffset ?? 0, "rowOffset");
  // Only with an upper half this large can rows, a safe integer, lead beyond 64 bits.
  if (row.hi >= 2 ** 20 && seedOf(row.lo, row.hi) + BigInt(numbers) > 2n ** 64n) {
    throw expected(RangeError, "rowOffset", `row numbers below 2^64 for ${numbers} rows`, rowOffset);
  }
  const firstClass = checkSize(classOffset, "classOffset", 0);
  if (firstClass + classes > CLASS_NUMBERS) {
    throw expected(RangeError, "classOffset", `class numbers below 2^34 for ${classes} classes`, firstClass);
  }
  return {
    seed: key,
    row,
    firstClass,
    rowsBefore: 0,
    seeds: seeds && new Uint32Array(seeds.slice().buffer),
  };
}

/** Counter of a piece's first word: the halves of its row number, its block of four classes, its lane there, and its seed. */
interface Counter {
  readonly rowLo: number;
  readonly rowHi: number;
  readonly block: number;
  readonly laneOfFirstClass: number;
  readonly seedLo: number;
  readonly seedHi: number;
}

export function counter(stream: Stream, axis: Axis, piece: Piece): Counter {
  const { seeds } = stream;
  let { lo: seedLo, hi: seedHi } = stream.seed;
  let row = stream.rowsBefore + piece.o * axis.inner + piece.i;
  if (seeds) {
    // Every draw takes all seeds again, with the next row number.
    const at = 2 * row;
    row = Math.floor(at / seeds.length);
    seedLo = seeds[at % seeds.length]!;
    seedHi = seeds[(at % seeds.length) + 1]!;
  }
  row += stream.row.lo;
  const number = stream.firstClass + piece.c;
  const rowHi = stream.row.hi + Math.floor(row / 2 ** 32);
  return { rowLo: row >>> 0, rowHi, block: Math.floor(number / 4), laneOfFirstClass: number & 3, seedLo, seedHi };
}

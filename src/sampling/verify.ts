// Verification that a token is the one that was drawn, for work that was done elsewhere.

import { invalidRow } from "../arguments/invalid-row.ts";
import { axis } from "../arguments/shape.ts";
import type { TensorLike } from "../arguments/tensor-like.ts";
import { checkInstance, checkNonNegative, checkSize, expected, expectedBut, ownOptions } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { halves, type Seed } from "../seed.ts";
import { Boundary } from "./boundary.ts";
import { type FilterOptions, type Filters, filtersOf } from "./filters.ts";
import { draw, noiseOf, positionOf, tokenLogits } from "./tokens.ts";

/** Options of `verifyToken`: the temperature and filters that the token was drawn with, and where its noise lies. */
export interface VerifyTokenOptions extends FilterOptions {
  /** Seed of the draw; of a draw with `seeds`, that of the row. */
  seed: Seed;
  /** Position of the draw. Default 0. */
  position?: number | null | undefined;
  /** Row of the batch that was drawn with one `seed`, below 2^32. Default 0, as for any draw with `seeds`. */
  row?: number | null | undefined;
  /** Largest loss that is accepted, in units of the logits; twice what the logits may be off by. Default 0. */
  tolerance?: number | null | undefined;
}

/** Result of a verification. */
export interface Verdict {
  /** Whether the token wins, or loses by no more than the tolerance. */
  readonly valid: boolean;
  /** Token that is drawn here. */
  readonly token: number;
  /**
   * Perturbed logit of the token in question less the largest of the others: it wins by that much, or loses if it is negative.
   * Infinity when there are no others, -Infinity when it is masked or a filter drops it.
   */
  readonly margin: number;
}

const OPTIONS: ReadonlySet<string> = new Set([
  "temperature",
  "topK",
  "topP",
  "minP",
  "seed",
  "position",
  "row",
  "tolerance",
]);

/**
 * Whether `sampleTokens` draws this token from these logits, and by what margin: p = z + T*g of the token less the largest p of
 * the others (at temperature 0, p = z). Without a tolerance it is valid if and only if it is the token drawn here; a margin of 0
 * is a tie, which the lower id wins.
 *
 * Logits that are each off by up to e move a margin by up to 2e: a winner by more than 2e stays the winner, and an honest
 * token is always valid with a tolerance of 2e, plus 1e-5 for the rounding of p below 64 to f32. So that this holds at the
 * filters' edges too, with a tolerance the token counts as kept if some logits within it would keep it, and others only
 * count against it if all logits within it would keep them.
 *
 * @param gs      the instance that draws
 * @param token   the vocabulary id in question
 * @param logits  [vocabulary], [1, vocabulary] or [1, sequence, vocabulary] (its last position), f32; -Infinity masks a token
 * @param options `seed`, and as in the draw `temperature` 1, `topK` all, `topP` 1, `minP` 0, `position` 0, `row` 0; `tolerance` 0
 * @throws TypeError for the wrong kind of argument and without a seed, RangeError for a wrong value or invalid logits
 * @example
 * const logits = [2, 0.5, -1, 0, 1.5];
 * const options = { temperature: 0.8, topK: 3, seed: 44, position: 7 };
 * const { valid, margin } = verifyToken(gs, 0, logits, options);
 * valid; // => true
 * margin; // => 1.2006
 * verifyToken(gs, 4, logits, options).margin; // => -1.2006
 * verifyToken(gs, 2, logits, options).margin === -Infinity; // => true
 */
export function verifyToken(
  gs: GumbelSoftmax,
  token: number,
  logits: TensorLike,
  allOptions: VerifyTokenOptions,
): Verdict {
  checkInstance(gs);
  const options = ownOptions(allOptions, OPTIONS);
  const z = tokenLogits(logits);
  const { rows, classes } = axis(z.shape, -1, "logits");
  if (rows !== 1) throw expectedBut(RangeError, "logits", "those of one row", `${rows} rows`);
  if (typeof token !== "number") throw expected(TypeError, "token", "an integer", token);
  if (!Number.isInteger(token) || token < 0 || token >= classes) {
    throw expected(RangeError, "token", `an integer from 0 to ${classes - 1}`, token);
  }
  if (options.seed === undefined) throw expected(TypeError, "seed", "the seed of the draw", undefined);
  halves(options.seed, "seed");
  const batchRow = checkSize(options.row, "row", 0);
  if (batchRow >= 2 ** 32) throw expected(RangeError, "row", "an integer from 0 to 2^32 - 1", batchRow);
  const position = options.position === undefined ? 0 : positionOf(options.position);
  const tolerance = checkNonNegative(options.tolerance, "tolerance", 0);
  const filters = filtersOf(options, classes);
  const { temperature } = filters;

  const given = new Float32Array(z.data);
  const { seed, number } = noiseOf({ seed: options.seed, seeds: undefined }, position, batchRow);
  const drawn = draw(gs, given, filters, seed, number);
  if (drawn.index < 0) throw invalidRow(0, given, 0, classes, 1);

  const others = new Float32Array(drawn.open);
  const kept = admit(gs, token, given, others, filters, tolerance);
  if (!kept) return { valid: false, token: drawn.index, margin: Number.NEGATIVE_INFINITY };
  const noise = { seed, rowOffset: number, noiseScale: temperature, scores: true, invalid: "mark" } as const;
  const alone = { ...noise, classOffset: token };
  const own = gs.categorical([given[token]!], alone).scores![0]!;
  const margin = own - gs.categorical(others, noise).scores![0]!;
  return { valid: token === drawn.index || (tolerance > 0 && margin >= -tolerance), token: drawn.index, margin };
}

//  Whether the token takes part; leaves its competitors in `others`, the row after the filters.
function admit(
  gs: GumbelSoftmax,
  token: number,
  given: Float32Array,
  others: Float32Array,
  filters: Filters,
  tolerance: number,
): boolean {
  const logit = given[token]!;
  if (logit === Number.NEGATIVE_INFINITY) return false;
  if (tolerance === 0 || !filters.some) {
    const kept = others[token]! > Number.NEGATIVE_INFINITY;
    others[token] = Number.NEGATIVE_INFINITY;
    return kept;
  }
  const levels = others.filter((other) => other > Number.NEGATIVE_INFINITY).sort();
  const boundary = new Boundary(gs, given, levels.at(-1)!, filters, tolerance);
  if (!boundary.possible(logit)) return false;
  // Of the logits that the filters leave, the certain ones are the largest.
  let [low, high] = [0, levels.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boundary.certain(levels[middle]!)) high = middle;
    else low = middle + 1;
  }
  const least = low < levels.length ? levels[low]! : Number.POSITIVE_INFINITY;
  for (let id = 0; id < others.length; id++) if (others[id]! < least) others[id] = Number.NEGATIVE_INFINITY;
  others[token] = Number.NEGATIVE_INFINITY;
  return true;
}

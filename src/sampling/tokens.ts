// Tokens of language models, drawn by the Gumbel-max trick.

import { invalidRow } from "../arguments/invalid-row.ts";
import { markOf } from "../arguments/read-options.ts";
import { axis } from "../arguments/shape.ts";
import { type NumericArray, type Source, source, type TensorLike } from "../arguments/tensor-like.ts";
import { checkBoolean, checkInstance, expected, expectedBut, ownOptions } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { RecordResult, type ResultJson } from "../results.ts";
import { type Seeds, seedsOf } from "../stream.ts";
import { applyFilters, type FilterOptions, type Filters, filtersOf } from "./filters.ts";
import type { SeedOptions } from "./row-seeds.ts";

/** Options of `sampleTokens`. */
export interface SampleTokensOptions extends FilterOptions, SeedOptions {
  /** Number of the token in its sequence, below 2^32; one for all rows or one for each. Default 0. */
  position?: number | ArrayLike<number> | null | undefined;
  /** Whether the result has the log-probability of each token. Default false. */
  logProbs?: boolean | null | undefined;
  /**
   * Treatment of a row with NaN or Infinity, or with nothing but -Infinity. "throw" throws a RangeError that names the first such
   * row, and carries its number as `row`; "mark" gives it index -1. Default "throw".
   */
  invalid?: "throw" | "mark" | null | undefined;
}

/** One token per row. */
export interface TokenSample {
  /** Vocabulary ids; -1 for an invalid row. */
  readonly indices: Int32Array;
  /** [batch], or [] for logits of one row. */
  readonly shape: number[];
  /** Seed that was used, unless `seeds` were given. */
  readonly seed?: bigint;
  /** Seeds that were given. */
  readonly seeds?: BigUint64Array;
  /** Positions as they were given. */
  readonly position: number | number[];
  /** Logarithm of the probability that each token was drawn with, with the option `logProbs`; -Infinity for an invalid row. */
  readonly logProbs?: Float32Array;
  /** The result as JSON carries it: arrays, and seeds in decimal. */
  toJSON(): ResultJson;
}

const OPTIONS: ReadonlySet<string> = new Set([
  "temperature",
  "topK",
  "topP",
  "minP",
  "seed",
  "seeds",
  "position",
  "logProbs",
  "invalid",
]);

/** Positions stay below it: it is how far apart the row numbers of a batch with one seed are. */
const POSITIONS = 0x100000000;

/**
 * Draws a token per row: argmax of z + T*g over the tokens that the filters leave, which samples softmax(z/T) of them. The
 * noise g belongs to the vocabulary id, whatever the filters: those that stay keep theirs.
 *
 * Filters go by rank (larger logit, then lower id): the `topK` first; of these the fewest whose probabilities reach `topP`
 * together, the one that crosses it included; those with p >= minP * max p. At least one stays. Temperature 0 takes the token
 * of rank 0. A row's noise has the row number `position` of its own seed among `seeds`, or position + r*2^32 of one `seed`
 * for row r of the batch.
 *
 * Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 2; Holtzman et al., "The curious case of neural text
 * degeneration", ICLR 2020 (top-p); Nguyen et al., "Turning up the heat: min-p sampling", 2024.
 *
 * @param gs      the instance that draws
 * @param logits  [vocabulary], [batch, vocabulary], or [batch, sequence, vocabulary], of which the last position of each sequence
 *                counts; f32; -Infinity masks a token
 * @param options `temperature` 1, `topK` all, `topP` 1, `minP` 0, `seed` fresh or `seeds` one per row, `position` 0,
 *                `logProbs` false, `invalid` "throw"
 * @throws TypeError for the wrong kind of argument, RangeError for a wrong value or an invalid row
 * @example
 * const logits = [2, 0.5, -1, 0, 1.5];
 * const { indices, logProbs } = sampleTokens(gs, logits, { temperature: 0.8, topK: 3, seed: 44, position: 7, logProbs: true });
 * indices; // => [0]
 * logProbs; // => [-0.5239]
 */
export function sampleTokens(gs: GumbelSoftmax, logits: TensorLike, allOptions: SampleTokensOptions = {}): TokenSample {
  checkInstance(gs);
  const options = ownOptions(allOptions, OPTIONS);
  const z = tokenLogits(logits);
  const { rows, classes } = axis(z.shape, -1, "logits");
  const filters = filtersOf(options, classes);
  const position = positionsOf(options.position, rows);
  const withLogProbs = checkBoolean(options.logProbs, "logProbs", false);
  const mark = markOf(options);
  const seeds = seedsOf(options, rows, () => gs.generator.next());
  const whole = atOnce(gs, z, filters, withLogProbs, position, seeds, options.invalid);
  const indices = whole ?? new Int32Array(rows);
  const logProbs = withLogProbs
    ? Float32Array.from(indices, (id) => (id < 0 ? Number.NEGATIVE_INFINITY : 0))
    : undefined;

  for (let row = 0; row < rows && !whole; row++) {
    const given = z.data.subarray(row * classes, (row + 1) * classes);
    const { seed, number } = noiseOf(seeds, typeof position === "number" ? position : position[row]!, row);
    const { index, open } = draw(gs, given, filters, seed, number);
    if (index < 0 && !mark) throw invalidRow(row, given, 0, classes, 1);
    indices[row] = index;
    if (logProbs) logProbs[row] = logProbability(gs, open, index, filters.temperature);
  }
  const shape = z.shape.slice(0, -1);
  const used = seeds.seeds ? { seeds: seeds.seeds } : { seed: BigInt(seeds.seed!) };
  return RecordResult.of({ indices, shape, position, ...used, ...(logProbs && { logProbs }) });
}

//  The tokens of all rows by one call, where that is possible.
function atOnce(
  gs: GumbelSoftmax,
  z: Source,
  { temperature, some }: Filters,
  withLogProbs: boolean,
  position: number | number[],
  { seeds }: Seeds,
  invalid: SampleTokensOptions["invalid"],
): Int32Array | undefined {
  if (temperature === 0) return gs.argmax(z, { invalid }).indices;
  if (some || withLogProbs || seeds === undefined || typeof position !== "number") return undefined;
  return gs.categorical(z, { seeds, rowOffset: position, noiseScale: temperature, invalid }).indices;
}

/** The logits that tokens are drawn from, [vocabulary] or [batch, vocabulary]. */
export function tokenLogits(logits: TensorLike): Source {
  const z = source(logits, "logits");
  if (z.shape.length === 1 || z.shape.length === 2) return z;
  if (z.shape.length === 3) return lastPositions(z);
  const wanted = "[vocabulary], [batch, vocabulary] or [batch, sequence, vocabulary]";
  throw expectedBut(RangeError, "logits", wanted, `shape [${z.shape}]`);
}

//  A language model gives logits for each position; those of the last one are for the next token.
function lastPositions({ data, shape }: Source): Source {
  const [batch, sequence, vocabulary] = shape as [number, number, number];
  if (sequence === 0) throw expectedBut(RangeError, "logits", "a position in each sequence", `shape [${shape}]`);
  if (sequence === 1) return { data, shape: [batch, vocabulary] };
  const last = new Float64Array(batch * vocabulary);
  for (let row = 0; row < batch; row++) {
    const end = (row + 1) * sequence * vocabulary;
    last.set(data.subarray(end - vocabulary, end), row * vocabulary);
  }
  return { data: last, shape: [batch, vocabulary] };
}

function positionsOf(position: unknown, rows: number): number | number[] {
  if (position === undefined) return 0;
  if (typeof position !== "object" || position === null) return positionOf(position);
  const list = position as ArrayLike<unknown>;
  if (list.length !== rows) throw expectedBut(RangeError, "position", `${rows}, one per row`, `${list.length}`);
  return Array.from(list, positionOf);
}

export function positionOf(value: unknown): number {
  if (typeof value !== "number") throw expected(TypeError, "position", "an integer from 0 to 2^32 - 1", value);
  if (Number.isInteger(value) && value >= 0 && value < POSITIONS) return value;
  throw expected(RangeError, "position", "an integer from 0 to 2^32 - 1", value);
}

/** Position of a row of a batch in the noise. */
export function noiseOf(
  { seed, seeds }: Partial<Seeds>,
  position: number,
  row: number,
): { seed: bigint; number: bigint } {
  if (seeds) return { seed: seeds[row]!, number: BigInt(position) };
  return { seed: BigInt(seed!), number: BigInt(position) + BigInt(row) * BigInt(POSITIONS) };
}

/** A token of one row, -1 if that is invalid, its perturbed logit, and the row as the filters leave it. */
export function draw(
  gs: GumbelSoftmax,
  given: NumericArray,
  filters: Filters,
  seed: bigint,
  number: bigint,
): { index: number; score: number; open: NumericArray } {
  let open = given;
  if (filters.some) {
    const top = gs.argmax(given, { invalid: "mark" }).indices[0]!;
    if (top < 0) return { index: -1, score: Number.NEGATIVE_INFINITY, open };
    const row = new Float32Array(given);
    applyFilters(gs, row, top, filters);
    open = row;
  }
  const noise = { seed, rowOffset: number, noiseScale: filters.temperature };
  const { indices, scores } = gs.categorical(open, { ...noise, scores: true, invalid: "mark" });
  return { index: indices[0]!, score: scores![0]!, open };
}

function logProbability(gs: GumbelSoftmax, open: NumericArray, index: number, temperature: number): number {
  return index < 0 ? Number.NEGATIVE_INFINITY : gs.logSoftmax(open, { tau: temperature }).data[index]!;
}

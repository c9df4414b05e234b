// The Plackett-Luce model of rankings, by which topK draws: log-probabilities of its samples, and the most probable one.
//
// Source:  Luce, "Individual choice behavior", 1959; Plackett, "The analysis of permutations", Applied Statistics 1975

import { type IndexLike, indexSource } from "../arguments/indices.ts";
import { checkRow } from "../arguments/invalid-row.ts";
import { type Axis, axis, rowStart, sameShape } from "../arguments/shape.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { checkWithinF32 } from "../arguments/within-f32.ts";
import { checkNonNegative, expected, expectedBut, ownOptions, rowError } from "../check.ts";
import { exp, expSum, lessLogSum } from "../math.ts";
import { type Indices, IndicesResult, RecordResult, type ResultJson } from "../results.ts";

/** Options of `topKLogProb`. */
export interface PlackettLuceOptions {
  /** Axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
  /** Factor s of the noise that the sample was drawn with, above 0. Default 1. */
  noiseScale?: number | null | undefined;
}

/** Log-probabilities of rankings, one for each. */
export interface RankingLogProb {
  readonly data: Float64Array;
  /** Shape of the rankings without their last axis. */
  readonly shape: number[];
  /** The log-probabilities as JSON carries them. */
  toJSON(): ResultJson;
}

const OPTIONS: ReadonlySet<string> = new Set(["dim", "noiseScale"]);
const MODE_OPTIONS: ReadonlySet<string> = new Set(["dim"]);

/**
 * Log-probability of samples without replacement, as `topK` gives them: with w = exp(z/s) and W the sum of all w, that of
 * c1, …, ck is ln(w1/W) + ln(w2/(W - w1)) + … (Plackett-Luce). Every sum is that of the classes that are left, so that nothing
 * cancels; the logits are read in f64, and no offset of them matters.
 *
 * @param logits  unnormalised log-probabilities, any shape; -Infinity masks a class
 * @param sample  what `topK` gave, or indices in the shape of the rows and k; axes before these are further draws. -1 at the end
 *                of a row that has no open classes left adds nothing
 * @param options `dim` -1, `noiseScale` 1
 * @returns       one number a ranking; -Infinity where it has a masked class
 * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, an invalid row, a finite logit beyond f32, and
 *         a ranking with a class out of range or twice
 * @example
 * const logits = [[2, 0.5, -1, 0]];
 * topKLogProb(logits, topK(gs, logits, 3, { seed: 44 })).data; // => [-2.3255]
 * topKLogProb(logits, [[0, 1, 3, 2]]).data; // => [-1.2597]
 */
export function topKLogProb(
  logits: TensorLike,
  sample: IndexLike | { readonly indices: Int32Array; readonly shape: readonly number[] },
  options: PlackettLuceOptions = {},
): RankingLogProb {
  const { dim, noiseScale } = ownOptions(options ?? undefined, OPTIONS);
  const rows = rowsOf(logits, dim);
  const scale = checkNonNegative(noiseScale, "noiseScale", 1);
  if (scale === 0) throw expected(RangeError, "noiseScale", "a finite number > 0", scale);
  const { data, shape, k } = rankingsOf(sample, rows);
  const scaled = rows.values.map((z) => lessMaximum(z, scale));
  const values = Float64Array.from({ length: data.length / k }, (_, n) => {
    const row = n % rows.along.rows;
    return logProbOf(scaled[row]!, ranking(data, n, k, rows.values[row]!));
  });
  return RecordResult.of({ data: values, shape: shape.slice(0, -1) });
}

/**
 * The most probable sample of k classes of each row without replacement, and in which order: the k largest logits, the largest
 * first, the lowest class first on a tie. In f64 what `topK` gives without noise.
 *
 * @param logits  unnormalised log-probabilities, any shape; -Infinity masks a class
 * @param k       how many, from 1 to the number of classes
 * @param options `dim` -1
 * @returns       `indices` in the shape of the rows and k
 * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, an invalid row, a finite logit beyond f32, and
 *         a row with fewer than k classes above -Infinity
 * @example
 * topKMode([[2, 0.5, -1, 0]], 3).indices; // => [0, 1, 3]
 */
export function topKMode(logits: TensorLike, k: number, options: Pick<PlackettLuceOptions, "dim"> = {}): Indices {
  const { along, shape, values } = rowsOf(logits, ownOptions(options ?? undefined, MODE_OPTIONS).dim);
  checkRankingLength(k, along.classes);
  const indices = new Int32Array(along.rows * k);
  values.forEach((z, row) => {
    const open = Array.from(z.keys()).filter((c) => z[c]! > -Infinity);
    if (open.length < k) {
      const wanted = `at least k = ${k} classes above -Infinity`;
      throw rowError(RangeError, "logits", wanted, `${open.length} in row ${row}`, row);
    }
    open.sort((a, b) => z[b]! - z[a]! || a - b);
    indices.set(open.slice(0, k), row * k);
  });
  return new IndicesResult(indices, [...shape, k]);
}

/** k, from 1 to the number of classes. */
export function checkRankingLength(k: unknown, classes: number): void {
  if (typeof k !== "number") throw expected(TypeError, "k", "an integer", k);
  if (!Number.isInteger(k) || k < 1 || k > classes) {
    throw expected(RangeError, "k", `an integer from 1 to ${classes}, the number of classes`, k);
  }
}

interface Rows {
  readonly along: Axis;
  /** Shape of the rows. */
  readonly shape: number[];
  readonly values: Float64Array[];
}

/** Valid rows of logits. */
function rowsOf(logits: TensorLike, dim: number | null | undefined): Rows {
  const { data, shape } = source(logits, "logits", undefined, Float64Array);
  const along = axis(shape, dim ?? -1, "logits");
  const values = Array.from({ length: along.rows }, (_, row) => {
    const start = rowStart(row, along);
    const z = Float64Array.from({ length: along.classes }, (_, c) => data[start + c * along.inner]!);
    checkRow(row, z);
    checkWithinF32(z, "logits", row);
    return z;
  });
  return { along, shape: shape.filter((_, i) => i !== along.dim), values };
}

function rankingsOf(
  sample: unknown,
  { along, shape: rows }: Rows,
): { data: ArrayLike<number>; shape: readonly number[]; k: number } {
  const { data, indices, shape: given } = Object(sample) as { data?: unknown; indices?: unknown; shape?: unknown };
  const value = data === undefined && indices !== undefined ? { data: indices, shape: given } : sample;
  const found = indexSource(value, "sample");
  const { shape } = found;
  const k = shape.at(-1) ?? 0;
  const first = shape.length - 1 - rows.length;
  if (first < 0 || !sameShape(shape.slice(first, -1), rows) || k < 1 || k > along.classes) {
    const wanted = `a shape that ends in ${rows.length > 0 ? `[${rows}] and ` : ""}1 to ${along.classes} classes`;
    throw expectedBut(RangeError, "sample", wanted, `[${shape}]`);
  }
  return { data: found.data, shape, k };
}

/** The classes of a ranking, without -1 where no class was left. */
function ranking(data: ArrayLike<number>, n: number, k: number, z: Float64Array): number[] {
  const classes = new Set<number>();
  for (let i = n * k; i < (n + 1) * k; i++) {
    const c = data[i]!;
    if (c === -1 && z.every((value, other) => value === -Infinity || classes.has(other))) continue;
    if (!(c >= 0 && c < z.length && Number.isInteger(c)) || classes.has(c)) {
      const wanted = `integers from 0 to ${z.length - 1}, none twice in a ranking`;
      throw expectedBut(RangeError, "sample", wanted, `${c} at position ${i}`);
    }
    classes.add(c);
  }
  return [...classes];
}

/** Logits less their maximum, over the scale. */
function lessMaximum(z: Float64Array, scale: number): Float64Array {
  const max = z.reduce((a, b) => Math.max(a, b), -Infinity);
  return z.map((value) => (value === -Infinity ? value : Math.max((value - max) / scale, -Number.MAX_VALUE)));
}

//  From the last class to the first, so that each joins the sum of those that come after it or not at all.
function logProbOf(z: Float64Array, classes: readonly number[]): number {
  const others = z.slice();
  for (const c of classes) others[c] = -Infinity;
  let { max, rest } = expSum(others);
  let sum = 0;
  for (let i = classes.length - 1; i >= 0; i--) {
    const value = z[classes[i]!]!;
    if (value === -Infinity) return -Infinity;
    if (value <= max) rest += exp(value - max);
    else {
      rest = max === -Infinity ? 0 : (1 + rest) * exp(max - value);
      max = value;
    }
    sum += lessLogSum(value, { max, rest });
  }
  return sum;
}

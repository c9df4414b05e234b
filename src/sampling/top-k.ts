// Samples without replacement: the k largest perturbed logits of each row.

import { invalidRow } from "../arguments/invalid-row.ts";
import type { AxisOptions, StreamOptions } from "../arguments/options.ts";
import { drawsOf, markOf, noiseScaleOf } from "../arguments/read-options.ts";
import { type Axis, axis, rowStart } from "../arguments/shape.ts";
import { type NumericArray, source, type TensorLike } from "../arguments/tensor-like.ts";
import { allocate, checkBoolean, checkInstance, ownOptions, rowError } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { RecordResult, type ResultJson } from "../results.ts";
import { seedsOf, streamOf } from "../stream.ts";
import { Best } from "./best.ts";
import { checkRankingLength } from "./plackett-luce.ts";
import type { SeedOptions } from "./row-seeds.ts";

/** Options of `topK`. */
export interface TopKOptions extends AxisOptions, StreamOptions, SeedOptions {
  /** Factor s of the noise in p = z + s*g, from 0 (no noise) to 1e29. Default 1. */
  noiseScale?: number | null | undefined;
  /** Number of draws per row, along a leading axis: draw d of row r has the row number d*rows + r, with `seeds` d. Default: one. */
  numSamples?: number | null | undefined;
  /** Whether the result has the perturbed logits of the classes. Default false. */
  scores?: boolean | null | undefined;
}

/** A sample of k classes per row without replacement. */
export interface TopKSample {
  /** Classes of each row in descending order of the perturbed logit; -1 where a marked row has none left. */
  readonly indices: Int32Array;
  /** Shape of the logits without `dim`, then k; with `numSamples`, that number first. */
  readonly shape: number[];
  /** Seed that was used, unless `seeds` were given. */
  readonly seed?: bigint;
  /** Seeds that were given. */
  readonly seeds?: BigUint64Array;
  /** Perturbed logits of `indices`, with the option `scores`; -Infinity beside -1. */
  readonly scores?: Float32Array;
  /** The result as JSON carries it: arrays, and seeds in decimal. */
  toJSON(): ResultJson;
}

const OPTIONS: ReadonlySet<string> = new Set([
  "dim",
  "invalid",
  "seed",
  "seeds",
  "rowOffset",
  "classOffset",
  "noiseScale",
  "numSamples",
  "scores",
]);

/** Elements whose noise is made at a time: as many as threads share, few enough to stay in the cache. */
const PIECE = 16384;

/**
 * Samples k classes of each row without replacement: the k largest perturbed logits p = z + s*g in descending order, the
 * lowest class first on a tie. The first has the probability softmax(z/s), the second that of the classes that are left, and
 * so on (the Plackett-Luce model). k = 1 is `categorical`; k = the number of classes ranks them all; smaller k give the
 * beginning of what larger ones do.
 *
 * Yellott, "The relationship between Luce's choice axiom, Thurstone's theory of comparative judgment, and the double exponential
 * distribution", Journal of Mathematical Psychology 1977; Vieira, "Gumbel-max trick and weighted reservoir sampling", 2014; Kool,
 * van Hoof, Welling, "Stochastic beams and where to find them", ICML 2019, section 2.3.
 *
 * @param gs      the instance that makes the noise
 * @param logits  unnormalised log-probabilities, f32, any shape; -Infinity masks a class
 * @param k       how many, from 1 to the number of classes
 * @param options `dim` -1, `seed` fresh or `seeds` one per row, `rowOffset` 0, `classOffset` 0, `noiseScale` 1, `scores` false,
 *                `numSamples` one and no axis for it, `invalid` "throw"; "mark" gives -1 for what a row lacks, at its end, and
 *                for all of a row with NaN or Infinity
 * @returns       `indices` in the shape of the rows and k, with `numSamples` that axis first. With `seeds`, every row has the
 *                row number `rowOffset`, in draw d `rowOffset` + d
 * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, an invalid row, and a row with fewer than k
 *         classes above -Infinity
 * @example
 * const { indices, scores } = topK(gs, [[2, 0.5, -1, 0]], 3, { seed: 44, scores: true });
 * indices; // => [1, 0, 3]
 * scores; // => [2.8980, 1.9633, 0.6460]
 */
export function topK(gs: GumbelSoftmax, logits: TensorLike, k: number, allOptions: TopKOptions = {}): TopKSample {
  checkInstance(gs);
  const options = ownOptions(allOptions, OPTIONS);
  const z = source(logits, "logits", undefined, Float32Array, options.dim);
  const along = axis(z.shape, options.dim === undefined ? -1 : options.dim, "logits");
  const { rows, classes } = along;
  checkRankingLength(k, classes);
  const { noiseScale, rowOffset, classOffset } = options;
  const scale = noiseScaleOf({ noiseScale });
  const mark = markOf(options);
  const withScores = checkBoolean(options.scores, "scores", false);
  const draws = drawsOf(options);
  if (scale === 0) gs.argmax([0]); // which a closed instance refuses
  const given = seedsOf(options, rows, () => gs.generator.next());
  const { seed, seeds } = given;
  const count = rows * (draws ?? 1);
  const { firstClass } = streamOf(given, { rowOffset, classOffset }, along, draws);
  const firstRow = BigInt(rowOffset ?? 0);

  const indices = allocate(Int32Array, count * k);
  const scores = withScores ? allocate(Float32Array, count * k) : undefined;
  const width = Math.min(classes, PIECE);
  const step = seeds ? 1 : Math.min(Math.max(1, Math.floor(PIECE / classes)), count);
  // Without noise -0 in its place, which leaves every number as it is, the sign of a zero too.
  const noise = new Float32Array(step * width).fill(-0);
  const packed = z.data instanceof Float32Array && along.inner === 1 ? undefined : new Float32Array(step * width);
  const best = new Best(k);
  for (let row = 0; row < count; row += step) {
    const group = Math.min(step, count - row);
    // Rows that are cut come one at a time.
    let valid = true;
    for (let c = 0; c < classes; c += width) {
      const n = Math.min(width, classes - c);
      if (scale > 0) {
        gs.gumbel([group, n], {
          seed: seeds ? seeds[row % rows]! : seed!,
          rowOffset: firstRow + BigInt(seeds ? Math.floor(row / rows) : row),
          classOffset: firstClass + c,
          out: noise.subarray(0, group * n),
        });
      }
      if (packed) pack(packed, z.data, along, row, group, c, n);
      const from = packed ?? (z.data as Float32Array);
      for (let r = 0; r < group; r++) {
        const at = packed ? r * n : ((row + r) % rows) * classes + c;
        if (c === 0) best.clear();
        valid = (valid || c === 0) && best.perturbed(from, at, noise, r * n, scale || 1, n, c);
        if (c + n < classes) continue;
        if (!mark) check((row + r) % rows, valid, best.count, k, z.data, along);
        write(best, valid, (row + r) * k, k, indices, scores);
      }
    }
  }
  const shape = [...(draws === undefined ? [] : [draws]), ...z.shape.filter((_, at) => at !== along.dim), k];
  const used = seeds ? { seeds } : { seed: BigInt(seed!) };
  return RecordResult.of({ indices, shape, ...used, ...(scores && { scores }) });
}

//  Classes from `c` of some rows, each row's side by side; behind the last row comes the first again.
function pack(
  to: Float32Array,
  data: NumericArray,
  along: Axis,
  row: number,
  rows: number,
  c: number,
  n: number,
): void {
  const { inner } = along;
  for (let r = 0, at = 0; r < rows; r++) {
    let from = rowStart((row + r) % along.rows, along) + c * inner;
    for (let i = 0; i < n; i++, from += inner) to[at++] = data[from]!;
  }
}

function check(row: number, valid: boolean, count: number, k: number, logits: NumericArray, along: Axis): void {
  const { classes, inner } = along;
  if (!valid) throw invalidRow(row, logits, rowStart(row, along), classes, inner);
  if (count < k) {
    const wanted = `at least k = ${k} classes above -Infinity`;
    throw rowError(RangeError, "logits", wanted, `${count} in row ${row}`, row);
  }
}

function write(best: Best, valid: boolean, at: number, k: number, indices: Int32Array, scores?: Float32Array): void {
  best.sort();
  const count = valid ? best.count : 0;
  for (let i = 0; i < k; i++) {
    indices[at + i] = i < count ? best.classes[i]! : -1;
    if (scores) scores[at + i] = i < count ? best.values[i]! : Number.NEGATIVE_INFINITY;
  }
}

// Categorical distributions, whose samples are indices.

import type { IndexLike } from "../arguments/indices.ts";
import type { RowSeeds } from "../arguments/options.ts";
import { rowStart } from "../arguments/shape.ts";
import { allocate, checkInstance, expectedBut, ownOptions } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp } from "../math.ts";
import { type CategoricalSample, IndicesResult, type RowSeeded } from "../results.ts";
import { drawsIn } from "./arguments.ts";
import { type Batch, fullShape, indexDrawsOf, rowOf, rowShape, setRow } from "./batch.ts";
import { logProbGradientOf } from "./categorical-row.ts";
import { flatDraws, inShape } from "./draws.ts";
import { type CategoricalSampleOptions, modesOf, Probabilities, perRow, SAMPLE_OPTIONS } from "./probabilities.ts";
import { type ClassNumbers, type DoubleValues, expOf, type LogitsGradient, resultOf, seedsUsed } from "./results.ts";

/**
 * One class a row, with probabilities softmax(logits), or `probs` over their sum: `new Categorical({ probs })`. With
 * `unimix` u, pi = (1 - u)*softmax(z) + u/K over the K open classes, as DreamerV3 does (Hafner et al. 2023, u = 0.01).
 * A logit of -Infinity, or a probability of 0, masks its class, which stays at probability 0 whatever u is.
 * Log-probabilities are f64; samples are those of the kernels, which see the logits less the largest of their row, in
 * f32. Gradients are with respect to the logits, also where `probs` are given.
 *
 * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, a finite one beyond f32, or a row with
 *         NaN, Infinity, or only -Infinity
 * @example
 * const weather = new Categorical([1, 2, 3], { unimix: 0.01 });
 * weather.probs.data; // => [0.0925, 0.2456, 0.6619]
 * weather.sample(gs, { seed: 44 }).data; // => [2]
 * weather.logProb([1]).data; // => [-1.4040]
 * new Categorical({ probs: [1, 1, 2] }).probs.data; // => [0.25, 0.25, 0.5]
 */
export class Categorical extends Probabilities {
  /**
   * Draws indices: `gs.categorical` of the logits less the largest of their row; the same ones as `OneHotCategorical`.
   *
   * @param gs      an instance
   * @param options `seed` fresh, `seeds` none, `rowOffset` 0, `classOffset` 0, `numSamples` none
   * @throws TypeError or RangeError that names the argument
   * @example
   * const distribution = new Categorical([[0.1, 0.5, 0.4]]);
   * distribution.sample(gs, { seed: 44 }).indices; // => [1]
   * distribution.sample(gs, { numSamples: [2, 5] }).shape; // => [2, 5, 1]
   */
  sample(gs: GumbelSoftmax, options: RowSeeds<CategoricalSampleOptions>): RowSeeded<CategoricalSample>;
  sample(gs: GumbelSoftmax, options?: CategoricalSampleOptions): CategoricalSample;
  sample(
    gs: GumbelSoftmax,
    options?: CategoricalSampleOptions | RowSeeds<CategoricalSampleOptions>,
  ): CategoricalSample | RowSeeded<CategoricalSample>;
  sample(gs: GumbelSoftmax, options: unknown = {}): CategoricalSample | RowSeeded<CategoricalSample> {
    checkInstance(gs);
    const given = ownOptions(options as CategoricalSampleOptions, SAMPLE_OPTIONS);
    if (this.unimix === 0) {
      const draws = drawsIn(given);
      return inShape(gs.categorical(this.batch.centred, { ...flatDraws(given, draws), dim: this.dim }), draws);
    }
    const sample = this.draw(gs, given);
    const { indices } = sample;
    return Object.assign(new IndicesResult(indices, rowShape(sample.shape, this.batch)), seedsUsed(sample));
  }

  /**
   * Log-probability of indices.
   *
   * @param indices classes from 0 on, 64-bit ones too, in the shape of the logits without the axis of classes; axes
   *                before these are further draws
   * @returns       in the shape of `indices`; -Infinity for a masked class
   * @throws TypeError for the wrong kind of argument, RangeError for an index out of range or another shape
   * @example
   * new Categorical([[0, 0], [1, 0]]).logProb([0, 1]).data; // => [-0.6931, -1.3133]
   */
  logProb(indices: IndexLike | number): DoubleValues {
    const { data, shape } = indicesOf(indices, this.batch);
    const values = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) values[i] = this.logits.data[position(this.batch, i, data[i]!)]!;
    return resultOf(values, shape);
  }

  /**
   * Probability of indices, exp(logProb).
   *
   * @param indices as for `logProb`
   * @returns       in the shape of `indices`; 0 for a masked class
   * @throws TypeError for the wrong kind of argument, RangeError for an index out of range or another shape
   * @example
   * new Categorical([[0, 0], [1, 0]]).prob([0, 1]).data; // => [0.5, 0.2689]
   */
  prob(indices: IndexLike | number): DoubleValues {
    return expOf(this.logProb(indices));
  }

  /**
   * Gradient of the log-probability of every index with respect to the logits, w (1_j - s_j): 1_j is 1 for the class
   * itself, s = softmax(z), and w = (1 - u) s_i / pi_i, which is 1 without `unimix`. 0 for masked classes, and all 0
   * where the index is one.
   *
   * @param indices as for `logProb`
   * @returns       in the shape of the logits, after the axes of further draws
   * @throws TypeError for the wrong kind of argument, RangeError for an index out of range or another shape
   * @example
   * new Categorical([1, 2, 3]).logProbGradient([1]).logits.data; // => [-0.0900, 0.7553, -0.6652]
   */
  logProbGradient(indices: IndexLike | number): LogitsGradient {
    const { along } = this.batch;
    const { data: classes, shape } = indicesOf(indices, this.batch);
    const data = new Float64Array(classes.length * along.classes);
    for (let i = 0; i < classes.length; i++) {
      const logShares = rowOf(this.logShares, along, i % along.rows);
      setRow(data, along, i, logProbGradientOf(classes[i]!, logShares, this.unimix));
    }
    return { logits: resultOf(data, fullShape(shape, this.batch)) };
  }

  /**
   * Distribution function P(class <= x) of every row: 0 below 0, exactly 1 from the last open class on.
   *
   * @param x numbers, ±Infinity too, in the shape of the logits without the axis of classes; axes before these are
   *          further values
   * @returns in the shape of `x`
   * @throws TypeError for the wrong kind of argument, RangeError for NaN or another shape
   * @example
   * new Categorical([0, 0, 0, 0]).cdf([-1, 0, 1.5, 3]).data; // => [0, 0.25, 0.5, 1]
   */
  cdf(x: IndexLike | number): DoubleValues {
    const { along } = this.batch;
    const { data, shape } = valuesOf(x, "x", this.batch);
    const cumulative = Array.from({ length: along.rows }, (_, row) =>
      cumulated(rowOf(this.logits.data, along, row).map(exp)),
    );
    const at = (x: number, i: number) => {
      if (Number.isNaN(x)) throw expectedBut(RangeError, "x", "numbers other than NaN", `NaN at position ${i}`);
      return x < 0 ? 0 : cumulative[i % along.rows]![Math.min(Math.floor(x), along.classes - 1)]!;
    };
    return resultOf(Float64Array.from(data, at), shape);
  }

  /**
   * All classes, each as a value of every row, for sums over them.
   *
   * @returns indices with an axis of the classes first, before the shape of the rows
   * @example
   * new Categorical([[0, 0, 0], [1, 2, 3]]).enumerateSupport().data; // => [0, 0, 1, 1, 2, 2]
   */
  enumerateSupport(): ClassNumbers {
    const { along, shape } = this.batch;
    const data = allocate(Int32Array, along.classes * along.rows);
    for (let c = 0; c < along.classes; c++) data.fill(c, c * along.rows, (c + 1) * along.rows);
    return resultOf(data, [along.classes, ...rowShape(shape, this.batch)]);
  }

  /** The most probable class of every row, the lowest one on a tie. */
  get mode(): ClassNumbers {
    const { shape } = this.batch;
    return resultOf(modesOf(this.batch, this.unimix), rowShape(shape, this.batch));
  }

  /** Mean of the class number of every row, sum k pi_k. */
  get mean(): DoubleValues {
    return perRow(this.batch, (row) => momentOf(rowOf(this.logits.data, this.batch.along, row), (k) => k));
  }

  /** Variance of the class number of every row. */
  get variance(): DoubleValues {
    return perRow(this.batch, (row) => {
      const logPi = rowOf(this.logits.data, this.batch.along, row);
      const mean = momentOf(logPi, (k) => k);
      return momentOf(logPi, (k) => (k - mean) * (k - mean));
    });
  }
}

/** sum pi_k f(k). */
function momentOf(logPi: Float64Array, f: (k: number) => number): number {
  return logPi.reduce((sum, l, k) => sum + exp(l) * f(k), 0);
}

/** Sums up to each class. What comes after the last open class is exactly 1. */
function cumulated(probs: Float64Array): Float64Array {
  let last = probs.length - 1;
  while (last > 0 && probs[last] === 0) last--;
  let sum = 0;
  return probs.map((p, c) => {
    sum += p;
    return c >= last ? 1 : Math.min(sum, 1);
  });
}

function position({ along }: Batch, i: number, c: number): number {
  return rowStart(i % along.rows, along) + c * along.inner;
}

/** Numbers in the shape of the rows, or of several draws of them. */
function valuesOf(value: IndexLike | number, name: string, batch: Batch): { data: ArrayLike<number>; shape: number[] } {
  const given = typeof value === "number" ? { data: [value], shape: [] } : value;
  const { data, shape } = indexDrawsOf(given, name, rowShape(batch.shape, batch));
  return { data, shape: [...shape] };
}

function indicesOf(value: IndexLike | number, batch: Batch): { data: ArrayLike<number>; shape: number[] } {
  const { classes } = batch.along;
  const found = valuesOf(value, "indices", batch);
  for (let i = 0; i < found.data.length; i++) {
    const c = found.data[i]!;
    if (!Number.isInteger(c) || c < 0 || c >= classes) {
      throw expectedBut(RangeError, "indices", `integers from 0 to ${classes - 1}`, `${c} at position ${i}`);
    }
  }
  return found;
}

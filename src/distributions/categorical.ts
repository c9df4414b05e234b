// Categorical distributions, whose samples are indices or one-hot rows.

import type { NoiseOptions, RowSeeds } from "../arguments/options.ts";
import { rowStart } from "../arguments/shape.ts";
import type { TensorLike } from "../arguments/tensor-like.ts";
import { checkInstance, checkNonNegative, expectedBut, ownOptions, rowError } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, log } from "../math.ts";
import type { CategoricalSample, RowSeeded, Sample } from "../results.ts";
import {
  type Batch,
  batchOf,
  checkSameBatch,
  type DoubleValues,
  drawsOf,
  logSumExp,
  rowOf,
  rowShape,
  seedsUsed,
  setRow,
} from "./batch.ts";

/** Settings of `Categorical` and `OneHotCategorical`. */
export interface CategoricalSettings {
  /** Axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
  /** Share of the uniform distribution that is mixed in, from 0 to 1. Default 0. */
  unimix?: number | null | undefined;
}

const SETTINGS: ReadonlySet<string> = new Set(["dim", "unimix"]);

/** Options of the samples of `Categorical` and `OneHotCategorical`: those of `gs.categorical` by these names. */
export type CategoricalSampleOptions = Omit<NoiseOptions, "noiseScale">;

const SAMPLE_OPTIONS: ReadonlySet<string> = new Set(["seed", "seeds", "rowOffset", "classOffset", "numSamples"]);

/** The common part of the two: probabilities pi = (1 - u)*softmax(z) + u/K, K the number of classes that are open. */
abstract class Probabilities {
  /** Normalised log-probabilities, with `unimix` mixed in; -Infinity for a masked class. Leave them unchanged. */
  readonly logits: DoubleValues;
  readonly dim: number;
  readonly unimix: number;
  /** @internal */
  protected readonly batch: Batch;

  constructor(logits: TensorLike, allSettings: CategoricalSettings = {}) {
    const settings = ownOptions(allSettings, SETTINGS);
    this.unimix = checkNonNegative(settings.unimix, "unimix", 0, 1);
    this.batch = batchOf(logits, settings.dim);
    const { along, shape, data } = this.batch;
    this.dim = along.dim;
    this.logits = { data: new Float64Array(data.length), shape };
    for (let row = 0; row < along.rows; row++) {
      setRow(this.logits.data, along, row, mixed(rowOf(data, along, row), this.unimix));
    }
  }

  /** Probabilities in the shape of the logits; exactly 0 for a masked class. A new array at every call. */
  get probs(): DoubleValues {
    return { data: this.logits.data.map(exp), shape: [...this.logits.shape] };
  }

  //  The plain straight-through estimator, which has a share of the uniform mixed in.
  protected draw(gs: GumbelSoftmax, options: CategoricalSampleOptions): Sample {
    const { unimix, dim } = this;
    return gs.gumbelSoftmax(this.batch, { ...options, estimator: "straight-through", unimix, dim });
  }

  /**
   * Entropy of every row in nats, -sum pi ln pi with 0 ln 0 = 0; in the shape of the logits without the axis of
   * classes.
   *
   * @example
   * new Categorical([0, 0, 0, -Infinity]).entropy().data; // => [1.0986]
   */
  entropy(): DoubleValues {
    return this.#perRow((logPi) => -logPi.reduce((sum, l) => (l === -Infinity ? sum : sum + exp(l) * l), 0));
  }

  /**
   * Kullback-Leibler divergence KL(this || other) of every row in nats, sum pi (ln pi - ln rho); Infinity where this
   * one can draw a class that the other cannot; never NaN, never negative.
   *
   * @param other one with logits of the same shape and `dim`
   * @throws TypeError for what is none, RangeError for another shape
   * @example
   * const uniform = new Categorical([0, 0]);
   * uniform.kl(new Categorical([1, 0])).data; // => [0.1201]
   * uniform.kl(new Categorical([1, -Infinity])).data[0] === Infinity; // => true
   */
  kl(other: Categorical | OneHotCategorical): DoubleValues {
    const { data } = checkSameBatch(other, this.logits, this.dim);
    return this.#perRow((logPi, row) => {
      const logRho = rowOf(data, this.batch.along, row);
      //  Where pi > 0 is too small for f64 and rho = 0, exp(l) * Infinity would be NaN.
      const term = (l: number, c: number) => (logRho[c] === -Infinity ? Infinity : exp(l) * (l - logRho[c]!));
      return Math.max(
        0,
        logPi.reduce((sum, l, c) => (l === -Infinity ? sum : sum + term(l, c)), 0),
      );
    });
  }

  #perRow(f: (logPi: Float64Array, row: number) => number): DoubleValues {
    const { along, shape } = this.batch;
    const data = new Float64Array(along.rows);
    for (let row = 0; row < along.rows; row++) data[row] = f(rowOf(this.logits.data, along, row), row) + 0;
    return { data, shape: rowShape(shape, this.batch) };
  }
}

/** ln((1 - u)*softmax(z) + u/K). */
function mixed(z: Float64Array, unimix: number): Float64Array {
  const total = logSumExp(z);
  const logPi = z.map((value) => value - total);
  if (unimix === 0) return logPi;
  const open = z.reduce((count, value) => (value > -Infinity ? count + 1 : count), 0);
  const share = unimix / open;
  return logPi.map((l, c) => (z[c]! > -Infinity ? log((1 - unimix) * exp(l) + share) : l));
}

/**
 * One class a row, with probabilities softmax(logits); with `unimix` u, pi = (1 - u)*softmax(z) + u/K over the K open
 * classes, as DreamerV3 does (Hafner et al. 2023, u = 0.01). A logit of -Infinity masks its class, which stays at
 * probability 0 whatever u is. Log-probabilities are f64; samples are those of the kernels, which see logits in f32.
 *
 * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, or a row with NaN, Infinity, or only
 *         -Infinity
 * @example
 * const weather = new Categorical([1, 2, 3], { unimix: 0.01 });
 * weather.probs.data; // => [0.0925, 0.2456, 0.6619]
 * weather.sample(gs, { seed: 44 }).data; // => [2]
 * weather.logProb([1]).data; // => [-1.4040]
 */
export class Categorical extends Probabilities {
  /**
   * Draws indices, `gs.categorical`; the same ones as `OneHotCategorical`.
   *
   * @param gs      an instance
   * @param options `seed` fresh, `seeds` none, `rowOffset` 0, `classOffset` 0, `numSamples` none
   * @throws TypeError or RangeError that names the argument
   * @example
   * new Categorical([[0.1, 0.5, 0.4]]).sample(gs, { seed: 44 }).indices; // => [1]
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
    if (this.unimix === 0) return gs.categorical(this.batch, { ...given, dim: this.dim });
    const sample = this.draw(gs, given);
    const { indices } = sample;
    return { data: indices, indices, shape: rowShape(sample.shape, this.batch), ...seedsUsed(sample) };
  }

  /**
   * Log-probability of indices.
   *
   * @param indices classes from 0 on, in the shape of the logits without the axis of classes; axes before these are
   *                further draws
   * @returns       in the shape of `indices`; -Infinity for a masked class
   * @throws TypeError for the wrong kind of argument, RangeError for an index out of range or another shape
   * @example
   * new Categorical([[0, 0], [1, 0]]).logProb([0, 1]).data; // => [-0.6931, -1.3133]
   */
  logProb(indices: TensorLike | number): DoubleValues {
    const { along, shape: sizes } = this.batch;
    const given = typeof indices === "number" ? { data: [indices], shape: [] } : indices;
    const { data, shape } = drawsOf(given, "indices", rowShape(sizes, this.batch));
    const values = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const c = data[i]!;
      if (!Number.isInteger(c) || c < 0 || c >= along.classes) {
        throw expectedBut(RangeError, "indices", `integers from 0 to ${along.classes - 1}`, `${c} at position ${i}`);
      }
      values[i] = this.logits.data[rowStart(i % along.rows, along) + c * along.inner]!;
    }
    return { data: values, shape: [...shape] };
  }
}

/**
 * `Categorical` with one-hot rows for samples, through which a gradient passes (straight-through).
 *
 * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, or a row with NaN, Infinity, or only
 *         -Infinity
 * @example
 * const action = new OneHotCategorical([[2, 0.5, -1]], { unimix: 0.01 });
 * const y = action.sample(gs, { seed: 44 });
 * y.data; // => [0, 1, 0]
 * action.logProb(y).data; // => [-1.7323]
 */
export class OneHotCategorical extends Probabilities {
  /**
   * Draws one-hot rows. `backward` is that of the plain straight-through estimator (Bengio, Leonard, Courville, 2013):
   * the gradient of the probabilities pi, as DreamerV3 has it.
   *
   * @param gs      an instance
   * @param options `seed` fresh, `seeds` none, `rowOffset` 0, `classOffset` 0, `numSamples` none
   * @throws TypeError or RangeError that names the argument
   * @example
   * const y = new OneHotCategorical([[2, 0.5, -1]]).sample(gs, { seed: 44 });
   * y.backward([[1, 0, 0]]).data; // => [0.1684, -0.1377, -0.0307]
   */
  sample(gs: GumbelSoftmax, options: RowSeeds<CategoricalSampleOptions>): RowSeeded<Sample>;
  sample(gs: GumbelSoftmax, options?: CategoricalSampleOptions): Sample;
  sample(
    gs: GumbelSoftmax,
    options?: CategoricalSampleOptions | RowSeeds<CategoricalSampleOptions>,
  ): Sample | RowSeeded<Sample>;
  sample(gs: GumbelSoftmax, options: unknown = {}): Sample | RowSeeded<Sample> {
    checkInstance(gs);
    return this.draw(gs, ownOptions(options as CategoricalSampleOptions, SAMPLE_OPTIONS));
  }

  /**
   * Log-probability of one-hot rows.
   *
   * @param value exactly 0 and 1, in the shape of the logits; axes before these are further draws
   * @returns     in the shape of `value` without the axis of classes; -Infinity for a masked class
   * @throws TypeError for the wrong kind of argument, RangeError for a row that is not one-hot or another shape
   * @example
   * new OneHotCategorical([0, Math.log(3)]).logProb([0, 1]).data; // => [-0.2877]
   */
  logProb(value: TensorLike): DoubleValues {
    const { along } = this.batch;
    const { data, shape } = drawsOf(value, "value", this.batch.shape);
    const values = new Float64Array(data.length / along.classes);
    for (let row = 0; row < values.length; row++) {
      const index = hotOf(rowOf(data, along, row));
      if (index < 0) throw rowError(RangeError, "value", "one-hot rows, exactly 0 and 1", `row ${row}`, row);
      values[row] = this.logits.data[rowStart(row % along.rows, along) + index * along.inner]!;
    }
    return { data: values, shape: rowShape(shape, this.batch) };
  }
}

/** Class of the 1 of a one-hot row, or -1. */
function hotOf(row: Float64Array): number {
  const index = row.indexOf(1);
  return row.every((value, c) => value === (c === index ? 1 : 0)) ? index : -1;
}

// The Concrete (Gumbel-Softmax) distribution on the simplex, and its logarithm.

import type { GumbelSoftmaxOptions, NoiseOptions, RowSeeds } from "../arguments/options.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { checkInstance, ownOptions, rowError } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, log } from "../math.ts";
import { type RowSeeded, type Sample, type Values, ValuesResult } from "../results.ts";
import { drawsIn, sampleOptions } from "./arguments.ts";
import { type Batch, batchOf, drawsOf, type LogitsOrProbs, lessMaximum, rowOf, rowShape, setRow } from "./batch.ts";
import { byRow, relaxedSample, rowsOf } from "./by-row.ts";
import { logSharesOf } from "./categorical-row.ts";
import { concreteGradient, concreteLogProb } from "./concrete-row.ts";
import type { ManyDraws } from "./draws.ts";
import { type DoubleValues, drawn, expOf, type LogProbGradient, resultOf } from "./results.ts";
import { type Parameter, tauAt, temperatureOf } from "./temperature.ts";

/** Settings of `RelaxedOneHotCategorical` and `ExpRelaxedOneHotCategorical`. */
export interface ConcreteSettings {
  /** Axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
}

/** Options of `RelaxedOneHotCategorical.sample`. */
export type ConcreteSampleOptions = ManyDraws<Omit<GumbelSoftmaxOptions, "dim" | "tau" | "temperature" | "temp">>;

/** Options of `ExpRelaxedOneHotCategorical.sample`. */
export type ExpRelaxedSampleOptions = ManyDraws<Omit<NoiseOptions, "noiseScale" | "seeds">>;

/** A sample of `ExpRelaxedOneHotCategorical`: log-probabilities, each row's exponentials sum to 1. */
export interface ExpRelaxedSample extends Values {
  /** Seed that was used. */
  readonly seed: bigint;
  /**
   * Gradient with respect to the logits, with `numSamples` the sum over the draws; what a cotangent says about a masked
   * class does not count.
   *
   * @param cotangent gradient of the loss with respect to `data`, same shape, finite
   * @throws RangeError for a cotangent that is not finite
   */
  backward(cotangent: TensorLike): Values;
}

const SETTINGS: ReadonlySet<string> = new Set(["dim"]);
const EXP_OPTIONS: ReadonlySet<string> = new Set(["seed", "rowOffset", "classOffset", "numSamples"]);
const OWN_OPTIONS = ["dim", "tau", "temperature", "temp"];

/** Distance from 1 that the sum of a row may have: more than that of f32 samples. */
const SUM_ERROR = 1e-5;

/** The common part of the two: the value y = ln x of one is the logarithm of that of the other. */
abstract class Concrete<Tau extends number | TensorLike> {
  /** Temperature; one for each row, in the shape of the logits without the axis of classes, if an array was given. */
  readonly tau: Parameter<Tau>;
  /** As given, in f64; of `probs`, their logarithms. Leave them unchanged. */
  readonly logits: DoubleValues;
  readonly dim: number;
  /** @internal */
  protected readonly batch: Batch;
  /** Temperature of each row, or of all. @internal */
  protected readonly taus: Float64Array;

  constructor(tau: Tau, logits: LogitsOrProbs, settings: ConcreteSettings = {}) {
    const { dim } = ownOptions(settings ?? undefined, SETTINGS);
    this.batch = batchOf(logits, dim);
    const temperature = temperatureOf(tau, rowShape(this.batch.shape, this.batch));
    this.tau = temperature.tau;
    this.taus = temperature.each;
    this.logits = resultOf(this.batch.data, this.batch.shape);
    this.dim = this.batch.along.dim;
  }

  /** Tells Vue to leave a distribution as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  /** Probabilities softmax(logits) in the shape of the logits. A new array at every call. */
  get probs(): DoubleValues {
    const { along, shape } = this.batch;
    const data = new Float64Array(this.batch.data.length);
    for (let row = 0; row < along.rows; row++) setRow(data, along, row, logSharesOf(this.centred(row)).map(exp));
    return resultOf(data, shape);
  }

  /** Logits of a row less their maximum. @internal */
  protected centred(row: number): Float64Array {
    const { data, along } = this.batch;
    return lessMaximum(rowOf(data, along, row % along.rows));
  }

  /** @internal */
  protected rows(value: TensorLike, inLogs: boolean): { rows: Float64Array[]; shape: readonly number[] } {
    const { along, shape: sizes } = this.batch;
    const { data, shape } = drawsOf(value, "value", sizes);
    const rows: Float64Array[] = [];
    for (let row = 0; row < data.length / along.classes; row++) {
      const given = rowOf(data, along, row);
      const sum = given.reduce((sum, v) => sum + (inLogs ? exp(v) : v >= 0 ? v : Number.NaN), 0);
      if (!(sum >= 1 - SUM_ERROR && sum <= 1 + SUM_ERROR)) {
        const wanted = inLogs ? "log-probabilities, rows whose exponentials sum to 1" : "rows >= 0 that sum to 1";
        throw rowError(RangeError, "value", wanted, `row ${row}, [${given.slice(0, 8).join(", ")}]`, row);
      }
      rows.push(inLogs ? given : given.map(log));
    }
    return { rows, shape };
  }

  /** @internal */
  protected density(value: TensorLike, onSimplex: boolean): DoubleValues {
    const { rows, shape } = this.rows(value, !onSimplex);
    const density = rows.map((y, row) => concreteLogProb(this.centred(row), y, tauAt(this.taus, row), onSimplex));
    return resultOf(Float64Array.from(density), rowShape(shape, this.batch));
  }

  /** @internal */
  protected gradient(value: TensorLike, onSimplex: boolean): LogProbGradient {
    const { rows, shape } = this.rows(value, !onSimplex);
    const { along } = this.batch;
    const size = rows.length * along.classes;
    const logits = resultOf(new Float64Array(size), shape);
    const values = resultOf(new Float64Array(size), shape);
    for (const [row, y] of rows.entries()) {
      const gradient = concreteGradient(this.centred(row), y, tauAt(this.taus, row), onSimplex);
      setRow(logits.data, along, row, gradient.logits);
      setRow(values.data, along, row, gradient.value);
    }
    return { logits, value: values };
  }
}

/**
 * The Concrete distribution, of softmax((z + g)/tau): a density on the simplex (Maddison, Mnih, Teh, "The Concrete
 * distribution", ICLR 2017, equation 10; Jang, Gu, Poole, ICLR 2017, appendix B). With n open classes,
 *
 *     ln p(x) = ln (n-1)! + (n-1) ln tau + sum_k (z_k - (tau+1) ln x_k) - n ln sum_k exp(z_k - tau ln x_k).
 *
 * Logits need not be normalised. A masked class (-Infinity) has x = 0 and no part in the density. At low tau the
 * samples reach the corners, where f32 has no more digits: `ExpRelaxedOneHotCategorical` has the same law in log space
 * and is the safe one.
 *
 * @throws TypeError for the wrong kind of argument; RangeError for tau not finite or not above 0, or a row of logits
 *         with NaN, Infinity, or only -Infinity
 * @example
 * const concrete = new RelaxedOneHotCategorical(0.5, [2, 0.5, -1]);
 * const y = concrete.sample(gs, { seed: 44 });
 * y.data; // => [0.1325, 0.8591, 0.0084]
 * concrete.logProb([0.3, 0.6, 0.1]).data; // => [-1.6281]
 */
export class RelaxedOneHotCategorical<Tau extends number | TensorLike = number> extends Concrete<Tau> {
  /**
   * Draws on the simplex, with their `backward`: `gs.gumbelSoftmax`.
   *
   * @param gs      an instance
   * @param options those of `gs.gumbelSoftmax` but `dim` and `tau`; `hard` gives straight-through samples
   * @throws TypeError or RangeError that names the argument
   * @example
   * const y = new RelaxedOneHotCategorical(0.5, [[2, 0.5, -1]]).sample(gs, { seed: 44 });
   * y.backward([[1, 0, 0]]).data; // => [0.2299, -0.2276, -0.0022]
   */
  sample(gs: GumbelSoftmax, options: RowSeeds<ConcreteSampleOptions>): RowSeeded<Sample>;
  sample(gs: GumbelSoftmax, options?: ConcreteSampleOptions): Sample;
  sample(
    gs: GumbelSoftmax,
    options?: ConcreteSampleOptions | RowSeeds<ConcreteSampleOptions>,
  ): Sample | RowSeeded<Sample>;
  sample(gs: GumbelSoftmax, options: unknown = {}): Sample | RowSeeded<Sample> {
    checkInstance(gs);
    const given = sampleOptions(options as ConcreteSampleOptions, OWN_OPTIONS);
    return relaxedSample(gs, this.batch, this.taus, given) as Sample;
  }

  /**
   * Log-density of every row, with respect to the first n - 1 entries. Where m of the n open entries are 0 it is the
   * limit as these go to 0 together: Infinity if m > (n-m) tau, -Infinity if m < (n-m) tau, finite on the border.
   * -Infinity where a masked class is above 0.
   *
   * @param value rows >= 0 that sum to 1 within 1e-5, in the shape of the logits; axes before these are further draws
   * @returns     in the shape of `value` without the axis of classes
   * @throws TypeError for the wrong kind of argument, RangeError for a row off the simplex or another shape
   * @example
   * new RelaxedOneHotCategorical(1, [0, 0]).logProb([0.2, 0.8]).data; // => [0]
   * new RelaxedOneHotCategorical(0.5, [0, 0]).logProb([1, 0]).data[0] === Infinity; // => true
   */
  logProb(value: TensorLike): DoubleValues {
    return this.density(value, true);
  }

  /**
   * Density of every row, exp(logProb).
   *
   * @param value as for `logProb`
   * @returns     in the shape of `value` without the axis of classes
   * @throws TypeError for the wrong kind of argument, RangeError for a row off the simplex or another shape
   * @example
   * new RelaxedOneHotCategorical(1, [0, 0]).prob([0.2, 0.8]).data; // => [1]
   */
  prob(value: TensorLike): DoubleValues {
    return expOf(this.logProb(value));
  }

  /**
   * Gradients of the log-density of every row: with respect to the logits, 1 - n*s_k, s = softmax(z - tau ln x); and to
   * the entries of the value, each as if free, (tau*(n s_k - 1) - 1)/x_k, which is ±Infinity at x_k = 0. 0 for masked
   * classes.
   *
   * @param value as for `logProb`
   * @returns     both in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for a row off the simplex or another shape
   * @example
   * const { logits, value } = new RelaxedOneHotCategorical(0.5, [1, 0]).logProbGradient([0.2, 0.8]);
   * logits.data; // => [-0.6893, 0.6893]
   * value.data; // => [-3.2768, -1.6808]
   */
  logProbGradient(value: TensorLike): LogProbGradient {
    return this.gradient(value, true);
  }
}

/**
 * The logarithm y of a Concrete variable (Maddison, Mnih, Teh 2017, equations 22 to 24): the same law in log space,
 * where a density stays finite at low temperatures. With n open classes, on the rows with ln sum_k exp(y_k) = 0,
 *
 *     ln p(y) = ln (n-1)! + (n-1) ln tau + sum_k (z_k - tau y_k) - n ln sum_k exp(z_k - tau y_k).
 *
 * @throws TypeError for the wrong kind of argument; RangeError for tau not finite or not above 0, or a row of logits
 *         with NaN, Infinity, or only -Infinity
 * @example
 * const concrete = new ExpRelaxedOneHotCategorical(0.01, [2, 0.5, -1]);
 * const y = concrete.sample(gs, { seed: 44 });
 * y.data; // => [-93.4713, 0, -231.2840]
 * concrete.logProb(y).data; // => [-13.3264]
 */
export class ExpRelaxedOneHotCategorical<Tau extends number | TensorLike = number> extends Concrete<Tau> {
  /**
   * Draws log-probabilities, (p - max p)/tau - ln sum with p = z + g, with their `backward`. With the same seed, the
   * logarithms of what `RelaxedOneHotCategorical` draws.
   *
   * @param gs      an instance
   * @param options `seed` fresh, `rowOffset` 0, `classOffset` 0, `numSamples` none
   * @throws TypeError or RangeError that names the argument
   * @example
   * const y = new ExpRelaxedOneHotCategorical(0.5, [[2, 0.5, -1]]).sample(gs, { seed: 44 });
   * y.data; // => [-2.0213, -0.1519, -4.7775]
   * y.backward([[1, 0, 0]]).data; // => [1.7350, -1.7182, -0.0168]
   */
  sample(gs: GumbelSoftmax, options: ExpRelaxedSampleOptions = {}): ExpRelaxedSample {
    checkInstance(gs);
    const given = ownOptions(options, EXP_OPTIONS);
    const draws = drawsIn(given);
    const { numSamples: _, ...stream } = given;
    const { centred, along } = this.batch;
    const z = centred.data;
    const shape = [...draws.axes, ...centred.shape];
    const dim = along.dim + draws.axes.length;
    const noise = gs.gumbel(shape, { ...stream, dim });
    //  p = z + g as the kernels form it: from z in f32, rounded to f32; a masked class takes no noise.
    const p = noise.data.map((g, i) => z[i % z.length]! + g);
    const seed = { seed: noise.seed };
    if (this.taus.length > 1) {
      const y = byRow(this.batch, this.taus, draws, ({ draw, from, to, tau }) => {
        const rows = rowsOf(p, along, draw * along.rows + from, draw * along.rows + to);
        const values = gs.logSoftmax({ data: rows, shape: [to - from, along.classes] }, { tau });
        const { data, shape: own } = values;
        return { data, backward: (cotangent) => values.backward(openOnly(cotangent, rows, own)) };
      });
      return drawn({ data: y.data, shape: y.shape }, seed, y.backward);
    }
    const y = gs.logSoftmax({ data: p, shape }, { tau: this.taus[0]!, dim });
    return drawn({ data: y.data, shape: y.shape }, seed, (cotangent) => {
      const each = y.backward(openOnly(cotangent, p, shape)).data;
      const sums = new Float64Array(z.length);
      for (let i = 0; i < each.length; i++) sums[i % z.length]! += each[i]!;
      return new ValuesResult(Float32Array.from(sums), [...this.batch.shape]);
    });
  }

  /**
   * Log-density of every row, with respect to the first n - 1 entries. -Infinity where an open entry is -Infinity, or
   * that of a masked class is not.
   *
   * @param value log-probabilities, rows whose exponentials sum to 1 within 1e-5, in the shape of the logits; axes
   *              before these are further draws
   * @returns     in the shape of `value` without the axis of classes
   * @throws TypeError for the wrong kind of argument, RangeError for a row whose exponentials do not sum to 1 or
   *         another shape
   * @example
   * new ExpRelaxedOneHotCategorical(0.5, [0, 0]).logProb([0, -600]).data; // => [-300.6931]
   */
  logProb(value: TensorLike): DoubleValues {
    return this.density(value, false);
  }

  /**
   * Density of every row, exp(logProb).
   *
   * @param value as for `logProb`
   * @returns     in the shape of `value` without the axis of classes
   * @throws TypeError for the wrong kind of argument, RangeError for a row whose exponentials do not sum to 1 or another shape
   * @example
   * new ExpRelaxedOneHotCategorical(0.5, [0, 0]).prob([Math.log(0.5), Math.log(0.5)]).data; // => [0.125]
   */
  prob(value: TensorLike): DoubleValues {
    return expOf(this.logProb(value));
  }

  /** Row where the density is largest, ln softmax(z/tau). */
  get mode(): DoubleValues {
    const { along, shape } = this.batch;
    const data = new Float64Array(this.batch.data.length);
    for (let row = 0; row < along.rows; row++) {
      const tau = tauAt(this.taus, row);
      setRow(data, along, row, logSharesOf(this.centred(row).map((z) => z / tau)));
    }
    return resultOf(data, shape);
  }

  /**
   * Gradients of the log-density of every row: with respect to the logits, 1 - n*s_k, s = softmax(z - tau y); and to
   * the entries of the value, each as if free, -tau*(1 - n*s_k). 0 for masked classes.
   *
   * @param value as for `logProb`
   * @returns     both in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for a row whose exponentials do not sum to 1 or
   *         another shape
   * @example
   * const { logits, value } = new ExpRelaxedOneHotCategorical(0.5, [0, 0]).logProbGradient([0, -600]);
   * logits.data; // => [1, -1]
   * value.data; // => [-0.5, 0.5]
   */
  logProbGradient(value: TensorLike): LogProbGradient {
    return this.gradient(value, false);
  }
}

/** The cotangent without what it says about masked classes. */
function openOnly(cotangent: TensorLike, p: Float32Array, shape: readonly number[]): TensorLike {
  const given = source(cotangent, "cotangent", shape);
  return { data: Float32Array.from(given.data, (c, i) => (p[i] === -Infinity ? 0 : c)), shape: given.shape };
}

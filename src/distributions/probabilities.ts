// The common part of Categorical and OneHotCategorical.

import type { NoiseOptions } from "../arguments/options.ts";
import { checkNonNegative, ownOptions } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import type { Sample } from "../results.ts";
import { drawsIn } from "./arguments.ts";
import { type Batch, batchOf, checkSameBatch, type LogitsOrProbs, rowOf, rowShape, setRow } from "./batch.ts";
import {
  crossEntropyOf,
  entropyGradientOf,
  entropyOf,
  klGradientOf,
  klGradientOfOther,
  klOf,
  logSharesOf,
  mixed,
} from "./categorical-row.ts";
import { flatDraws, inShape, type ManyDraws } from "./draws.ts";
import { type DivergenceGradient, type DoubleValues, expOf, type LogitsGradient, resultOf } from "./results.ts";

/** Settings of `Categorical` and `OneHotCategorical`. */
export interface CategoricalSettings {
  /** Axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | null | undefined;
  /** Share of the uniform distribution that is mixed in, from 0 to 1. Default 0. */
  unimix?: number | null | undefined;
}

const SETTINGS: ReadonlySet<string> = new Set(["dim", "unimix"]);

/** Options of the samples of `Categorical` and `OneHotCategorical`: those of `gs.categorical` by these names. */
export type CategoricalSampleOptions = ManyDraws<Omit<NoiseOptions, "noiseScale">>;

export const SAMPLE_OPTIONS: ReadonlySet<string> = new Set(["seed", "seeds", "rowOffset", "classOffset", "numSamples"]);

/** Probabilities pi = (1 - u)*softmax(z) + u/K, K the number of classes that are open. */
export abstract class Probabilities {
  /** Normalised log-probabilities, with `unimix` mixed in; -Infinity for a masked class. Leave them unchanged. */
  readonly logits: DoubleValues;
  readonly dim: number;
  readonly unimix: number;
  /** @internal */
  protected readonly batch: Batch;
  /** ln softmax(z), before `unimix`. @internal */
  protected readonly logShares: Float64Array;

  constructor(logits: LogitsOrProbs, settings: CategoricalSettings = {}) {
    const { dim, unimix } = ownOptions(settings ?? undefined, SETTINGS);
    this.unimix = checkNonNegative(unimix, "unimix", 0, 1);
    this.batch = batchOf(logits, dim);
    const { along, shape, data } = this.batch;
    this.dim = along.dim;
    this.logShares = new Float64Array(data.length);
    this.logits = resultOf(this.unimix === 0 ? this.logShares : new Float64Array(data.length), shape);
    for (let row = 0; row < along.rows; row++) {
      const logShares = logSharesOf(rowOf(data, along, row));
      setRow(this.logShares, along, row, logShares);
      if (this.unimix > 0) setRow(this.logits.data, along, row, mixed(logShares, this.unimix));
    }
  }

  /** Tells Vue to leave a distribution as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  /** Probabilities in the shape of the logits; exactly 0 for a masked class. A new array at every call. */
  get probs(): DoubleValues {
    return expOf(this.logits);
  }

  //  The plain straight-through estimator, which has a share of the uniform distribution mixed in.
  protected draw(gs: GumbelSoftmax, options: CategoricalSampleOptions): Sample {
    const { unimix, dim } = this;
    const draws = drawsIn(options);
    const flat = flatDraws(options, draws);
    return inShape(
      gs.gumbelSoftmax(this.batch.centred, { ...flat, estimator: "straight-through", unimix, dim }),
      draws,
    );
  }

  /**
   * Entropy of every row in nats, -sum pi ln pi with 0 ln 0 = 0; in the shape of the logits without the axis of
   * classes.
   *
   * @example
   * new Categorical([0, 0, 0, -Infinity]).entropy().data; // => [1.0986]
   */
  entropy(): DoubleValues {
    return perRow(this.batch, (row) => entropyOf(rowOf(this.logits.data, this.batch.along, row)));
  }

  /**
   * Gradient of the entropy of every row with respect to the logits: with s = softmax(z) and u = `unimix`,
   * -(1 - u) s_j (ln pi_j - sum_i s_i ln pi_i); 0 for masked classes. In the shape of the logits.
   *
   * @example
   * new Categorical([1, 0]).entropyGradient().logits.data; // => [-0.1966, 0.1966]
   */
  entropyGradient(): LogitsGradient {
    const { along } = this.batch;
    const gradient = gradientPerRow(this.batch, (row) =>
      entropyGradientOf(rowOf(this.logShares, along, row), rowOf(this.logits.data, along, row), this.unimix),
    );
    return { logits: gradient };
  }

  /**
   * Cross-entropy of every row in nats, -sum pi ln rho, rho the probabilities of the other one: `entropy()` plus
   * `kl(other)`. Infinity where this one can draw a class that the other cannot.
   *
   * @param other one with logits of the same shape and `dim`
   * @throws TypeError for what is none, RangeError for another shape
   * @example
   * new Categorical([0, 0]).crossEntropy(new Categorical([1, 0])).data; // => [0.8133]
   */
  crossEntropy(other: Probabilities): DoubleValues {
    return this.compared(other, crossEntropyOf);
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
  kl(other: Probabilities): DoubleValues {
    return this.compared(other, klOf);
  }

  /**
   * Gradients of KL(this || other) of every row: `logits` with respect to the logits of this one, (1 - u) s_j (r_j -
   * sum_i s_i r_i) with r = ln pi - ln rho; `other` with respect to those of the other, for which without `unimix` it
   * is rho_j - pi_j. Both in the shape of the logits, 0 for masked classes; never NaN: where KL is Infinity, `logits`
   * is the limit, ±Infinity.
   *
   * @param other one with logits of the same shape and `dim`
   * @throws TypeError for what is none, RangeError for another shape
   * @example
   * const { logits, other } = new Categorical([0, 0]).klGradient(new Categorical([1, 0]));
   * logits.data; // => [-0.25, 0.25]
   * other.data; // => [0.2311, -0.2311]
   */
  klGradient(other: Probabilities): DivergenceGradient {
    checkSameBatch(other, this.logits, this.dim);
    const { along } = this.batch;
    const logPi = (row: number) => rowOf(this.logits.data, along, row);
    return {
      logits: gradientPerRow(this.batch, (row) => {
        const logRho = rowOf(other.logits.data, along, row);
        return klGradientOf(rowOf(this.logShares, along, row), logPi(row), logRho, this.unimix);
      }),
      other: gradientPerRow(this.batch, (row) =>
        klGradientOfOther(logPi(row), rowOf(other.logShares, along, row), other.unimix),
      ),
    };
  }

  private compared(other: Probabilities, f: (logPi: Float64Array, logRho: Float64Array) => number): DoubleValues {
    checkSameBatch(other, this.logits, this.dim);
    const { along } = this.batch;
    return perRow(this.batch, (row) => f(rowOf(this.logits.data, along, row), rowOf(other.logits.data, along, row)));
  }
}

/** One number a row. */
export function perRow(batch: Batch, f: (row: number) => number): DoubleValues {
  const { along, shape } = batch;
  const data = new Float64Array(along.rows);
  for (let row = 0; row < along.rows; row++) data[row] = f(row) + 0;
  return resultOf(data, rowShape(shape, batch));
}

function gradientPerRow({ along, shape, data: { length } }: Batch, f: (row: number) => Float64Array): DoubleValues {
  const data = new Float64Array(length);
  for (let row = 0; row < along.rows; row++) setRow(data, along, row, f(row));
  return resultOf(data, shape);
}

/** The most probable class of each row. */
export function modesOf({ data, along }: Batch, unimix: number): Int32Array {
  return Int32Array.from({ length: along.rows }, (_, row) => {
    const z = rowOf(data, along, row);
    if (unimix === 1) return z.findIndex((value) => value > -Infinity);
    return z.reduce((best, value, c) => (value > z[best]! ? c : best), 0);
  });
}

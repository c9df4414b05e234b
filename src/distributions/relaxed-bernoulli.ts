// The relaxed Bernoulli (binary Concrete) distribution.

import type { GumbelSoftmaxOptions, RowSeeds } from "../arguments/options.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { checkInstance, checkOptions, expected, expectedBut } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, expm1, log, log1p } from "../math.ts";
import { DifferentiableResult, type RowSeeded, type Values, ValuesResult } from "../results.ts";
import { checkPositive } from "./arguments.ts";
import { type DoubleValues, drawsOf, type LogProbGradient, seedsUsed } from "./batch.ts";

/** Options of `RelaxedBernoulli.sample`. */
export type RelaxedBernoulliSampleOptions = Pick<
  GumbelSoftmaxOptions,
  "hard" | "seed" | "seeds" | "rowOffset" | "numSamples"
>;

/** A sample of `RelaxedBernoulli`. */
export interface RelaxedBernoulliSample extends Values {
  /** Seed that was used. */
  readonly seed: bigint;
  /**
   * Gradient with respect to the logits, c*y*(1 - y)/tau with y the soft sample, hard or not; with `numSamples` the sum
   * over the draws.
   *
   * @param cotangent gradient of the loss with respect to `data`, same shape, finite
   * @throws RangeError for a cotangent that is not finite or of another shape
   */
  backward(cotangent: TensorLike): Values;
}

const SAMPLE_OPTIONS: ReadonlySet<string> = new Set(["hard", "seed", "seeds", "rowOffset", "numSamples"]);

/**
 * The relaxed Bernoulli distribution, of sigmoid((z + l)/tau) with l logistic noise, as Gumbel-Softmax has it for the
 * two classes of logits z and 0 (Maddison, Mnih, Teh, "The Concrete distribution", ICLR 2017, appendix B, BinConcrete;
 * `RelaxedBernoulli` in torch and TensorFlow Probability, "Gumbel-sigmoid"). Every logit is a distribution of its own,
 * P(1) = sigmoid(z) in the limit tau = 0. With d = z - tau*ln(x/(1-x)),
 *
 *     ln p(x) = ln tau + d - 2 ln(1 + exp(d)) - ln x - ln(1-x).
 *
 * @throws TypeError for the wrong kind of argument; RangeError for tau not finite or not above 0, or logits not finite
 * @example
 * const gate = new RelaxedBernoulli(0.5, [2, -1]);
 * gate.sample(gs, { seed: 44 }).data; // => [0.2954, 0.8832]
 * gate.logProb([0.9, 0.2]).data; // => [0.1319, -0.2703]
 */
export class RelaxedBernoulli {
  /** Temperature. */
  readonly tau: number;
  /** As given, in f64. Leave them unchanged. */
  readonly logits: DoubleValues;

  constructor(tau: number, logits: TensorLike) {
    this.tau = checkPositive(tau, "tau");
    const { data, shape } = source(logits, "logits", undefined, Float64Array);
    const wild = data.findIndex((z) => !Number.isFinite(z));
    if (wild >= 0) throw expectedBut(RangeError, "logits", "finite numbers", `${data[wild]} at position ${wild}`);
    this.logits = { data: Float64Array.from(data), shape: [...shape] };
  }

  /** Tells Vue to leave a distribution as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  /**
   * Draws numbers from 0 to 1, with `hard` exactly 0 or 1, by `gs.gumbelSoftmax` of [z, 0]: logit i is row i of the
   * noise.
   *
   * @param gs      an instance
   * @param options `hard` false, `seed` fresh, `seeds` none, `rowOffset` 0, `numSamples` none
   * @returns       in the shape of the logits, after an axis of `numSamples`, with `backward`: straight-through, if
   *                `hard`
   * @throws TypeError or RangeError that names the argument
   * @example
   * const y = new RelaxedBernoulli(0.5, [2, -1]).sample(gs, { hard: true, seed: 44 });
   * y.data; // => [0, 1]
   * y.backward([1, 1]).data; // => [0.4163, 0.2062]
   */
  sample(gs: GumbelSoftmax, options: RowSeeds<RelaxedBernoulliSampleOptions>): RowSeeded<RelaxedBernoulliSample>;
  sample(gs: GumbelSoftmax, options?: RelaxedBernoulliSampleOptions): RelaxedBernoulliSample;
  sample(
    gs: GumbelSoftmax,
    options?: RelaxedBernoulliSampleOptions | RowSeeds<RelaxedBernoulliSampleOptions>,
  ): RelaxedBernoulliSample | RowSeeded<RelaxedBernoulliSample>;
  sample(gs: GumbelSoftmax, options: unknown = {}): RelaxedBernoulliSample | RowSeeded<RelaxedBernoulliSample> {
    checkInstance(gs);
    const given = options as RelaxedBernoulliSampleOptions;
    checkOptions(given, SAMPLE_OPTIONS);
    const pairs = paired(this.logits.data, this.logits.shape);
    const sample = gs.gumbelSoftmax(pairs, { ...given, tau: this.tau });
    const shape = sample.shape.slice(0, -1);
    const backward = (cotangent: TensorLike): Values => {
      const c = drawsOf(cotangent, "cotangent", shape);
      if (c.shape.length !== shape.length) throw expected(RangeError, "cotangent.shape", `[${shape}]`, c.shape);
      return firsts(sample.backward(paired(c.data, shape)).data, this.logits.shape);
    };
    const { data } = firsts(sample.data, shape);
    return Object.assign(new DifferentiableResult(data, shape, backward), seedsUsed(sample));
  }

  /**
   * Log-density of every number. At 0 and 1 it is the limit: Infinity for tau < 1, -Infinity for tau > 1, and for tau =
   * 1 the finite -z at 0 and z at 1.
   *
   * @param value numbers from 0 to 1 in the shape of the logits; axes before these are further draws
   * @returns     in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for a number outside [0, 1] or another shape
   * @example
   * new RelaxedBernoulli(0.5, [0, 1]).logProb([0.5, 0.5]).data; // => [-0.6931, -0.9334]
   * new RelaxedBernoulli(0.5, [0]).logProb([1]).data[0] === Infinity; // => true
   */
  logProb(value: TensorLike): DoubleValues {
    const { data: x, shape } = this.#values(value);
    return { data: Float64Array.from(x, (x, i) => this.#density(this.#logit(i), x)), shape };
  }

  /**
   * Gradients of the log-density of every number: with respect to its logit, -tanh(d/2), and to the value itself,
   * (tau*tanh(d/2) - 1 + 2x) / (x*(1 - x)), at 0 and 1 the limit: ±Infinity, for tau = 1 finite.
   *
   * @param value as for `logProb`
   * @returns     both in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for a number outside [0, 1] or another shape
   * @example
   * const { logits, value } = new RelaxedBernoulli(0.5, [1]).logProbGradient([0.2]);
   * logits.data; // => [-0.6893]
   * value.data; // => [-1.5960]
   */
  logProbGradient(value: TensorLike): LogProbGradient {
    const { data: x, shape } = this.#values(value);
    const byLogit = Float64Array.from(x, (x, i) => 0 - tanhOfHalf(this.#difference(this.#logit(i), x)));
    const byValue = Float64Array.from(x, (x, i) => this.#slope(this.#logit(i), x));
    return { logits: { data: byLogit, shape }, value: { data: byValue, shape: [...shape] } };
  }

  #values(value: TensorLike): { data: ArrayLike<number> & Iterable<number>; shape: number[] } {
    const { data, shape } = drawsOf(value, "value", this.logits.shape);
    const wild = data.findIndex((x) => !(x >= 0 && x <= 1));
    if (wild >= 0) throw expectedBut(RangeError, "value", "numbers from 0 to 1", `${data[wild]} at position ${wild}`);
    return { data, shape: [...shape] };
  }

  /** The logit of a value's element. */
  #logit(i: number): number {
    const { data } = this.logits;
    return data[i % data.length]!;
  }

  /** d = z - tau*ln(x/(1-x)): Infinity at 0, -Infinity at 1. */
  #difference(z: number, x: number): number {
    return z - this.tau * (log(x) - log1p(-x));
  }

  #density(z: number, x: number): number {
    if (x === 0 || x === 1) return this.tau === 1 ? (x === 0 ? 0 - z : z) : (1 - this.tau) * Infinity;
    const d = Math.abs(this.#difference(z, x));
    //  d - 2 ln(1 + e^d) is even in d.
    return log(this.tau) - d - 2 * log1p(exp(-d)) - log(x) - log1p(-x);
  }

  #slope(z: number, x: number): number {
    const { tau } = this;
    //  The mirror image, of which 1 - x is exact.
    if (x > 0.5) return 0 - this.#slope(0 - z, 1 - x);
    if (x === 0) return tau === 1 ? -2 * expm1(-z) : (tau - 1) * Infinity;
    const d = this.#difference(z, x);
    if (d < 0) return (tau * tanhOfHalf(d) - 1 + 2 * x) / x / (1 - x);
    //  Near 0, tanh(d/2) is all but 1, and tau near 1 leaves only what it lacks, 2e/(1 + e).
    const e = exp(-d);
    return (tau - 1 + 2 * (x - (tau * e) / (1 + e))) / x / (1 - x);
  }
}

/** tanh(d/2) = (1 - e^-d)/(1 + e^-d). */
function tanhOfHalf(d: number): number {
  const t = expm1(-Math.abs(d));
  const tanh = 0 - t / (2 + t);
  return d < 0 ? 0 - tanh : tanh;
}

/** The two classes of every logit, [z, 0]. */
function paired(data: ArrayLike<number>, shape: readonly number[]): { data: Float64Array; shape: number[] } {
  const pairs = new Float64Array(data.length * 2);
  for (let i = 0; i < data.length; i++) pairs[2 * i] = data[i]!;
  return { data: pairs, shape: [...shape, 2] };
}

/** The values of the first class of every pair. */
function firsts(pairs: Float32Array, shape: readonly number[]): Values {
  return new ValuesResult(
    Float32Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i]!),
    [...shape],
  );
}

// The relaxed Bernoulli (binary Concrete) distribution.

import type { GumbelSoftmaxOptions, RowSeeds } from "../arguments/options.ts";
import { sameShape } from "../arguments/shape.ts";
import type { Source, TensorLike } from "../arguments/tensor-like.ts";
import { checkInstance, expectedBut, ownOptions } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, expm1, log, log1p, sigmoid } from "../math.ts";
import { type RowSeeded, type Sample, type Values, ValuesResult } from "../results.ts";
import { drawsOf } from "./batch.ts";
import { Binary, type BinarySampleOptions, isCertain, logisticDensity, tanhOfHalf } from "./binary.ts";
import { relaxedSample } from "./by-row.ts";
import { type DoubleValues, drawn, expOf, type LogProbGradient, resultOf, seedsUsed } from "./results.ts";

/** Options of `RelaxedBernoulli.sample`. */
export type RelaxedBernoulliSampleOptions = BinarySampleOptions & Pick<GumbelSoftmaxOptions, "hard">;

/** A sample of `RelaxedBernoulli` or `LogitRelaxedBernoulli`. */
export interface RelaxedBernoulliSample extends Values {
  /** Seed that was used. */
  readonly seed: bigint;
  /**
   * Gradient with respect to the logits: c*y*(1 - y)/tau with y the soft sample, hard or not; of
   * `LogitRelaxedBernoulli`, c/tau. With `numSamples` the sum over the draws.
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
 * P(1) = sigmoid(z) in the limit tau = 0, and may have a tau of its own. With d = z - tau*ln(x/(1-x)),
 *
 *     ln p(x) = ln tau + d - 2 ln(1 + exp(d)) - ln x - ln(1-x).
 *
 * Where a logit is infinite, the value is 0 or 1 for certain: as of any certain outcome, the log-density there is 0,
 * elsewhere -Infinity, and all gradients are 0.
 *
 * @throws TypeError for the wrong kind of argument; RangeError for tau not finite or not above 0, logits that are NaN
 *         or finite beyond f32, or probs outside [0, 1]
 * @example
 * const gate = new RelaxedBernoulli(0.5, [2, -1]);
 * gate.sample(gs, { seed: 44 }).data; // => [0.2954, 0.8832]
 * gate.logProb([0.9, 0.2]).data; // => [0.1319, -0.2703]
 * new RelaxedBernoulli(0.5, { probs: [0.5, 1] }).logits.data; // => [0, Infinity]
 */
export class RelaxedBernoulli<Tau extends number | TensorLike = number> extends Binary<Tau> {
  /**
   * Draws numbers from 0 to 1, with `hard` exactly 0 or 1, by `gs.gumbelSoftmax` of [z, 0]: logit i is row i of the
   * noise.
   *
   * @param gs      an instance
   * @param options `hard` false, `seed` fresh, `seeds` none, `rowOffset` 0, `numSamples` none
   * @returns       in the shape of the logits, after the axes of `numSamples`, with `backward`: straight-through, if
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
    const given = ownOptions(options as RelaxedBernoulliSampleOptions, SAMPLE_OPTIONS);
    const sample = relaxedSample(gs, this.pairs(), this.taus, given) as Sample;
    const shape = sample.shape.slice(0, -1);
    return drawn(firsts(sample.data, shape), seedsUsed(sample), (cotangent) => {
      const c = drawsOf(cotangent, "cotangent", shape);
      if (!sameShape(c.shape, shape)) {
        throw expectedBut(RangeError, "cotangent.shape", `[${shape}]`, `[${c.shape}]`);
      }
      return firsts(sample.backward(paired(c.data, shape)).data, this.logits.shape);
    });
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
    const { data, shape } = valuesOf(value, this.logits.shape);
    return resultOf(this.map(data, density), shape);
  }

  /**
   * Density of every number, exp(logProb).
   *
   * @param value as for `logProb`
   * @returns     in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for a number outside [0, 1] or another shape
   * @example
   * new RelaxedBernoulli(0.5, [0, 1]).prob([0.5, 0.5]).data; // => [0.5, 0.3932]
   */
  prob(value: TensorLike): DoubleValues {
    return expOf(this.logProb(value));
  }

  /**
   * Distribution function P(X <= x) = sigmoid(tau*ln(x/(1-x)) - z): 0 up to 0, 1 from 1 on.
   *
   * @param x numbers, ±Infinity too, in the shape of the logits; axes before these are further values
   * @returns in the shape of `x`
   * @throws TypeError for the wrong kind of argument, RangeError for NaN or another shape
   * @example
   * new RelaxedBernoulli(0.5, [0, 2]).cdf([0.5, 0.9]).data; // => [0.5, 0.2888]
   */
  cdf(x: TensorLike): DoubleValues {
    const { data, shape } = drawsOf(x, "x", this.logits.shape);
    const at = data.findIndex(Number.isNaN);
    if (at >= 0) throw expectedBut(RangeError, "x", "numbers other than NaN", `NaN at position ${at}`);
    return resultOf(this.map(data, cumulative), shape);
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
    const { data, shape } = valuesOf(value, this.logits.shape);
    const byLogit = this.map(data, (x, z, tau) => (isCertain(z) ? 0 : 0 - tanhOfHalf(difference(x, z, tau))));
    const byValue = this.map(data, (x, z, tau) => (isCertain(z) ? 0 : slope(x, z, tau)));
    return { logits: resultOf(byLogit, shape), value: resultOf(byValue, shape) };
  }
}

/** Numbers from 0 to 1. */
function valuesOf(value: TensorLike, logits: readonly number[]): Source {
  const values = drawsOf(value, "value", logits);
  const wild = values.data.findIndex((x) => !(x >= 0 && x <= 1));
  if (wild >= 0)
    throw expectedBut(RangeError, "value", "numbers from 0 to 1", `${values.data[wild]} at position ${wild}`);
  return values;
}

/** d = z - tau*ln(x/(1-x)): Infinity at 0, -Infinity at 1. */
function difference(x: number, z: number, tau: number): number {
  return z - tau * (log(x) - log1p(-x));
}

function density(x: number, z: number, tau: number): number {
  if (isCertain(z)) return x === (z > 0 ? 1 : 0) ? 0 : -Infinity;
  if (x === 0 || x === 1) return tau === 1 ? (x === 0 ? 0 - z : z) : (1 - tau) * Infinity;
  return logisticDensity(difference(x, z, tau), tau) - log(x) - log1p(-x);
}

function cumulative(x: number, z: number, tau: number): number {
  if (x >= 1) return 1;
  if (x < 0 || z === Infinity) return 0;
  if (z === -Infinity) return 1;
  return sigmoid(0 - difference(x, z, tau));
}

function slope(x: number, z: number, tau: number): number {
  //  The mirror image, of which 1 - x is exact.
  if (x > 0.5) return 0 - slope(1 - x, 0 - z, tau);
  if (x === 0) return tau === 1 ? -2 * expm1(-z) : (tau - 1) * Infinity;
  const d = difference(x, z, tau);
  if (d < 0) return (tau * tanhOfHalf(d) - 1 + 2 * x) / x / (1 - x);
  //  Near 0, tanh(d/2) is all but 1, and tau near 1 leaves only what it lacks, 2e/(1 + e).
  const e = exp(-d);
  return (tau - 1 + 2 * (x - (tau * e) / (1 + e))) / x / (1 - x);
}

/** A cotangent of the first class of every pair. */
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

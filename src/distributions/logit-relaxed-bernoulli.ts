// The logit of a relaxed Bernoulli variable: a logistic distribution.

import type { RowSeeds } from "../arguments/options.ts";
import { sameShape } from "../arguments/shape.ts";
import type { Source, TensorLike } from "../arguments/tensor-like.ts";
import { checkInstance, expectedBut, type Given, ownOptions } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { log, sigmoid } from "../math.ts";
import { type RowSeeded, ValuesResult } from "../results.ts";
import { seedsOf } from "../stream.ts";
import { drawsIn } from "./arguments.ts";
import { drawsOf } from "./batch.ts";
import { Binary, type BinarySampleOptions, isCertain, logisticDensity, tanhOfHalf } from "./binary.ts";
import type { RelaxedBernoulliSample } from "./relaxed-bernoulli.ts";
import { type DoubleValues, drawn, expOf, type LogProbGradient, resultOf, seedsUsed } from "./results.ts";
import { tauAt } from "./temperature.ts";

const SAMPLE_OPTIONS: ReadonlySet<string> = new Set(["seed", "seeds", "rowOffset", "numSamples"]);

/** pi^2 / 3, the variance of logistic noise. */
const VARIANCE = 3.289868133696453;

/**
 * The logit y = ln(x/(1-x)) of a relaxed Bernoulli variable x, (z + l)/tau with l logistic noise: the same law in
 * logit space, where a density stays finite at low temperatures (Maddison, Mnih, Teh 2017, appendix B;
 * `LogitRelaxedBernoulli` in torch). It is logistic with location z/tau and scale 1/tau. With d = z - tau*y,
 *
 *     ln p(y) = ln tau + d - 2 ln(1 + exp(d)).
 *
 * Where a logit is infinite, the value is ±Infinity for certain: the log-density is 0 there, elsewhere -Infinity.
 *
 * @throws TypeError for the wrong kind of argument; RangeError for tau not finite or not above 0, logits that are NaN
 *         or finite beyond f32, or probs outside [0, 1]
 * @example
 * const gate = new LogitRelaxedBernoulli(0.5, [2, -1]);
 * gate.sample(gs, { seed: 44 }).data; // => [-0.8694, 2.0235]
 * gate.logProb([4, -2]).data; // => [-2.0794, -2.0794]
 */
export class LogitRelaxedBernoulli<Tau extends number | TensorLike = number> extends Binary<Tau> {
  /**
   * Draws (z + l)/tau, rounded to f32, l = g0 - g1 the difference of the noise of the two classes of row i for logit i:
   * the logits of what `RelaxedBernoulli` draws with the same seed.
   *
   * @param gs      an instance
   * @param options `seed` fresh, `seeds` none, `rowOffset` 0, `numSamples` none
   * @returns       in the shape of the logits, after the axes of `numSamples`, with `backward`
   * @throws TypeError or RangeError that names the argument
   * @example
   * const y = new LogitRelaxedBernoulli(0.5, [2, -1]).sample(gs, { seed: 44 });
   * y.backward([1, 3]).data; // => [2, 6]
   */
  sample(gs: GumbelSoftmax, options: RowSeeds<BinarySampleOptions>): RowSeeded<RelaxedBernoulliSample>;
  sample(gs: GumbelSoftmax, options?: BinarySampleOptions): RelaxedBernoulliSample;
  sample(
    gs: GumbelSoftmax,
    options?: BinarySampleOptions | RowSeeds<BinarySampleOptions>,
  ): RelaxedBernoulliSample | RowSeeded<RelaxedBernoulliSample>;
  sample(gs: GumbelSoftmax, options: unknown = {}): RelaxedBernoulliSample | RowSeeded<RelaxedBernoulliSample> {
    checkInstance(gs);
    const given = ownOptions(options as BinarySampleOptions, SAMPLE_OPTIONS);
    const { logits, taus } = this;
    const draws = drawsIn(given);
    const shape = [...draws.axes, ...logits.shape];
    const count = logits.data.length;
    const { noise, used } = noiseOf(gs, given, count, draws.count);
    const data = Float32Array.from({ length: draws.count * count }, (_, i) => {
      return (this.logit(i) + (noise[2 * i]! - noise[2 * i + 1]!)) / tauAt(taus, i);
    });
    return drawn({ data, shape }, used, (cotangent) => {
      const c = drawsOf(cotangent, "cotangent", shape);
      if (!sameShape(c.shape, shape)) {
        throw expectedBut(RangeError, "cotangent.shape", `[${shape}]`, `[${c.shape}]`);
      }
      const sums = new Float64Array(count);
      c.data.forEach((value, i) => {
        if (!Number.isFinite(value)) {
          throw expectedBut(RangeError, "cotangent", "finite numbers", `${value} at position ${i}`);
        }
        if (!isCertain(this.logit(i))) sums[i % count]! += value / tauAt(taus, i);
      });
      return new ValuesResult(Float32Array.from(sums), [...logits.shape]);
    });
  }

  /**
   * Log-density of every number, -Infinity at ±Infinity.
   *
   * @param value numbers in the shape of the logits; axes before these are further draws
   * @returns     in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for NaN or another shape
   * @example
   * new LogitRelaxedBernoulli(0.5, [0, 1]).logProb([0, 600]).data; // => [-2.0794, -299.6931]
   */
  logProb(value: TensorLike): DoubleValues {
    const { data, shape } = valuesOf(value, "value", this.logits.shape);
    return resultOf(this.map(data, density), shape);
  }

  /**
   * Density of every number, exp(logProb).
   *
   * @param value as for `logProb`
   * @returns     in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for NaN or another shape
   * @example
   * new LogitRelaxedBernoulli(0.5, [0]).prob([0]).data; // => [0.125]
   */
  prob(value: TensorLike): DoubleValues {
    return expOf(this.logProb(value));
  }

  /**
   * Gradients of the log-density of every number: with respect to its logit, -tanh(d/2), and to the value itself,
   * tau*tanh(d/2).
   *
   * @param value as for `logProb`
   * @returns     both in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for NaN or another shape
   * @example
   * const { logits, value } = new LogitRelaxedBernoulli(0.5, [1]).logProbGradient([-2]);
   * logits.data; // => [-0.7616]
   * value.data; // => [0.3808]
   */
  logProbGradient(value: TensorLike): LogProbGradient {
    const { data, shape } = valuesOf(value, "value", this.logits.shape);
    const tanh = this.map(data, (y, z, tau) => (isCertain(z) ? 0 : tanhOfHalf(z - tau * y)));
    const byValue = tanh.map((t, i) => 0 + t * tauAt(this.taus, i));
    return {
      logits: resultOf(
        tanh.map((t) => 0 - t),
        shape,
      ),
      value: resultOf(byValue, shape),
    };
  }

  /**
   * Distribution function P(Y <= y) = sigmoid(tau*y - z).
   *
   * @param y numbers, ±Infinity too, in the shape of the logits; axes before these are further values
   * @returns in the shape of `y`
   * @throws TypeError for the wrong kind of argument, RangeError for NaN or another shape
   * @example
   * new LogitRelaxedBernoulli(0.5, [0, 2]).cdf([0, 4.4]).data; // => [0.5, 0.5498]
   */
  cdf(y: TensorLike): DoubleValues {
    const { data, shape } = valuesOf(y, "y", this.logits.shape);
    return resultOf(this.map(data, cumulative), shape);
  }

  /** z/tau. */
  get mean(): DoubleValues {
    return resultOf(
      this.map(this.logits.data, (z, _, tau) => z / tau),
      this.logits.shape,
    );
  }

  /** z/tau, where the density is largest. */
  get mode(): DoubleValues {
    return this.mean;
  }

  /** pi^2 / (3 tau^2); 0 where the logit is infinite. */
  get variance(): DoubleValues {
    const { data, shape } = this.logits;
    return resultOf(
      this.map(data, (z, _, tau) => (isCertain(z) ? 0 : VARIANCE / tau / tau)),
      shape,
    );
  }

  /**
   * Differential entropy of every distribution in nats, 2 - ln tau; -Infinity where the logit is infinite.
   *
   * @example
   * new LogitRelaxedBernoulli(0.5, [3]).entropy().data; // => [2.6931]
   */
  entropy(): DoubleValues {
    const { data, shape } = this.logits;
    return resultOf(
      this.map(data, (z, _, tau) => (isCertain(z) ? -Infinity : 2 - log(tau))),
      shape,
    );
  }
}

/** Noise of the two classes of every logit, all draws one after the other, and the seeds that it was made with. */
function noiseOf(
  gs: GumbelSoftmax,
  { seed, seeds, rowOffset }: Given<BinarySampleOptions>,
  count: number,
  draws: number,
): { noise: Float32Array; used: object } {
  if (seeds === undefined) {
    const noise = gs.gumbel([draws * count, 2], { seed, rowOffset });
    return { noise: noise.data, used: seedsUsed(noise) };
  }
  const given = seedsOf({ seed, seeds }, count, () => gs.generator.next()).seeds!;
  const noise = new Float32Array(draws * count * 2);
  const first = BigInt(rowOffset ?? 0);
  for (let i = 0; i < count; i++) {
    //  All draws of a logit, which its seed numbers from `rowOffset` on.
    const own = gs.gumbel([draws, 2], { seed: given[i]!, rowOffset: first }).data;
    for (let draw = 0; draw < draws; draw++) noise.set(own.subarray(2 * draw, 2 * draw + 2), 2 * (draw * count + i));
  }
  return { noise, used: { seeds: given } };
}

function valuesOf(value: TensorLike, name: string, logits: readonly number[]): Source {
  const values = drawsOf(value, name, logits);
  const at = values.data.findIndex(Number.isNaN);
  if (at >= 0) throw expectedBut(RangeError, name, "numbers other than NaN", `NaN at position ${at}`);
  return values;
}

function density(y: number, z: number, tau: number): number {
  if (isCertain(z)) return y === z ? 0 : -Infinity;
  return logisticDensity(z - tau * y, tau);
}

function cumulative(y: number, z: number, tau: number): number {
  if (isCertain(z)) return y >= z ? 1 : 0;
  return sigmoid(tau * y - z);
}

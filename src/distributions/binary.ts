// The common part of RelaxedBernoulli and LogitRelaxedBernoulli, of which every logit is a distribution of its own.
//
// The logit of a relaxed Bernoulli variable is y = (z + l)/tau, l logistic noise; with d = z - tau*y its density is
// tau e^d / (1 + e^d)^2, and its distribution function 1/(1 + e^d).

import type { GumbelSoftmaxOptions } from "../arguments/options.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { F32, isBeyondF32 } from "../arguments/within-f32.ts";
import { expectedBut } from "../check.ts";
import { exp, expm1, log, log1p, sigmoid } from "../math.ts";
import { type LogitsOrProbs, parametersOf } from "./batch.ts";
import type { Rows } from "./by-row.ts";
import type { ManyDraws } from "./draws.ts";
import { type DoubleValues, resultOf } from "./results.ts";
import { type Parameter, tauAt, temperatureOf } from "./temperature.ts";

/** Options of the samples of both that the operations know by these names. */
export type BinarySampleOptions = ManyDraws<Pick<GumbelSoftmaxOptions, "seed" | "seeds" | "rowOffset">>;

/** Logits, each with its temperature. */
export abstract class Binary<Tau extends number | TensorLike> {
  /** Temperature; one for each logit, in their shape, if an array was given. */
  readonly tau: Parameter<Tau>;
  /** As given, in f64; of `probs`, ln(p/(1-p)). Leave them unchanged. */
  readonly logits: DoubleValues;
  /** Temperature of each logit, or of all. @internal */
  protected readonly taus: Float64Array;

  constructor(tau: Tau, logits: LogitsOrProbs) {
    const { value, name } = parametersOf(logits);
    const { data, shape } = source(value, name, undefined, Float64Array);
    const least = name === "probs" ? 0 : -Infinity;
    const most = name === "probs" ? 1 : Infinity;
    data.forEach((given, i) => {
      const got = `${given} at position ${i}`;
      const range = name === "probs" ? "numbers from 0 to 1" : "numbers other than NaN";
      if (!(given >= least && given <= most)) throw expectedBut(RangeError, name, range, got);
      if (isBeyondF32(given)) throw expectedBut(RangeError, name, F32, got);
    });
    const toLogit = (p: number) => log(p) - log1p(-p);
    this.logits = resultOf(Float64Array.from(data, name === "probs" ? toLogit : (z) => z), shape);
    const temperature = temperatureOf(tau, shape);
    this.tau = temperature.tau;
    this.taus = temperature.each;
  }

  /** Tells Vue to leave a distribution as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  /** P(1) in the limit tau = 0, sigmoid(logits), in their shape. A new array at every call. */
  get probs(): DoubleValues {
    return resultOf(this.logits.data.map(sigmoid), this.logits.shape);
  }

  /** One number for each of the values, from its logit and its temperature. @internal */
  protected map(data: ArrayLike<number>, f: (x: number, z: number, tau: number) => number): Float64Array {
    const values = new Float64Array(data.length);
    for (let i = 0; i < data.length; i++) values[i] = f(data[i]!, this.logit(i), tauAt(this.taus, i));
    return values;
  }

  /** Logit of a value; values beyond the last logit are those of further draws. @internal */
  protected logit(i: number): number {
    const { data } = this.logits;
    return data[i % data.length]!;
  }

  /** The two classes of every logit, [z, 0]; the impossible one is masked where z is infinite. @internal */
  protected pairs(): Rows {
    const { data, shape } = this.logits;
    const pairs = new Float32Array(data.length * 2);
    for (let i = 0; i < data.length; i++) {
      const z = data[i]!;
      if (z === Infinity) pairs[2 * i + 1] = -Infinity;
      else pairs[2 * i] = z;
    }
    const rows = data.length;
    const along = { dim: shape.length, outer: rows, classes: 2, inner: 1, rows };
    return { centred: { data: pairs, shape: [...shape, 2] }, along };
  }
}

/** ln of the density by y, ln tau + d - 2 ln(1 + e^d), which but for ln tau is even in d. */
export function logisticDensity(d: number, tau: number): number {
  const size = Math.abs(d);
  return log(tau) - size - 2 * log1p(exp(-size));
}

/** tanh(d/2) = (1 - e^-d)/(1 + e^-d). */
export function tanhOfHalf(d: number): number {
  const t = expm1(-Math.abs(d));
  const tanh = 0 - t / (2 + t);
  return d < 0 ? 0 - tanh : tanh;
}

/** A value has to be the only one where the logit is infinite. */
export function isCertain(z: number): boolean {
  return z === Infinity || z === -Infinity;
}

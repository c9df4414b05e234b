// The Gumbel distribution (of maxima, type I) on numbers, and its samples.

import type { GumbelOptions } from "../arguments/options.ts";
import { checkFinite, checkInstance, expected } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, expm1, log, log1p } from "../math.ts";
import type { GumbelSample } from "../results.ts";
import { checkNumber, checkPositive, checkSampleOptions } from "./arguments.ts";
import { logGamma } from "./gamma.ts";

/** Euler's constant, the mean of Gumbel(0, 1). */
const EULER = 0.5772156649015329;
/** pi / sqrt(6), the standard deviation of Gumbel(0, 1). */
const DEVIATION = 1.2825498301618641;

/**
 * Gumbel(loc, scale): the law of loc - scale*ln(E), E exponential. With z = (x - loc)/scale its distribution function
 * is exp(-exp(-z)) (E. J. Gumbel, "Statistical theory of extreme values", 1954); `gumbel_r` in SciPy, `Gumbel` in torch
 * and TensorFlow Probability. All results are f64 and never NaN.
 *
 * @throws TypeError for what is no number; RangeError for loc not finite, scale not finite or not above 0
 * @example
 * const gumbel = new Gumbel(1, 2);
 * gumbel.mean; // => 2.1544
 * gumbel.cdf(1); // => 0.3679
 */
export class Gumbel {
  readonly loc: number;
  readonly scale: number;

  /**
   * @param loc   location, finite. Default 0
   * @param scale scale, finite and above 0. Default 1
   */
  constructor(loc?: number, scale?: number) {
    this.loc = checkFinite(loc, "loc", 0);
    this.scale = checkPositive(scale, "scale", 1);
  }

  /** Tells Vue to leave a distribution as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  /**
   * Samples in f32, the noise of the other operations: `gs.gumbel(shape, { loc, scale })`.
   *
   * @param gs      an instance
   * @param shape   of the result
   * @param options those of `gs.gumbel` but `loc` and `scale`
   * @throws TypeError or RangeError that names the argument
   * @example
   * new Gumbel(0, 2).sample(gs, [3], { seed: 44 }).data; // => [-0.0734, 4.7960, 3.1704]
   */
  sample(
    gs: GumbelSoftmax,
    shape: readonly number[],
    options: Omit<GumbelOptions, "loc" | "scale"> = {},
  ): GumbelSample {
    checkInstance(gs);
    checkSampleOptions(options, ["loc", "scale"]);
    return gs.gumbel(shape, { ...options, loc: this.loc, scale: this.scale });
  }

  /**
   * Density, exp(-(z + exp(-z)))/scale; 0 at ±Infinity.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().pdf(0); // => 0.3679
   */
  pdf(x: number): number {
    return exp(this.logPdf(x));
  }

  /**
   * Logarithm of the density, -(z + exp(-z)) - ln(scale); -Infinity at ±Infinity.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().logPdf(-3); // => -17.0855
   */
  logPdf(x: number): number {
    const z = this.#standard(x);
    return z === -Infinity ? z : -(z + exp(-z)) - log(this.scale);
  }

  /**
   * Distribution function P(X <= x) = exp(-exp(-z)).
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().cdf(3); // => 0.9514
   */
  cdf(x: number): number {
    return exp(-exp(-this.#standard(x)));
  }

  /**
   * Logarithm of the distribution function, -exp(-z): exact where `cdf` itself is 0.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().logCdf(-10); // => -22026.46579
   */
  logCdf(x: number): number {
    return 0 - exp(-this.#standard(x));
  }

  /**
   * Survival function P(X > x) = -expm1(-exp(-z)), as exact at the right tail as anywhere.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().sf(3) / Math.exp(-3); // => 0.97556
   */
  sf(x: number): number {
    return 0 - expm1(-exp(-this.#standard(x)));
  }

  /**
   * Logarithm of the survival function: exact where `sf` itself is 0 or 1.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().logSf(1000); // => -1000
   */
  logSf(x: number): number {
    const z = this.#standard(x);
    //  From 40 on, sf is exp(-z) to the last digit.
    if (z > 40) return -z;
    const e = exp(-z);
    return e > Math.LN2 ? 0 + log1p(-exp(-e)) : log(0 - expm1(-e));
  }

  /**
   * Quantile: the x with cdf(x) = p, loc - scale*ln(-ln p); -Infinity at 0, Infinity at 1. For p near 1, where f64
   * numbers are few, `isf(1 - p)` says more.
   *
   * @throws TypeError for what is no number, RangeError for p outside [0, 1]
   * @example
   * new Gumbel().icdf(0.5); // => 0.3665
   */
  icdf(p: number): number {
    return this.#at(0 - log(checkNumber(p, "p", 0, 1)));
  }

  /**
   * Inverse of the survival function: the x with sf(x) = q, loc - scale*ln(-log1p(-q)); Infinity at 0, -Infinity at 1.
   *
   * @throws TypeError for what is no number, RangeError for q outside [0, 1]
   * @example
   * new Gumbel().isf(1e-300); // => 690.7755279
   */
  isf(q: number): number {
    return this.#at(0 - log1p(-checkNumber(q, "q", 0, 1)));
  }

  /** loc + Euler's constant * scale. */
  get mean(): number {
    return this.loc + EULER * this.scale;
  }

  /** loc - scale*ln(ln 2). */
  get median(): number {
    return this.#at(Math.LN2);
  }

  /** loc: where the density is largest. */
  get mode(): number {
    return this.loc;
  }

  /** (pi*scale)^2 / 6. */
  get variance(): number {
    return this.stddev * this.stddev;
  }

  /** pi*scale / sqrt(6). */
  get stddev(): number {
    return DEVIATION * this.scale;
  }

  /**
   * Differential entropy in nats, ln(scale) + Euler's constant + 1.
   *
   * @example
   * new Gumbel(0, 1).entropy(); // => 1.5772
   */
  entropy(): number {
    return log(this.scale) + EULER + 1;
  }

  /**
   * Kullback-Leibler divergence KL(this || other) in nats, from the definition with E exp(-t Z) = Gamma(1 + t) for Z
   * Gumbel(0, 1): with r = scale/other.scale and d = (other.loc - loc)/other.scale,
   *
   *     KL = -ln r + Euler*(r - 1) - d + exp(d) Gamma(1 + r) - 1.
   *
   * Its error is below 1e-12 * max(1, KL) while |d| + ln Gamma(1 + r) is below 2000 (r up to 300), and grows in proportion to
   * that beyond. Infinity where it is beyond f64; never NaN, never negative.
   *
   * @throws TypeError for what is no Gumbel
   * @example
   * new Gumbel(0, 1).kl(new Gumbel(1, 2)); // => 0.3657
   */
  kl(other: Gumbel): number {
    const { loc, scale } = Object(other) as Partial<Gumbel>;
    if (typeof loc !== "number" || typeof scale !== "number") throw expected(TypeError, "other", "a Gumbel", other);
    const r = this.scale / scale;
    const d = (loc - this.loc) / scale;
    //  Then the other decays too fast to hold this one, and f64 too small to hold the result.
    if (!(r < Infinity && d > -Infinity && d < Infinity)) return Infinity;
    const value = log(scale) - log(this.scale) + EULER * (r - 1) - d + expm1(d + logGamma(1 + r));
    return Math.max(0, value);
  }

  #standard(x: number): number {
    return (checkNumber(x, "x") - this.loc) / this.scale;
  }

  /** Where the exponential E of the definition is `e`. */
  #at(e: number): number {
    return this.loc - this.scale * log(e);
  }
}

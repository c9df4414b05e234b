// The Gumbel distribution (of maxima, type I): functions of numbers or arrays, and samples.

import type { GumbelOptions } from "../arguments/options.ts";
import { elements } from "../arguments/shape.ts";
import type { Source, TensorLike } from "../arguments/tensor-like.ts";
import { F32, isBeyondF32 } from "../arguments/within-f32.ts";
import { checkFinite, checkInstance, expected, expectedBut } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, expm1, log, log1p } from "../math.ts";
import type { GumbelSample } from "../results.ts";
import { checkNumber, checkPositive, sampleOptions } from "./arguments.ts";
import { commonShape, numbersOf, placesIn } from "./broadcast.ts";
import { logGamma } from "./gamma.ts";
import { type DoubleValues, resultOf } from "./results.ts";

/** Euler's constant, the mean of Gumbel(0, 1). */
const EULER = 0.5772156649015329;
/** pi / sqrt(6), the standard deviation of Gumbel(0, 1). */
const DEVIATION = 1.2825498301618641;

/** A number if all parameters are numbers, else an array. */
type Broadcast<Loc, Scale> = [Loc | Scale] extends [number] ? number : DoubleValues;

/** A function of a number, in the distribution of one loc and one scale. */
type OfNumber = (x: number, loc: number, scale: number) => number;

/**
 * Gumbel(loc, scale): the law of loc - scale*ln(E), E exponential. With z = (x - loc)/scale its distribution function
 * is exp(-exp(-z)) (E. J. Gumbel, "Statistical theory of extreme values", 1954); `gumbel_r` in SciPy, `Gumbel` in torch
 * and TensorFlow Probability. All results are f64 and never NaN.
 *
 * `loc` and `scale` may be arrays: one distribution each. Arrays of parameters and of arguments go together by NumPy's
 * rule (axes are aligned at the last one, those of length 1 repeated), and give arrays; numbers alone give numbers.
 *
 * @throws TypeError for what is no number; RangeError for loc not finite, scale not finite or not above 0, and shapes
 *         that do not go together
 * @example
 * const gumbel = new Gumbel(1, 2);
 * gumbel.mean; // => 2.1544
 * gumbel.cdf(1); // => 0.3679
 * new Gumbel([0, 1], 2).cdf([1, 1]).data; // => [0.5452, 0.3679]
 */
export class Gumbel<Loc extends number | TensorLike = number, Scale extends number | TensorLike = number> {
  /** Location: a number, or an array of the distributions' shape. */
  readonly loc: Broadcast<Loc, Scale>;
  /** Scale: a number, or an array of the distributions' shape. */
  readonly scale: Broadcast<Loc, Scale>;

  /**
   * @param loc   location, finite: a number or an array. Default 0
   * @param scale scale, finite and above 0: a number or an array. Default 1
   */
  constructor(loc?: Loc, scale?: Scale) {
    if (isOne(loc) && isOne(scale)) {
      this.loc = checkFinite(loc ?? undefined, "loc", 0) as Broadcast<Loc, Scale>;
      this.scale = checkPositive(scale ?? undefined, "scale", 1) as Broadcast<Loc, Scale>;
      return;
    }
    const [m, b] = [numbersOf((loc ?? 0) as TensorLike, "loc"), numbersOf((scale ?? 1) as TensorLike, "scale")];
    refuseWhere(m, "loc", "finite numbers", (value) => !Number.isFinite(value));
    refuseWhere(b, "scale", "finite numbers > 0", (value) => !(value > 0 && value < Infinity));
    const shape = commonShape(m.shape, b.shape, "scale");
    this.loc = spreadTo(m, shape) as Broadcast<Loc, Scale>;
    this.scale = spreadTo(b, shape) as Broadcast<Loc, Scale>;
  }

  /** Tells Vue to leave a distribution as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  /**
   * Samples in f32, the noise of the other operations: `gs.gumbel(shape, { loc, scale })`.
   *
   * @param gs      an instance
   * @param shape   of the draws; [] is one. With arrays of parameters their shape follows it
   * @param options those of `gs.gumbel` but `loc` and `scale`
   * @throws TypeError or RangeError that names the argument, also for loc or scale beyond f32
   * @example
   * new Gumbel(0, 2).sample(gs, [3], { seed: 44 }).data; // => [-0.0734, 4.7960, 3.1704]
   * new Gumbel(0, [1, 2, 3]).sample(gs, [5]).shape; // => [5, 3]
   */
  sample(
    gs: GumbelSoftmax,
    shape: readonly number[] = [],
    options: Omit<GumbelOptions, "loc" | "scale"> = {},
  ): GumbelSample {
    checkInstance(gs);
    const given = sampleOptions(options, ["loc", "scale"]);
    const loc = valuesOf(this.loc);
    const scale = valuesOf(this.scale);
    refuseWhere(loc, "loc", F32, isBeyondF32);
    refuseWhere(scale, "scale", F32, isBeyondF32);
    const isArray = typeof this.loc !== "number";
    const full = isArray ? [...shape, ...loc.shape] : shape;
    //  Of one number, gs.gumbel has no axis to count its classes along.
    const sized = full.length === 0 ? [1] : full;
    const own = isArray ? {} : { loc: loc.data[0]!, scale: scale.data[0]! };
    const sample = gs.gumbel(sized, { ...given, ...own });
    if (full.length === 0) sample.shape.pop();
    const { data } = sample;
    const n = loc.data.length;
    if (isArray) for (let i = 0; i < data.length; i++) data[i] = loc.data[i % n]! + scale.data[i % n]! * data[i]!;
    return sample;
  }

  /**
   * Density, exp(-(z + exp(-z)))/scale; 0 at ±Infinity.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().pdf(0); // => 0.3679
   */
  pdf(this: Gumbel<number, number>, x: number): number;
  pdf(x: TensorLike | number): DoubleValues;
  pdf(x: TensorLike | number): number | DoubleValues {
    return each(pdf, x, "x", this);
  }

  /**
   * Logarithm of the density, -(z + exp(-z)) - ln(scale); -Infinity at ±Infinity.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().logPdf(-3); // => -17.0855
   */
  logPdf(this: Gumbel<number, number>, x: number): number;
  logPdf(x: TensorLike | number): DoubleValues;
  logPdf(x: TensorLike | number): number | DoubleValues {
    return each(logPdf, x, "x", this);
  }

  /**
   * Density, by the name that the other distributions have for it: `pdf`.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().prob(0); // => 0.3679
   */
  prob(this: Gumbel<number, number>, x: number): number;
  prob(x: TensorLike | number): DoubleValues;
  prob(x: TensorLike | number): number | DoubleValues {
    return each(pdf, x, "x", this);
  }

  /**
   * Logarithm of the density, by the name that the other distributions have for it: `logPdf`.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().logProb(-3); // => -17.0855
   */
  logProb(this: Gumbel<number, number>, x: number): number;
  logProb(x: TensorLike | number): DoubleValues;
  logProb(x: TensorLike | number): number | DoubleValues {
    return each(logPdf, x, "x", this);
  }

  /**
   * Distribution function P(X <= x) = exp(-exp(-z)).
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().cdf(3); // => 0.9514
   */
  cdf(this: Gumbel<number, number>, x: number): number;
  cdf(x: TensorLike | number): DoubleValues;
  cdf(x: TensorLike | number): number | DoubleValues {
    return each(cdf, x, "x", this);
  }

  /**
   * Logarithm of the distribution function, -exp(-z): exact where `cdf` itself is 0.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().logCdf(-10); // => -22026.46579
   */
  logCdf(this: Gumbel<number, number>, x: number): number;
  logCdf(x: TensorLike | number): DoubleValues;
  logCdf(x: TensorLike | number): number | DoubleValues {
    return each(logCdf, x, "x", this);
  }

  /**
   * Survival function P(X > x) = -expm1(-exp(-z)), as exact at the right tail as anywhere.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().sf(3) / Math.exp(-3); // => 0.97556
   */
  sf(this: Gumbel<number, number>, x: number): number;
  sf(x: TensorLike | number): DoubleValues;
  sf(x: TensorLike | number): number | DoubleValues {
    return each(sf, x, "x", this);
  }

  /**
   * Logarithm of the survival function: exact where `sf` itself is 0 or 1.
   *
   * @throws TypeError for what is no number, RangeError for NaN
   * @example
   * new Gumbel().logSf(1000); // => -1000
   */
  logSf(this: Gumbel<number, number>, x: number): number;
  logSf(x: TensorLike | number): DoubleValues;
  logSf(x: TensorLike | number): number | DoubleValues {
    return each(logSf, x, "x", this);
  }

  /**
   * Quantile: the x with cdf(x) = p, loc - scale*ln(-ln p); -Infinity at 0, Infinity at 1. For p near 1, where f64
   * numbers are few, `isf(1 - p)` says more.
   *
   * @throws TypeError for what is no number, RangeError for p outside [0, 1]
   * @example
   * new Gumbel().icdf(0.5); // => 0.3665
   */
  icdf(this: Gumbel<number, number>, p: number): number;
  icdf(p: TensorLike | number): DoubleValues;
  icdf(p: TensorLike | number): number | DoubleValues {
    return each(icdf, p, "p", this, 0, 1);
  }

  /**
   * Inverse of the survival function: the x with sf(x) = q, loc - scale*ln(-log1p(-q)); Infinity at 0, -Infinity at 1.
   *
   * @throws TypeError for what is no number, RangeError for q outside [0, 1]
   * @example
   * new Gumbel().isf(1e-300); // => 690.7755279
   */
  isf(this: Gumbel<number, number>, q: number): number;
  isf(q: TensorLike | number): DoubleValues;
  isf(q: TensorLike | number): number | DoubleValues {
    return each(isf, q, "q", this, 0, 1);
  }

  /** loc + Euler's constant * scale. */
  get mean(): Broadcast<Loc, Scale> {
    return ofParameters(this, (loc, scale) => loc + EULER * scale);
  }

  /** loc - scale*ln(ln 2). */
  get median(): Broadcast<Loc, Scale> {
    return ofParameters(this, (loc, scale) => at(Math.LN2, loc, scale));
  }

  /** loc: where the density is largest. */
  get mode(): Broadcast<Loc, Scale> {
    return ofParameters(this, (loc) => loc);
  }

  /** (pi*scale)^2 / 6. */
  get variance(): Broadcast<Loc, Scale> {
    return ofParameters(this, (_, scale) => DEVIATION * scale * (DEVIATION * scale));
  }

  /** pi*scale / sqrt(6). */
  get stddev(): Broadcast<Loc, Scale> {
    return ofParameters(this, (_, scale) => DEVIATION * scale);
  }

  /**
   * Differential entropy in nats, ln(scale) + Euler's constant + 1.
   *
   * @example
   * new Gumbel(0, 1).entropy(); // => 1.5772
   */
  entropy(): Broadcast<Loc, Scale> {
    return ofParameters(this, entropyOf);
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
   * @throws TypeError for what is no Gumbel, RangeError for one of a shape that does not go with this one
   * @example
   * new Gumbel(0, 1).kl(new Gumbel(1, 2)); // => 0.3657
   */
  kl<Loc2 extends number | TensorLike, Scale2 extends number | TensorLike>(
    other: Gumbel<Loc2, Scale2>,
  ): Broadcast<Loc | Loc2, Scale | Scale2> {
    return compared(this, other, klOf);
  }

  /**
   * Cross-entropy -E ln q(X) in nats, X of this distribution and q the density of the other: `entropy()` plus
   * `kl(other)`.
   *
   * @throws TypeError for what is no Gumbel, RangeError for one of a shape that does not go with this one
   * @example
   * new Gumbel(0, 1).crossEntropy(new Gumbel(1, 2)); // => 1.9429
   */
  crossEntropy<Loc2 extends number | TensorLike, Scale2 extends number | TensorLike>(
    other: Gumbel<Loc2, Scale2>,
  ): Broadcast<Loc | Loc2, Scale | Scale2> {
    return compared(this, other, (m1, b1, m2, b2) => entropyOf(m1, b1) + klOf(m1, b1, m2, b2));
  }
}

function isOne(parameter: unknown): boolean {
  return typeof parameter !== "object" || parameter === null;
}

function refuseWhere({ data }: Source, name: string, wanted: string, isWrong: (value: number) => boolean): void {
  const i = data.findIndex(isWrong);
  if (i >= 0) throw expectedBut(RangeError, name, wanted, `${data[i]} at position ${i}`);
}

function spreadTo({ data, shape: own }: Source, shape: readonly number[]): DoubleValues {
  return resultOf(
    Float64Array.from(placesIn(own, shape), (place) => data[place]!),
    shape,
  );
}

/** A parameter as an array. */
function valuesOf(parameter: number | DoubleValues): DoubleValues {
  return typeof parameter === "number" ? resultOf(Float64Array.of(parameter), []) : parameter;
}

interface Parameters {
  readonly loc: number | DoubleValues;
  readonly scale: number | DoubleValues;
}

/** A function of the parameters. */
function ofParameters<Loc, Scale>(
  { loc, scale }: Parameters,
  f: (loc: number, scale: number) => number,
): Broadcast<Loc, Scale> {
  if (typeof loc === "number") return f(loc, scale as number) as Broadcast<Loc, Scale>;
  const scales = valuesOf(scale).data;
  const values = loc.data.map((m, i) => f(m, scales[i]!));
  return resultOf(values, loc.shape) as DoubleValues as Broadcast<Loc, Scale>;
}

/** A function of a number from `least` to `most`, or of each number of an array. */
function each(
  f: OfNumber,
  x: TensorLike | number,
  name: string,
  { loc, scale }: Parameters,
  least: number = -Infinity,
  most: number = Infinity,
): number | DoubleValues {
  if (typeof x !== "object" || x === null) {
    const number = checkNumber(x, name, least, most);
    if (typeof loc === "number") return f(number, loc, scale as number);
    return ofParameters({ loc, scale }, (m, b) => f(number, m, b));
  }
  const given = numbersOf(x, name);
  const wanted = least === -Infinity ? "numbers other than NaN" : `numbers from ${least} to ${most}`;
  refuseWhere(given, name, wanted, (value) => !(value >= least && value <= most));
  const [m, b] = [valuesOf(loc), valuesOf(scale)];
  const shape = commonShape(m.shape, given.shape, name);
  const own = placesIn(m.shape, shape);
  const places = placesIn(given.shape, shape);
  const at = (i: number) => f(given.data[places[i]!]!, m.data[own[i]!]!, b.data[own[i]!]!);
  return resultOf(
    Float64Array.from({ length: elements(shape, name) }, (_, i) => at(i)),
    shape,
  );
}

/** A function of two distributions' parameters. */
function compared<Loc, Scale>(
  { loc, scale }: Parameters,
  other: unknown,
  f: (loc1: number, scale1: number, loc2: number, scale2: number) => number,
): Broadcast<Loc, Scale> {
  const { loc: loc2, scale: scale2 } = Object(other) as Partial<Parameters>;
  const areNumbers = typeof loc2 === "number" && typeof scale2 === "number";
  const areArrays = [loc2, scale2].every((value) => (value as DoubleValues | undefined)?.data instanceof Float64Array);
  if (!(areNumbers || areArrays)) throw expected(TypeError, "other", "a Gumbel", other);
  if (areNumbers && typeof loc === "number") return f(loc, scale as number, loc2, scale2) as Broadcast<Loc, Scale>;
  const [m1, b1, m2, b2] = [loc, scale, loc2!, scale2!].map(valuesOf) as [
    DoubleValues,
    DoubleValues,
    DoubleValues,
    DoubleValues,
  ];
  const shape = commonShape(m1.shape, m2.shape, "other");
  const [first, second] = [placesIn(m1.shape, shape), placesIn(m2.shape, shape)];
  const data = Float64Array.from(first, (i, k) => {
    const j = second[k]!;
    return f(m1.data[i]!, b1.data[i]!, m2.data[j]!, b2.data[j]!);
  });
  return resultOf(data, shape) as DoubleValues as Broadcast<Loc, Scale>;
}

function standard(x: number, loc: number, scale: number): number {
  return (x - loc) / scale;
}

/** Where the exponential E of the definition is `e`. */
function at(e: number, loc: number, scale: number): number {
  return loc - scale * log(e);
}

function pdf(x: number, loc: number, scale: number): number {
  return exp(logPdf(x, loc, scale));
}

function logPdf(x: number, loc: number, scale: number): number {
  const z = standard(x, loc, scale);
  return z === -Infinity ? z : -(z + exp(-z)) - log(scale);
}

function cdf(x: number, loc: number, scale: number): number {
  return exp(-exp(-standard(x, loc, scale)));
}

function logCdf(x: number, loc: number, scale: number): number {
  return 0 - exp(-standard(x, loc, scale));
}

function sf(x: number, loc: number, scale: number): number {
  return 0 - expm1(-exp(-standard(x, loc, scale)));
}

function logSf(x: number, loc: number, scale: number): number {
  const z = standard(x, loc, scale);
  //  From 40 on, sf is exp(-z) to the last digit.
  if (z > 40) return -z;
  const e = exp(-z);
  return e > Math.LN2 ? 0 + log1p(-exp(-e)) : log(0 - expm1(-e));
}

function icdf(p: number, loc: number, scale: number): number {
  return at(0 - log(p), loc, scale);
}

function isf(q: number, loc: number, scale: number): number {
  return at(0 - log1p(-q), loc, scale);
}

function entropyOf(_: number, scale: number): number {
  return log(scale) + EULER + 1;
}

function klOf(loc1: number, scale1: number, loc2: number, scale2: number): number {
  const r = scale1 / scale2;
  const d = (loc2 - loc1) / scale2;
  //  Then the other decays too fast to hold this one, and f64 too small to hold the result.
  if (!(r < Infinity && d > -Infinity && d < Infinity)) return Infinity;
  const value = log(scale2) - log(scale1) + EULER * (r - 1) - d + expm1(d + logGamma(1 + r));
  return Math.max(0, value);
}

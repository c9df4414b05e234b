// e^x, e^x - 1, ln x, ln(1 + x) and cos(pi*x) in f64 by + - * /, floor and fround: the same bits in every runtime.
//
// Method:  x = n*ln(2) + r for e^x, x = 2^n*(1 + f) for ln x, and a power series; what the reduction leaves over is carried
//          in a second number, and the largest terms are added without an error: their sum is rounded once.
// Source:  the coefficients are those of the power series; the first one left out is below 2^-57 of the result.
// Error:   < MATH_ULP (tests/promises/math.test.ts) units in the last place. Worst inputs known, of a million random ones each:
//            exp     -708.7532132303013   0.78, a subnormal result
//            expm1   0.34688924268864035  0.93
//            log     0.7068729458832291   0.86
//            log1p   0.40766646123799993  0.84
//            cosPi   0.2508580044280046   0.89

/** ln 2 rounded to 32 bits, so that its multiples by an exponent are exact, and what is left. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** pi rounded to f32, and what is left. */
const PI_HIGH = 3.1415927410125732;
const PI_LOW = -8.742278000372485e-8;

/** 2^(2^i): what a binary exponent is put together from. */
const POWERS: readonly number[] = [
  2, 4, 16, 256, 65536, 4294967296, 1.8446744073709552e19, 3.402823669209385e38, 1.157920892373162e77,
  1.3407807929942597e154,
];

/** 1/3!, 1/4!, … of e^r and 2/3, 2/5, … of ln((1 + s)/(1 - s)), as numbers: some bundlers keep a quotient that is not used. */
const EXP_SERIES: readonly number[] = [
  0.16666666666666666, 0.041666666666666664, 0.008333333333333333, 0.001388888888888889, 0.0001984126984126984,
  2.48015873015873e-5, 2.7557319223985893e-6, 2.755731922398589e-7, 2.505210838544172e-8, 2.08767569878681e-9,
  1.6059043836821613e-10,
];
const LOG_SERIES: readonly number[] = [
  0.6666666666666666, 0.4, 0.2857142857142857, 0.2222222222222222, 0.18181818181818182, 0.15384615384615385,
  0.13333333333333333, 0.11764705882352941, 0.10526315789473684, 0.09523809523809523,
];

/** e^x. */
export function exp(x: number): number {
  if (x > 710) return Infinity;
  if (x < -746) return 0;
  const [n, r, low] = reduced(x);
  return scale(add(1, r, low + expTail(r)), n);
}

/** e^x - 1, as exact for a small x as for a large one. */
export function expm1(x: number): number {
  if (x === 0) return x;
  if (x > 40) return exp(x);
  if (x < -40) return -1;
  const [n, r, low] = reduced(x);
  const power = scale(1, n);
  //  2^n - 1 is exact up to 2^53; above it the 1 is small enough to go with the rest.
  const [first, one] = n > 53 ? [power, 1] : [power - 1, 0];
  return add(first, power * r, power * (low + expTail(r)) - one);
}

/** ln x: -Infinity at 0, NaN below it. */
export function log(x: number): number {
  return logOfSum(x, 0);
}

/** ln(1 + x), as exact for a small x as for a large one: -Infinity at -1, NaN below it. */
export function log1p(x: number): number {
  if (x === 0) return x;
  if (x > 1 / Math.SQRT2 - 1 && x < Math.SQRT2 - 1) return logOfParts(0, x, 0);
  const u = 1 + x;
  return logOfSum(u, x > 1 ? 1 - (u - x) : x - (u - 1));
}

/** A sum of exponentials, e^max * (1 + rest): -Infinity and 0 for an empty one. */
export interface ExpSum {
  readonly max: number;
  readonly rest: number;
}

/** The sum of e^z, none of which is NaN or Infinity. */
export function expSum(z: ArrayLike<number>): ExpSum {
  let best = 0;
  for (let k = 1; k < z.length; k++) if (z[k]! > z[best]!) best = k;
  const max = z.length > 0 ? z[best]! : -Infinity;
  let rest = 0;
  if (max > -Infinity) for (let k = 0; k < z.length; k++) if (k !== best) rest += exp(z[k]! - max);
  return { max, rest };
}

/**
 * x - ln(sum): as exact beside an x of 1e30 as beside 0, where max + ln(1 + rest) would be rounded to max, and as exact near 0,
 * where one exponential outweighs the others.
 */
export function lessLogSum(x: number, { max, rest }: ExpSum): number {
  return x === -Infinity ? x : x - max - log1p(rest);
}

/** 1/(1 + e^-x). */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** cos(pi*x) for x in [0, 1]: exactly 1, 0 and -1 at 0, 1/2 and 1. */
export function cosPi(x: number): number {
  if (x > 0.5) return 0 - cosPi(1 - x);
  //  Of the angle pi*y the first half has 24 bits, so that its square is exact.
  const y = x > 0.25 ? 0.5 - x : x;
  const yHigh = Math.fround(y);
  const product = yHigh * PI_HIGH;
  const rest = (y - yHigh) * PI_HIGH + y * PI_LOW;
  const high = Math.fround(product + rest);
  const low = product - high + rest;
  const square = (high + low) * (high + low);
  if (x > 0.25) return high + (low + (high + low) * sinTail(square));
  return add(1, (-high * high) / 2, cosTail(square) - low * (high + low / 2));
}

/** x = n*ln(2) + r + low, n whole and |r| at most ln(2)/2. */
function reduced(x: number): [n: number, r: number, low: number] {
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - n * LN2_HIGH;
  const r = high - n * LN2_LOW;
  const low = high - r - n * LN2_LOW;
  return [n, r, low];
}

/** e^r - 1 - r for |r| <= ln(2)/2. */
function expTail(r: number): number {
  //  The square of a number of 24 bits is exact.
  const high = Math.fround(r);
  return (high * high) / 2 + (((r - high) * (r + high)) / 2 + r * r * r * series(EXP_SERIES, r));
}

/** sin(w)/w - 1 and, below, cos(w) - 1 + w^2/2, of w^2 for w <= pi/4. */
function sinTail(square: number): number {
  let sum = 0;
  for (let k = 16; k > 0; k -= 2) sum = (-square * (1 + sum)) / (k * (k + 1));
  return sum;
}

function cosTail(square: number): number {
  let sum = 0;
  for (let k = 16; k > 2; k -= 2) sum = (-square * (1 + sum)) / (k * (k - 1));
  return (-square / 2) * sum;
}

/** ln(u + c), c at most half a unit in the last place of u. */
function logOfSum(u: number, c: number): number {
  if (!(u > 0 && u < Infinity)) return u === 0 ? -Infinity : u > 0 ? u : NaN;
  let m = u;
  let n = 0;
  for (let i = POWERS.length - 1; i >= 0; i--) {
    const power = POWERS[i]!;
    for (; m >= power; m /= power) n += 1 << i;
    for (; m < 1 && m * power < 2; m *= power) n -= 1 << i;
  }
  return m < Math.SQRT2 ? logOfParts(n, m - 1, c / u) : logOfParts(n + 1, m / 2 - 1, c / u);
}

/**
 * n*ln(2) + ln(1 + f) + c for sqrt(1/2) <= 1 + f <= sqrt(2). With s = f/(2 + f), ln(1 + f) = 2*(s + s^3/3 + s^5/5 + …);
 * as 2s = f - s*f and s*f = f^2/2 - s*f^2/2, the error of s counts only in terms that are small beside f.
 */
function logOfParts(n: number, f: number, c: number): number {
  const s = f / (2 + f);
  const half = (f * f) / 2;
  return add(n * LN2_HIGH, f, s * (half + s * s * series(LOG_SERIES, s * s)) + (n * LN2_LOW + c) - half);
}

/** c0 + c1*x + c2*x^2 + … */
function series(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * x + coefficients[k]!;
  return sum;
}

/** a + b + small, where b is not above a, or a is 0: only the small part is rounded before the end. */
function add(a: number, b: number, small: number): number {
  const sum = a + b;
  return sum + (b - (sum - a) + small);
}

/** y * 2^n for y near 1: the largest factor comes last, so that a subnormal result is rounded once. */
function scale(y: number, n: number): number {
  if (n > 1000) return scale(y * POWERS[6]!, n - 64);
  if (n < -1000) return scale(y / POWERS[6]!, n + 64);
  let result = y;
  for (let i = 0, bits = Math.abs(n); bits > 0; i++, bits >>>= 1) {
    if (bits & 1) result = n < 0 ? result / POWERS[i]! : result * POWERS[i]!;
  }
  return result;
}

// Formulas of one categorical distribution, from logShares = ln s, s = softmax(z): with u = unimix and K open classes,
// pi = (1 - u) s + u/K. Gradients are by z, of which
//
//     d pi_i / d z_j = (1 - u) s_i (delta_ij - s_j),
//
// and 0 for masked classes.

import { exp, expm1, expSum, log, log1p } from "../math.ts";

/** ln softmax(z); -Infinity for a masked class. */
export function logSharesOf(z: Float64Array): Float64Array {
  const { max, rest } = expSum(z);
  const logRest = log1p(rest);
  //  As lessLogSum has it, with one logarithm for the row.
  return z.map((value) => (value === -Infinity ? value : value - max - logRest));
}

/** ln pi. */
export function mixed(logShares: Float64Array, unimix: number): Float64Array {
  if (unimix === 0) return logShares;
  const uniform = uniformShare(logShares, unimix);
  return logShares.map((l) => (l > -Infinity ? log((1 - unimix) * exp(l) + uniform) : l));
}

/** u/K. */
function uniformShare(logShares: Float64Array, unimix: number): number {
  let open = 0;
  for (let c = 0; c < logShares.length; c++) if (logShares[c]! > -Infinity) open++;
  return unimix / open;
}

/** -sum pi ln pi. */
export function entropyOf(logPi: Float64Array): number {
  return crossEntropyOf(logPi, logPi);
}

/** -sum pi ln rho: Infinity where pi > 0 = rho. */
export function crossEntropyOf(logPi: Float64Array, logRho: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < logPi.length; c++) {
    if (logPi[c] === -Infinity) continue;
    //  A pi too small for f64, times Infinity, would be NaN.
    if (logRho[c] === -Infinity) return Infinity;
    sum -= exp(logPi[c]!) * logRho[c]!;
  }
  return sum;
}

/** sum pi (ln pi - ln rho). */
export function klOf(logPi: Float64Array, logRho: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < logPi.length; c++) {
    if (logPi[c] === -Infinity) continue;
    if (logRho[c] === -Infinity) return Infinity;
    sum += exp(logPi[c]!) * (logPi[c]! - logRho[c]!);
  }
  return Math.max(0, sum);
}

/** d pi_c / d ln s_c, over pi_c: the part of pi that depends on the logits. */
function weightsOf(logShares: Float64Array, unimix: number): Float64Array {
  if (unimix === 0) return new Float64Array(logShares.length).fill(1);
  const uniform = uniformShare(logShares, unimix);
  return logShares.map((l) => {
    const own = (1 - unimix) * exp(l);
    return own / (own + uniform);
  });
}

/** Of ln pi_i: w_i (delta_ij - s_j), w_i = (1 - u) s_i / pi_i. All 0 for a masked class. */
export function logProbGradientOf(index: number, logShares: Float64Array, unimix: number): Float64Array {
  if (logShares[index] === -Infinity) return new Float64Array(logShares.length);
  const weight = weightsOf(logShares, unimix)[index]!;
  //  1 - s as -expm1(ln s) keeps its digits where s is all but 1.
  return logShares.map((l, c) => 0 - weight * (c === index ? expm1(l) : exp(l)));
}

/** Of the entropy: -(1 - u) s_j (ln pi_j - sum s ln pi). */
export function entropyGradientOf(logShares: Float64Array, logPi: Float64Array, unimix: number): Float64Array {
  return centredOn(logShares, logPi, unimix - 1);
}

/** Of KL by the logits of pi: (1 - u) s_j (r_j - sum s r), r = ln pi - ln rho. Where KL is Infinity, the limit as rho goes to 0. */
export function klGradientOf(
  logShares: Float64Array,
  logPi: Float64Array,
  logRho: Float64Array,
  unimix: number,
): Float64Array {
  const lost = logPi.map((l, c) => (l > -Infinity && logRho[c] === -Infinity ? 1 : 0));
  if (!lost.includes(1)) {
    return centredOn(
      logShares,
      logPi.map((l, c) => (l === -Infinity ? 0 : l - logRho[c]!)),
      1 - unimix,
    );
  }
  const kept = logPi.some((l, c) => l > -Infinity && lost[c] === 0);
  return logPi.map((l, c) => (l === -Infinity || !kept || unimix === 1 ? 0 : lost[c] ? Infinity : -Infinity));
}

/**
 * Of KL by the logits of rho, whose shares t are mixed with v = `unimix`: t_j sum_i pi_i w_i - pi_j w_j, w_i = (1 - v) t_i / rho_i.
 */
export function klGradientOfOther(logPi: Float64Array, logShares: Float64Array, unimix: number): Float64Array {
  const weights = weightsOf(logShares, unimix);
  let sum = 0;
  for (let c = 0; c < logPi.length; c++) sum += exp(logPi[c]!) * weights[c]!;
  return logShares.map((l, c) => (l === -Infinity ? 0 : exp(l) * sum - exp(logPi[c]!) * weights[c]!));
}

/**
 * factor * s_j (v_j - sum s v), from differences to the value of the largest share: where that is all but 1, the others are what
 * is left.
 */
function centredOn(logShares: Float64Array, values: Float64Array, factor: number): Float64Array {
  const pivot = values[logShares.reduce((best, l, c) => (l > logShares[best]! ? c : best), 0)]!;
  let mean = 0;
  for (let c = 0; c < values.length; c++) {
    if (logShares[c]! > -Infinity) mean += exp(logShares[c]!) * (values[c]! - pivot);
  }
  return logShares.map((l, c) => (l === -Infinity ? 0 : 0 + factor * exp(l) * (values[c]! - pivot - mean)));
}

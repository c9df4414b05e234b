// The gradient of the soft sample, which straight-through lends to the hard one.
//
// Method:  dz = y*(c - <c, y>)/tau from the soft sample y as it was rounded, so that a sample kept and one formed again agree
// Source:  Jang, Gu, Poole, ICLR 2017, section 2.2 (straight-through: Bengio, Leonard, Courville, arXiv:1308.3432)
// Error:   GRADIENT in tests/tolerance.ts

import { high2, join4, low2, storeLanes, zeros } from "./lanes";

/**
 * dz, y the soft sample; the dots are <c, y>, `rate` is 1/tau. out may be y.
 * Layout: `n` values in vectors that lie `lineBytes` apart, each with `lanes` values, the last one with what is left. The dots
 *         come with one value a lane, as two f64 pairs.
 */
export function gradient(
  out: usize,
  y: usize,
  cotangent: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  dotLow: v128,
  dotHigh: v128,
  rate: f64,
): void {
  // In f64, so that no finite cotangent and no tau leads out of range before the product does.
  const r = f64x2.splat(rate);
  const zero = zeros(); // no zero is negative: rows that are not valid give plain zeros however they come
  for (; n > 0; n -= lanes, out += lineBytes, y += lineBytes, cotangent += lineBytes) {
    const c = v128.load(cotangent);
    const v = v128.load(y);
    const low = f64x2.mul(f64x2.mul(f64x2.sub(low2(c), dotLow), low2(v)), r);
    const high = f64x2.mul(f64x2.mul(f64x2.sub(high2(c), dotHigh), high2(v)), r);
    storeLanes(out, join4(f64x2.add(low, zero), f64x2.add(high, zero)), min(n, lanes));
  }
}

// The gradient of the soft sample, which straight-through lends to the hard one.
//
// Method:  y from the exponentials and their sum;  dz = y*(c - <c, y>)/tau
// Source:  Jang, Gu, Poole, ICLR 2017, section 2.2 (straight-through: Bengio, Leonard, Courville, arXiv:1308.3432)
// Error:   GRADIENT in tests/tolerance.ts

import { high2, join4, low2, storeLanes } from "./lanes";

/** dz for `n` classes side by side, e in `out`; `dot` is <c, y>, `rate` 1/(sum*tau). */
export function gradientRow(out: usize, cotangent: usize, n: i32, dot: f64, rate: f64): void {
  const d = f64x2.splat(dot);
  const r = f64x2.splat(rate);
  for (; n > 0; n -= 4, cotangent += 16, out += 16) {
    storeLanes(out, gradient4(v128.load(cotangent), v128.load(out), d, d, r, r), n);
  }
}

//  In f64, so that no finite cotangent and no tau leads out of range before the product does. Pairs of lanes, low and high.
@inline
function gradient4(c: v128, e: v128, dotLow: v128, dotHigh: v128, rateLow: v128, rateHigh: v128): v128 {
  return join4(
    f64x2.mul(f64x2.mul(f64x2.sub(low2(c), dotLow), low2(e)), rateLow),
    f64x2.mul(f64x2.mul(f64x2.sub(high2(c), dotHigh), high2(e)), rateHigh),
  );
}

/** gradientRow with one <c, y> and one rate a lane, as two f64 pairs each. */
export function gradientColumn(
  out: usize,
  cotangent: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  dotLow: v128,
  dotHigh: v128,
  rateLow: v128,
  rateHigh: v128,
): void {
  for (; n > 0; n--, out += lineBytes, cotangent += lineBytes) {
    storeLanes(out, gradient4(v128.load(cotangent), v128.load(out), dotLow, dotHigh, rateLow, rateHigh), lanes);
  }
}

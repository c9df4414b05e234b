// Log-softmax with temperature, x = (p - m)/tau - ln(sum), and its gradient, dz = (c - y*<c, 1>)/tau.
//
// Method:  the value takes the sum of the f32 exponentials and one f64 logarithm. The gradient takes f64 exponentials: <c, 1>
//          grows with the number of classes, and the f32 error of y would grow with it.
//          affine.ts forms x; this file has the gradient.
// Source:  the Jacobian of z/tau - ln(sum(e^(z/tau))), (identity - softmax)/tau
// Error:   LOG_SOFTMAX and GRADIENT in tests/tolerance.ts

import { high2, join4, low2, storeSome } from "../lanes/lanes";
import { powers } from "./sums-in-f64";

/**
 * dz of log-softmax. `rate` is 1/tau; shareLow and shareHigh are <c, 1>/sum for each lane, as two pairs of f64. `step` has room
 * for 32 bytes. out may be p.
 * Layout: as in affine.ts: `n` values in vectors that lie `lineBytes` apart, each with `lanes` values, the last one with the
 *         rest.
 */
export function logGradient(
  out: usize,
  step: usize,
  p: usize,
  cotangent: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  m: v128,
  rate: f64,
  shareLow: v128,
  shareHigh: v128,
): void {
  const r = f64x2.splat(rate);
  for (; n > 0; n -= lanes, out += lineBytes, p += lineBytes, cotangent += lineBytes) {
    powers(step, p, 0, 4, m, rate);
    const c = v128.load(cotangent);
    const low = f64x2.mul(f64x2.sub(low2(c), f64x2.mul(v128.load(step), shareLow)), r);
    const high = f64x2.mul(f64x2.sub(high2(c), f64x2.mul(v128.load(step, 16), shareHigh)), r);
    storeSome(out, join4(low, high), min(n, lanes));
  }
}

// Log-softmax with temperature, x = (p - m)/tau - ln(sum), and its gradient, dz = (c - y*<c, 1>)/tau.
//
// Method:  the value from the sum of the f32 exponentials and one f64 logarithm; the gradient with f64 exponentials, because
//          <c, 1> grows with the classes and would carry along what f32 leaves open in y
// Source:  the Jacobian of z/tau - ln(sum(e^(z/tau))), (identity - softmax)/tau
// Error:   LOG_SOFTMAX and GRADIENT in tests/tolerance.ts

import { high2, join4, low2, storeSome } from "../lanes/lanes";
import { powers } from "./sums-in-f64";

/**
 * dz of log-softmax; the shares are <c, 1>/sum, `rate` is 1/tau. out may be p. `step` is room for POWERS_BYTES.
 * Layout: as above.
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

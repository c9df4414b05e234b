// Log-softmax with temperature, x = (p - m)/tau - ln(sum), and its gradient, dz = (c - y*<c, 1>)/tau.
//
// Method:  the value from the sum of the f32 exponentials and one f64 logarithm; the gradient with f64 exponentials, because
//          <c, 1> grows with the classes and would carry along what f32 leaves open in y
// Source:  the Jacobian of z/tau - ln(sum(e^(z/tau))), (identity - softmax)/tau
// Error:   LOG_SOFTMAX and GRADIENT in tests/tolerance.ts

import { expPair } from "./exp";
import { high2, join4, low2, storeLanes } from "./lanes";

/** (p - shift) * factor - rest in f64, rounded once: log-softmax, and scaling beyond the range of f32. out may be p. */
export function affineRow(out: usize, p: usize, n: i32, shift: f64, factor: f64, rest: f64): void {
  const s = f64x2.splat(shift);
  const r = f64x2.splat(rest);
  for (; n > 0; n -= 4, p += 16, out += 16) storeLanes(out, affine4(v128.load(p), s, s, factor, r, r), n);
}

//  Shift and rest come as two pairs of lanes.
@inline
function affine4(p: v128, shiftLow: v128, shiftHigh: v128, factor: f64, restLow: v128, restHigh: v128): v128 {
  const f = f64x2.splat(factor);
  return join4(
    f64x2.sub(f64x2.mul(f64x2.sub(low2(p), shiftLow), f), restLow),
    f64x2.sub(f64x2.mul(f64x2.sub(high2(p), shiftHigh), f), restHigh),
  );
}

/** affineRow with one shift and one rest a lane, each an f64 pair of lanes 0, 1 and of lanes 2, 3. */
export function affineColumn(
  out: usize,
  p: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  shift: v128,
  factor: f64,
  restLow: v128,
  restHigh: v128,
): void {
  const shiftLow = low2(shift);
  const shiftHigh = high2(shift);
  for (; n > 0; n--, p += lineBytes, out += lineBytes) {
    storeLanes(out, affine4(v128.load(p), shiftLow, shiftHigh, factor, restLow, restHigh), lanes);
  }
}

/** dz for `n` classes side by side; `share` is <c, 1>/sum, `rate` 1/tau. out may be p. */
export function logGradientRow(
  out: usize,
  p: usize,
  cotangent: usize,
  n: i32,
  m: f64,
  rate: f64,
  share: f64,
): void {
  const shift = f64x2.splat(m);
  const s = f64x2.splat(share);
  for (; n > 0; n -= 4, p += 16, cotangent += 16, out += 16) {
    storeLanes(out, logGradient4(v128.load(cotangent), v128.load(p), shift, shift, rate, s, s), n);
  }
}

/** logGradientRow with one m and one share a lane, the shares as two f64 pairs. */
export function logGradientColumn(
  out: usize,
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
  const shiftLow = low2(m);
  const shiftHigh = high2(m);
  for (; n > 0; n--, out += lineBytes, p += lineBytes, cotangent += lineBytes) {
    const dz = logGradient4(v128.load(cotangent), v128.load(p), shiftLow, shiftHigh, rate, shareLow, shareHigh);
    storeLanes(out, dz, lanes);
  }
}

@inline
function logGradient4(
  c: v128,
  p: v128,
  shiftLow: v128,
  shiftHigh: v128,
  rate: f64,
  shareLow: v128,
  shareHigh: v128,
): v128 {
  const r = f64x2.splat(rate);
  const low = expPair(f64x2.mul(f64x2.sub(low2(p), shiftLow), r));
  const high = expPair(f64x2.mul(f64x2.sub(high2(p), shiftHigh), r));
  return join4(
    f64x2.mul(f64x2.sub(low2(c), f64x2.mul(low, shareLow)), r),
    f64x2.mul(f64x2.sub(high2(c), f64x2.mul(high, shareHigh)), r),
  );
}

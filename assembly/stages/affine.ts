// (p - shift) * factor - rest in f64: log-softmax, noise with a location and a scale, and scaling beyond the range of f32.

import { high2, join4, low2, storeLanes } from "../lanes/lanes";

/**
 * (p - shift) * factor - rest, formed in f64 and rounded once. out may be p.
 * Layout: `n` values in vectors that lie `lineBytes` apart, each with `lanes` values, the last one with what is left.
 *         `shift` and the rest have one value for each lane; the rest comes as two pairs of f64.
 */
export function affine(
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
  const f = f64x2.splat(factor);
  for (; n > 0; n -= lanes, p += lineBytes, out += lineBytes) {
    const v = v128.load(p);
    const low = f64x2.sub(f64x2.mul(f64x2.sub(low2(v), low2(shift)), f), restLow);
    const high = f64x2.sub(f64x2.mul(f64x2.sub(high2(v), high2(shift)), f), restHigh);
    storeLanes(out, join4(low, high), min(n, lanes));
  }
}

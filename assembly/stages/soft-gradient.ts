// The gradient of the soft sample. With straight-through it serves as the gradient of the hard sample too.
//
// Method:  dz = y*(c - <c, y>)/tau from the soft sample y as it was rounded to f32, so that a sample that was kept and one that
//          is formed again give the same bits. The product is formed in f32, but in f64 for rows whose largest |c| or whose
//          1/tau is far from 1: there a factor could leave the range of f32 although the product does not.
// Source:  Jang, Gu, Poole, ICLR 2017, section 2.2 (straight-through: Bengio, Leonard, Courville, arXiv:1308.3432)
// Error:   GRADIENT in tests/tolerance.ts; worst known 1.4e-7 of 1e-6

import { high2, join4, low2, storeLanes, zeros } from "../lanes/lanes";

const LEAST_RATE: f64 = 8.673617379884035e-19; // 2^-60
const GREATEST_RATE: f64 = 1152921504606846976.0; // 2^60

/** Whether f32 suits rows with this 1/tau; it has to suit their cotangents too (dot.ts). */
@inline
export function rateSuitsF32(rate: f64): bool {
  return rate >= LEAST_RATE && rate <= GREATEST_RATE;
}

/**
 * dz in f32, y the soft sample. out may be y.
 * Layout: `n` values in vectors that lie `lineBytes` apart, each with `lanes` values, the last one with the rest. `dot` has
 *         <c, y> for each lane.
 */
export function gradientInF32(
  out: usize,
  y: usize,
  cotangent: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  dot: v128,
  rate: f32,
): void {
  const r = f32x4.splat(rate);
  if (lanes == 4) {
    const fourBytes = lineBytes << 2;
    for (; n >= 16; n -= 16, out += fourBytes, y += fourBytes, cotangent += fourBytes) {
      const a = gradient4(cotangent, y, dot, r);
      const b = gradient4(cotangent + lineBytes, y + lineBytes, dot, r);
      const c = gradient4(cotangent + 2 * lineBytes, y + 2 * lineBytes, dot, r);
      const d = gradient4(cotangent + 3 * lineBytes, y + 3 * lineBytes, dot, r);
      v128.store(out, a);
      v128.store(out + lineBytes, b);
      v128.store(out + 2 * lineBytes, c);
      v128.store(out + 3 * lineBytes, d);
    }
  }
  for (; n > 0; n -= lanes, out += lineBytes, y += lineBytes, cotangent += lineBytes) {
    storeLanes(out, gradient4(cotangent, y, dot, r), min(n, lanes));
  }
}

/** gradientInF32 for `rows` rows side by side, of n classes each; `dots` has one f32 for each row. */
export function gradientRowsInF32(
  out: usize,
  y: usize,
  cotangent: usize,
  rows: i32,
  n: i32,
  dots: usize,
  rate: f32,
): void {
  const r = f32x4.splat(rate);
  const whole = <usize>(n & ~3) << 2;
  const tail = n & 3;
  const rowBytes = <usize>n << 2;
  for (; rows > 0; rows--, dots += 4, out += rowBytes, y += rowBytes, cotangent += rowBytes) {
    const dot = v128.load32_splat(dots);
    for (let at: usize = 0; at < whole; at += 16) v128.store(out + at, gradient4(cotangent + at, y + at, dot, r));
    if (tail) storeLanes(out + whole, gradient4(cotangent + whole, y + whole, dot, r), tail);
  }
}

//  One vector of dz. Adding 0 makes -0 to 0, so that an invalid row gives the same zeros in every layout.
@inline
function gradient4(cotangent: usize, y: usize, dot: v128, rate: v128): v128 {
  const dz = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(cotangent), dot), rate), v128.load(y));
  return f32x4.add(dz, zeros());
}

/** gradientInF32 formed in f64, except in the lanes that are all ones in `suits`; <c, y> comes as two pairs of f64. */
export function gradientInF64(
  out: usize,
  y: usize,
  cotangent: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  dotLow: v128,
  dotHigh: v128,
  rate: f64,
  suits: v128,
): void {
  const r = f64x2.splat(rate);
  const dot = join4(dotLow, dotHigh);
  const zero = zeros();
  for (; n > 0; n -= lanes, out += lineBytes, y += lineBytes, cotangent += lineBytes) {
    const c = v128.load(cotangent);
    const v = v128.load(y);
    const low = f64x2.mul(f64x2.mul(f64x2.sub(low2(c), dotLow), low2(v)), r);
    const high = f64x2.mul(f64x2.mul(f64x2.sub(high2(c), dotHigh), high2(v)), r);
    const dz = join4(f64x2.add(low, zero), f64x2.add(high, zero));
    const inF32 = gradient4(cotangent, y, dot, f32x4.splat(<f32>rate));
    storeLanes(out, v128.bitselect(inF32, dz, suits), min(n, lanes));
  }
}

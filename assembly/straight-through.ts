// Gradients of the soft sample, which straight-through lends to the hard one, and of log-softmax.
//
// Method:  y from the exponentials and their sum;  dz = y*(c - <c, y>)/tau;  log-softmax: dz = (c - y*<c, 1>)/tau
// Source:  Jang, Gu, Poole, ICLR 2017, section 2.2 (straight-through: Bengio, Leonard, Courville, arXiv:1308.3432)
// Error:   GRADIENT in tests/tolerance.ts
//
// Order of <c, e>, the same for rows and columns: products and sums in f64; in every block of SUM_BLOCK classes those of
// one remainder by 4 after one another, then (sum_0 + sum_2) + (sum_1 + sum_3); the blocks are added in turn.

import { firstLanes, high2, join4, low2, storeLanes, sum2 } from "./lanes";
import { SUM_BLOCK } from "./softmax";

/**
 * <c, e> over `n` classes side by side, on top of `total`; e = 0 stands for ones.
 * Layout: no alignment; both are read up to the next whole vector.
 */
export function dotRow(cotangent: usize, e: usize, n: i32, total: f64): f64 {
  for (let done = 0; done < n; done += SUM_BLOCK) {
    const at = <usize>done << 2;
    total += dotBlock(cotangent + at, e ? e + at : 0, min(n - done, SUM_BLOCK));
  }
  return total;
}

function dotBlock(cotangent: usize, e: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n > 0; n -= 4, cotangent += 16) {
    const live = firstLanes(min(n, 4));
    const c = v128.and(v128.load(cotangent), live);
    const w = e ? v128.and(v128.load(e), live) : f32x4.splat(1);
    low = f64x2.add(low, f64x2.mul(low2(c), low2(w)));
    high = f64x2.add(high, f64x2.mul(high2(c), high2(w)));
    if (e) e += 16;
  }
  return sum2(low, high);
}

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

/** dz of log-softmax for `n` classes side by side, e in `out`; `share` is <c, 1>/sum, `rate` 1/tau. */
export function logGradientRow(out: usize, cotangent: usize, n: i32, share: f64, rate: f64): void {
  for (; n > 0; n -= 4, cotangent += 16, out += 16) {
    storeLanes(out, logGradient4(v128.load(cotangent), v128.load(out), f64x2.splat(share), f64x2.splat(share), rate), n);
  }
}

@inline
function logGradient4(c: v128, e: v128, shareLow: v128, shareHigh: v128, rate: f64): v128 {
  const r = f64x2.splat(rate);
  return join4(
    f64x2.mul(f64x2.sub(low2(c), f64x2.mul(low2(e), shareLow)), r),
    f64x2.mul(f64x2.sub(high2(c), f64x2.mul(high2(e), shareHigh)), r),
  );
}

/** <c, e> of four neighbouring rows, one to a lane, added to dots[0..3], f64; e = 0 stands for ones. */
export function dotColumn(dots: usize, cotangent: usize, e: usize, n: i32, lineBytes: usize): void {
  for (let done = 0; done < n; done += SUM_BLOCK) {
    const at = <usize>done * lineBytes;
    dotLines(dots, cotangent + at, e ? e + at : 0, min(n - done, SUM_BLOCK), lineBytes);
  }
}

function dotLines(dots: usize, cotangent: usize, e: usize, n: i32, lineBytes: usize): void {
  let lowA = f64x2.splat(0);
  let lowB = lowA;
  let lowC = lowA;
  let lowD = lowA;
  let highA = lowA;
  let highB = lowA;
  let highC = lowA;
  let highD = lowA;
  for (; n > 0; n--, cotangent += lineBytes) {
    const c = v128.load(cotangent);
    const w = e ? v128.load(e) : f32x4.splat(1);
    const low = f64x2.add(lowA, f64x2.mul(low2(c), low2(w)));
    const high = f64x2.add(highA, f64x2.mul(high2(c), high2(w)));
    // The four sums turn round, the one added to stands first; any turn pairs A with C and B with D.
    lowA = lowB;
    lowB = lowC;
    lowC = lowD;
    lowD = low;
    highA = highB;
    highB = highC;
    highC = highD;
    highD = high;
    if (e) e += lineBytes;
  }
  v128.store(dots, f64x2.add(v128.load(dots), f64x2.add(f64x2.add(lowA, lowC), f64x2.add(lowB, lowD))));
  v128.store(dots, f64x2.add(v128.load(dots, 16), f64x2.add(f64x2.add(highA, highC), f64x2.add(highB, highD))), 16);
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
  for (const end = out + <usize>n * lineBytes; out < end; out += lineBytes, cotangent += lineBytes) {
    storeLanes(out, gradient4(v128.load(cotangent), v128.load(out), dotLow, dotHigh, rateLow, rateHigh), lanes);
  }
}

/** logGradientRow with one share a lane, as two f64 pairs. */
export function logGradientColumn(
  out: usize,
  cotangent: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  shareLow: v128,
  shareHigh: v128,
  rate: f64,
): void {
  for (const end = out + <usize>n * lineBytes; out < end; out += lineBytes, cotangent += lineBytes) {
    storeLanes(out, logGradient4(v128.load(cotangent), v128.load(out), shareLow, shareHigh, rate), lanes);
  }
}

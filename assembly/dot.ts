// Sums along the classes in f64, for gradients: <c, e>, <c, 1>, and the sum of e^((p - m)/tau) with f64 exponentials.
//
// Order, the same for rows and columns: in every block of SUM_BLOCK classes those of one remainder by 4 after one another,
// then (sum_0 + sum_2) + (sum_1 + sum_3); the blocks are added in turn.

import { expPair } from "./exp";
import { firstLanes, high2, low2, padded, sum2 } from "./lanes";
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

/** Sum of e^((p - m)*rate) over `n` classes side by side, on top of `total`. */
export function powerSumRow(p: usize, n: i32, m: f64, rate: f64, total: f64): f64 {
  const shift = f64x2.splat(m);
  const r = f64x2.splat(rate);
  for (let done = 0; done < n; done += SUM_BLOCK) {
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let left = min(n - done, SUM_BLOCK); left > 0; left -= 4, p += 16) {
      const v = padded(v128.load(p), left);
      low = f64x2.add(low, expPair(f64x2.mul(f64x2.sub(low2(v), shift), r)));
      high = f64x2.add(high, expPair(f64x2.mul(f64x2.sub(high2(v), shift), r)));
    }
    total += sum2(low, high);
  }
  return total;
}

/** <c, e> of four neighbouring rows, one to a lane, added to dots[0..3], f64; e = 0 stands for ones. */
export function dotColumn(dots: usize, cotangent: usize, e: usize, n: i32, lineBytes: usize): void {
  for (let c = 0; c < n; c += SUM_BLOCK) {
    const end = min(n, c + SUM_BLOCK);
    sumLines(dots, cotangent, e, c, end, lineBytes, false, f32x4.splat(0), 0.0);
  }
}

/** Sums of e^((p - m)*rate) of four neighbouring rows, one to a lane, added to sums[0..3], f64. */
export function powerSumColumn(sums: usize, p: usize, n: i32, lineBytes: usize, m: v128, rate: f64): void {
  for (let c = 0; c < n; c += SUM_BLOCK) {
    const end = min(n, c + SUM_BLOCK);
    sumLines(sums, 0, p, c, end, lineBytes, true, m, rate);
  }
}

//  One block of classes, from `c` to `end`.
@inline
function sumLines(
  sums: usize,
  cotangent: usize,
  weights: usize,
  c: i32,
  end: i32,
  lineBytes: usize,
  powers: bool,
  m: v128,
  rate: f64,
): void {
  let lowA = f64x2.splat(0);
  let lowB = lowA;
  let lowC = lowA;
  let lowD = lowA;
  let highA = lowA;
  let highB = lowA;
  let highC = lowA;
  let highD = lowA;
  for (; c < end; c++) {
    const at = <usize>c * lineBytes;
    let low = f64x2.splat(1);
    let high = low;
    if (weights) {
      const w = v128.load(weights + at);
      low = low2(w);
      high = high2(w);
    }
    if (powers) {
      low = expPair(f64x2.mul(f64x2.sub(low, low2(m)), f64x2.splat(rate)));
      high = expPair(f64x2.mul(f64x2.sub(high, high2(m)), f64x2.splat(rate)));
    } else {
      const v = v128.load(cotangent + at);
      low = f64x2.mul(low2(v), low);
      high = f64x2.mul(high2(v), high);
    }
    // The four sums turn round, the one added to stands first; any turn pairs A with C and B with D.
    low = f64x2.add(lowA, low);
    high = f64x2.add(highA, high);
    lowA = lowB;
    lowB = lowC;
    lowC = lowD;
    lowD = low;
    highA = highB;
    highB = highC;
    highC = highD;
    highD = high;
  }
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.add(f64x2.add(lowA, lowC), f64x2.add(lowB, lowD))));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.add(f64x2.add(highA, highC), f64x2.add(highB, highD))), 16);
}

// Sums along the classes in f64, for gradients: <c, 1>, the sum of e^((p - m)/tau) with f64 exponentials, and <c, y> where f32
// does not suit (dot.ts).
//
// Order, the same for rows and columns: in every block of SUM_BLOCK classes, sum_j adds the classes 4*k + j in turn, j = 0 ...
// 3; a block is (sum_0 + sum_2) + (sum_1 + sum_3); the blocks are added in turn.

import { SUM_BLOCK } from "../../src/kernels/abi";
import { expPair } from "../lanes/exp";
import { firstLanes, high2, low2, one2, one4, padded, sum2, zeros } from "../lanes/lanes";

/** `total` plus <c, 1> over `n` classes side by side; <c, 1> is finite if and only if all of c is. */
export function totalRow(cotangent: usize, n: i32, total: f64): f64 {
  for (; n > 0; n -= SUM_BLOCK, cotangent += <usize>SUM_BLOCK << 2) {
    total += dotBlockInF64(cotangent, 0, min(n, SUM_BLOCK));
  }
  return total;
}

/** <c, y> of one block, n <= SUM_BLOCK; <c, 1> if the address y is 0. */
export function dotBlockInF64(cotangent: usize, y: usize, n: i32): f64 {
  let low = zeros();
  let high = zeros();
  for (; n > 0; n -= 4, cotangent += 16) {
    const live = firstLanes(min(n, 4));
    const c = v128.and(v128.load(cotangent), live);
    const w = y ? v128.and(v128.load(y), live) : one4();
    low = f64x2.add(low, f64x2.mul(low2(c), low2(w)));
    high = f64x2.add(high, f64x2.mul(high2(c), high2(w)));
    if (y) y += 16;
  }
  return sum2(low, high);
}

/** `total` plus the sum of e^((p - m)*rate) over `n` classes side by side. `step` has room for POWERS_BYTES. */
export function powerSumRow(step: usize, p: usize, n: i32, m: v128, rate: f64, total: f64): f64 {
  for (let left = n; left > 0; left -= SUM_BLOCK) {
    let low = zeros();
    let high = zeros();
    for (let k = min(left, SUM_BLOCK); k > 0; k -= 4 * POWERS, p += POWERS << 4) {
      powers(step, p, 16, min(k, 4 * POWERS), m, rate);
      const end = step + (<usize>((min(k, 4 * POWERS) + 3) >> 2) << 5);
      for (let at = step; at < end; at += 32) {
        low = f64x2.add(low, v128.load(at));
        high = f64x2.add(high, v128.load(at, 16));
      }
    }
    total += sum2(low, high);
  }
  return total;
}

/** Number of vectors whose powers powerSumRow forms at a time, and the bytes that these powers take. */
const POWERS: i32 = 8;
export const POWERS_BYTES: usize = <usize>POWERS << 5;

/** e^((p - m)*rate) in f64 of `n` values in vectors that lie pBytes apart: two pairs for each vector, 0 behind the last value. */
export function powers(to: usize, p: usize, pBytes: usize, n: i32, m: v128, rate: f64): void {
  const r = f64x2.splat(rate);
  for (; n > 0; n -= 4, p += pBytes, to += 32) {
    const v = padded(v128.load(p), n);
    v128.store(to, expPair(f64x2.mul(f64x2.sub(low2(v), low2(m)), r)));
    v128.store(to, expPair(f64x2.mul(f64x2.sub(high2(v), high2(m)), r)), 16);
  }
}

/** Adds <c, 1> of four neighbouring rows, one to a lane, to totals[0..3], f64; <c, 1> is finite if and only if all of c is. */
export function totalColumn(totals: usize, cotangent: usize, n: i32, lineBytes: usize): void {
  addLines(totals, 0, 0, cotangent, 0, n, lineBytes, zeros(), 0.0);
}

/**
 * Adds the sums of e^((p - m)*rate) of four neighbouring rows, one to a lane, to sums[0..3], f64. `step` has room for 32 bytes.
 */
export function powerSumColumn(sums: usize, step: usize, p: usize, n: i32, lineBytes: usize, m: v128, rate: f64): void {
  addLines(sums, step, p, 0, 0, n, lineBytes, m, rate);
}

/** Adds <c, y> of four neighbouring rows, one to a lane, to dots[0..3], f64. */
export function dotColumnInF64(dots: usize, cotangent: usize, y: usize, n: i32, lineBytes: usize): void {
  addLines(dots, 0, 0, cotangent, y, n, lineBytes, zeros(), 0.0);
}

//  Adds the powers of p; if the address p is 0, the products of cotangent and weights; if weights is 0 too, the cotangent.
function addLines(
  sums: usize,
  step: usize,
  p: usize,
  cotangent: usize,
  weights: usize,
  n: i32,
  lineBytes: usize,
  m: v128,
  rate: f64,
): void {
  for (let left = n; left > 0; left -= SUM_BLOCK) {
    let lowA = zeros();
    let lowB = lowA;
    let lowC = lowA;
    let lowD = lowA;
    let highA = lowA;
    let highB = lowA;
    let highC = lowA;
    let highD = lowA;
    for (let c = min(left, SUM_BLOCK); c > 0; c--) {
      let low = one2();
      let high = low;
      if (p) {
        powers(step, p, 0, 4, m, rate);
        low = v128.load(step);
        high = v128.load(step, 16);
        p += lineBytes;
      } else {
        const v = v128.load(cotangent);
        cotangent += lineBytes;
        if (weights) {
          const w = v128.load(weights);
          low = low2(w);
          high = high2(w);
          weights += lineBytes;
        }
        low = f64x2.mul(low2(v), low);
        high = f64x2.mul(high2(v), high);
      }
      // A to D are sum_0 to sum_3, rotated by one after each class, so that A is the next to be added to. Whatever the rotation
      // at the end, A is paired with C, and B with D.
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
}

// Softmax with temperature: y = e^((p - m)/tau) / sum, m the maximum of the row.
//
// Method:  exponentiate and sum, then multiply by 1/sum; the sum is f64, its order a function of the classes alone
// Source:  Jang, Gu, Poole, "Categorical reparameterization with Gumbel-Softmax", ICLR 2017, equation 2
// Error:   SOFT in tests/tolerance.ts
//
// Order of a sum, the same for rows and columns: in every block of SUM_BLOCK classes, s_j = (e_j + e_(4+j)) +
// (e_(8+j) + e_(12+j)) over each sixteen classes in f32, j = 0 ... 3; the s_j of one j are added up in f64; a block is
// (sum_0 + sum_2) + (sum_1 + sum_3); the blocks are added in turn. Classes that are not there count as 0.

import { exp4 } from "./exp";
import { high2, low2, padded, storeLanes, sum2 } from "./lanes";

/** Classes summed on their own before their sum joins the row's. Pieces of a row start at multiples of it. */
export const SUM_BLOCK: i32 = 4096;

/**
 * e^((p - m)/tau) for `n` classes side by side; gives the sum, on top of `total`.
 * Layout: no alignment; p is read up to the next whole vector.
 * Shape:  n >= 1.
 * Order:  as above.
 * Alias:  out may be p. out = 0: only the sum.
 */
export function exponentiateRow(out: usize, p: usize, n: i32, m: f32, temper: usize, total: f64): f64 {
  for (let done = 0; done < n; done += SUM_BLOCK) {
    const at = <usize>done << 2;
    total += exponentiateBlock(out ? out + at : 0, p + at, min(n - done, SUM_BLOCK), m, temper);
  }
  return total;
}

function exponentiateBlock(out: usize, p: usize, n: i32, m: f32, temper: usize): f64 {
  const shift = f32x4.splat(m);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const end = p + (<usize>(n & ~15) << 2);
  for (; p < end; p += 64) {
    const a = exp4(v128.load(p), shift, temper);
    const b = exp4(v128.load(p, 16), shift, temper);
    const c = exp4(v128.load(p, 32), shift, temper);
    const d = exp4(v128.load(p, 48), shift, temper);
    if (out) {
      v128.store(out, a);
      v128.store(out, b, 16);
      v128.store(out, c, 32);
      v128.store(out, d, 48);
      out += 64;
    }
    const s = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  if (n & 15) {
    const a = exponentiatePart(out, p, n & 15, shift, temper);
    const b = exponentiatePart(out ? out + 16 : 0, p + 16, (n & 15) - 4, shift, temper);
    const c = exponentiatePart(out ? out + 32 : 0, p + 32, (n & 15) - 8, shift, temper);
    const d = exponentiatePart(out ? out + 48 : 0, p + 48, (n & 15) - 12, shift, temper);
    const s = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  return sum2(low, high);
}

function exponentiatePart(out: usize, p: usize, n: i32, shift: v128, temper: usize): v128 {
  if (n <= 0) return f32x4.splat(0);
  const e = exp4(padded(v128.load(p), n), shift, temper);
  if (out) storeLanes(out, e, n);
  return e;
}

/** Multiplies `n` values side by side by `factor`. */
export function scaleRow(out: usize, n: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  const end = out + (<usize>(n & ~3) << 2);
  for (; out < end; out += 16) v128.store(out, f32x4.mul(v128.load(out), f));
  storeLanes(out, f32x4.mul(v128.load(out), f), n & 3);
}

/**
 * e^((p - m)/tau) for four neighbouring rows, one to a lane, `n` classes `lineBytes` apart; adds the sums to sums[0..3], f64.
 * Layout: four lanes are read, `lanes` of them written; m has one maximum a lane.
 * Shape:  n >= 1.
 * Order:  as above.
 * Alias:  out may be p. out = 0: only the sums.
 */
export function exponentiateColumn(
  out: usize,
  sums: usize,
  p: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  m: v128,
  temper: usize,
): void {
  for (let done = 0; done < n; done += SUM_BLOCK) {
    let lowA = f64x2.splat(0);
    let lowB = lowA;
    let lowC = lowA;
    let lowD = lowA;
    let highA = lowA;
    let highB = lowA;
    let highC = lowA;
    let highD = lowA;
    const end = min(n, done + SUM_BLOCK);
    for (let c = done; c < end; c += 16) {
      // The four sums turn round once: the one added to stands first.
      for (let j = 0; j < 4; j++) {
        const s = exponentiateFour(out, p, c + j, n, lineBytes, lanes, m, temper);
        const low = f64x2.add(lowA, low2(s));
        const high = f64x2.add(highA, high2(s));
        lowA = lowB;
        lowB = lowC;
        lowC = lowD;
        lowD = low;
        highA = highB;
        highB = highC;
        highC = highD;
        highD = high;
      }
    }
    const low = f64x2.add(f64x2.add(lowA, lowC), f64x2.add(lowB, lowD));
    const high = f64x2.add(f64x2.add(highA, highC), f64x2.add(highB, highD));
    v128.store(sums, f64x2.add(v128.load(sums), low));
    v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
  }
}

//  s_j: the exponentials of classes c, c + 4, c + 8, c + 12 as far as they are there
function exponentiateFour(
  out: usize,
  p: usize,
  c: i32,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  m: v128,
  temper: usize,
): v128 {
  const first = exponentiateLine(out, p, c, n, lineBytes, lanes, m, temper);
  const second = exponentiateLine(out, p, c + 4, n, lineBytes, lanes, m, temper);
  const third = exponentiateLine(out, p, c + 8, n, lineBytes, lanes, m, temper);
  const fourth = exponentiateLine(out, p, c + 12, n, lineBytes, lanes, m, temper);
  return f32x4.add(f32x4.add(first, second), f32x4.add(third, fourth));
}

@inline
function exponentiateLine(
  out: usize,
  p: usize,
  c: i32,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  m: v128,
  temper: usize,
): v128 {
  if (c >= n) return f32x4.splat(0);
  const at = <usize>c * lineBytes;
  const e = exp4(v128.load(p + at), m, temper);
  if (out) storeLanes(out + at, e, lanes);
  return e;
}

/** Multiplies a column by one factor a lane. */
export function scaleColumn(out: usize, n: i32, lineBytes: usize, lanes: i32, factor: v128): void {
  for (; n > 0; n--, out += lineBytes) {
    storeLanes(out, f32x4.mul(v128.load(out), factor), lanes);
  }
}

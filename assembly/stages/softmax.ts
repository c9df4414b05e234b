// Softmax with temperature: y = e^((p - m)/tau) / sum, m the maximum of the row.
//
// Method:  exponentiate and sum, then multiply by 1/sum; the sum is f64, and the number of classes alone decides its order
// Source:  Jang, Gu, Poole, "Categorical reparameterization with Gumbel-Softmax", ICLR 2017, equation 2
// Error:   SOFT in tests/tolerance.ts
//
// Order of a sum, the same for rows and columns: in every block of SUM_BLOCK classes, s_j = (e_j + e_(4+j)) +
// (e_(8+j) + e_(12+j)) over each sixteen classes in f32, j = 0 ... 3; the s_j of one j are added up in f64; a block is
// (sum_0 + sum_2) + (sum_1 + sum_3); the blocks are added in turn. Classes that are not there count as 0.

import { SUM_BLOCK } from "../../src/kernels/abi";
import { firstOfSixteen, high2, low2, storeLanes, sum2, ZEROS, zeros } from "../lanes/lanes";
import { exponentiateRows } from "./exponentials";

/**
 * e^((p - m)/tau) for `n` classes side by side. Gives `total` plus their sum.
 * Layout: no alignment; p is read up to the next whole vector; m is the address of the maximum.
 * Shape:  n >= 1.
 * Order:  as above.
 * Alias:  out may be p. If spare is not 0, the exponentials go there, up to SUM_BLOCK at a time, and out is not written.
 */
export function exponentiateRow(
  out: usize,
  spare: usize,
  p: usize,
  n: i32,
  m: usize,
  tau: usize,
  total: f64,
): f64 {
  for (; n > 0; n -= SUM_BLOCK, p += <usize>SUM_BLOCK << 2, out += <usize>SUM_BLOCK << 2) {
    const to = spare ? spare : out;
    exponentiateRows(to, p, 1, min(n, SUM_BLOCK), 0, m, tau);
    total += sumBlock(to, min(n, SUM_BLOCK));
  }
  return total;
}

/** Divides each of `rows` rows of `n` exponentials, side by side, by its sum; n <= SUM_BLOCK. */
export function normalizeRows(out: usize, rows: i32, n: i32): void {
  for (; rows > 0; rows--, out += <usize>n << 2) scaleRow(out, n, <f32>(1.0 / sumBlock(out, n)));
}

function sumBlock(e: usize, n: i32): f64 {
  let low = zeros();
  let high = zeros();
  for (; n >= 16; n -= 16, e += 64) {
    const s = f32x4.add(f32x4.add(v128.load(e), v128.load(e, 16)), f32x4.add(v128.load(e, 32), v128.load(e, 48)));
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  if (n > 0) {
    const s = f32x4.add(
      f32x4.add(existing(e, n, 0), existing(e, n, 1)),
      f32x4.add(existing(e, n, 2), existing(e, n, 3)),
    );
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  return sum2(low, high);
}

//  Vector `k` of four that hold sixteen values; the values from `n` on are replaced by 0.
@inline
function existing(at: usize, n: i32, k: usize): v128 {
  return v128.and(v128.load(at + (k << 4)), firstOfSixteen(n, k));
}

/** Multiplies `n` values side by side by `factor`. */
export function scaleRow(out: usize, n: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  const end = out + (<usize>(n & ~3) << 2);
  for (; out < end; out += 16) v128.store(out, f32x4.mul(v128.load(out), f));
  storeLanes(out, f32x4.mul(v128.load(out), f), n & 3);
}

/**
 * Adds the exponentials of four neighbouring rows, whose `n` classes lie `lineBytes` apart, to sums[0..3], f64.
 * Order: as above.
 */
export function sumColumn(sums: usize, e: usize, n: i32, lineBytes: usize): void {
  for (; n > 0; n -= SUM_BLOCK, e += <usize>SUM_BLOCK * lineBytes) {
    let low = zeros();
    let high = zeros();
    for (let parity = 0; parity < 2; parity++) {
      let pairLow = zeros();
      let pairHigh = zeros();
      for (let j = parity; j < 4; j += 2) {
        let sumLow = zeros();
        let sumHigh = zeros();
        let at = e + <usize>j * lineBytes;
        for (let c = min(n, SUM_BLOCK) - j; c > 0; c -= 16, at += lineBytes << 4) {
          const s = f32x4.add(
            f32x4.add(v128.load(at), line(at, c, 4, lineBytes)),
            f32x4.add(line(at, c, 8, lineBytes), line(at, c, 12, lineBytes)),
          );
          sumLow = f64x2.add(sumLow, low2(s));
          sumHigh = f64x2.add(sumHigh, high2(s));
        }
        pairLow = f64x2.add(pairLow, sumLow);
        pairHigh = f64x2.add(pairHigh, sumHigh);
      }
      low = f64x2.add(low, pairLow);
      high = f64x2.add(high, pairHigh);
    }
    v128.store(sums, f64x2.add(v128.load(sums), low));
    v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
  }
}

//  The vector `k` lines further on; zeros if only `left` lines, at most `k`, are left.
@inline
function line(at: usize, left: i32, k: i32, lineBytes: usize): v128 {
  return v128.load(left > k ? at + <usize>k * lineBytes : ZEROS);
}

/** Multiplies `n` classes of `width` neighbouring rows by a factor for each row. */
export function scaleColumns(out: usize, n: i32, lineBytes: usize, width: i32, factors: usize): void {
  for (; n > 0; n--, out += lineBytes) {
    for (let i = 0; i < width; i += 4) {
      const at = <usize>i << 2;
      storeLanes(out + at, f32x4.mul(v128.load(out + at), v128.load(factors + at)), width - i);
    }
  }
}

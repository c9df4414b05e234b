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
import { firstLanes, high2, low2, storeLanes, sum2 } from "./lanes";

/** Classes summed on their own before their sum joins the row's. Pieces of a row start at multiples of it. */
export const SUM_BLOCK: i32 = 4096;

/** Room for the exponentials of sixteen classes of four rows, and for their sums. */
export const STEP_BYTES: usize = 256 + 128;

/**
 * e^((p - m)/tau) for `n` classes side by side; gives the sum, on top of `total`.
 * Layout: no alignment; p is read up to the next whole vector; m is read from memory.
 * Shape:  n >= 1.
 * Order:  as above.
 * Alias:  out may be p. spare != 0: it takes up to SUM_BLOCK exponentials at a time in place of out.
 */
export function exponentiateRow(
  out: usize,
  spare: usize,
  p: usize,
  n: i32,
  m: usize,
  temper: usize,
  total: f64,
): f64 {
  for (; n > 0; n -= SUM_BLOCK, p += <usize>SUM_BLOCK << 2, out += <usize>SUM_BLOCK << 2) {
    const to = spare ? spare : out;
    exponentiateRows(to, p, 1, min(n, SUM_BLOCK), 0, m, temper);
    total += sumBlock(to, min(n, SUM_BLOCK));
  }
  return total;
}

/**
 * e^((p - m)/tau) for `rows` short rows: exponentiateRow without the sums, which wait for what is exponentiated.
 * Layout: the rows of p lie pBytes apart, those of out side by side; max has one maximum a row.
 */
export function exponentiateRows(out: usize, p: usize, rows: i32, n: i32, pBytes: usize, max: usize, temper: usize): void {
  for (; rows > 0; rows--, p += pBytes, max += 4, out += <usize>n << 2) {
    exponentiateLines(out, p, 16, n, v128.load32_splat(max), temper);
  }
}

//  The first `n` lanes of vectors of p that lie pBytes apart.
function exponentiateLines(out: usize, p: usize, pBytes: usize, n: i32, m: v128, temper: usize): void {
  for (; n >= 8; n -= 8, p += pBytes << 1, out += 32) {
    const a = exp4(v128.load(p), m, temper);
    const b = exp4(v128.load(p + pBytes), m, temper);
    v128.store(out, a);
    v128.store(out, b, 16);
  }
  for (; n > 0; n -= 4, p += pBytes, out += 16) storeLanes(out, exp4(v128.load(p), m, temper), n);
}

/** Divides each of `rows` rows of exponentials side by side by its sum, n <= SUM_BLOCK. */
export function normalizeRows(out: usize, rows: i32, n: i32): void {
  for (; rows > 0; rows--, out += <usize>n << 2) scaleRow(out, n, <f32>(1.0 / sumBlock(out, n)));
}

function sumBlock(e: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (; n >= 16; n -= 16, e += 64) {
    const s = ofSixteen(e, 16);
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  if (n > 0) {
    const s = f32x4.add(
      f32x4.add(existing(e, n), existing(e + 16, n - 4)),
      f32x4.add(existing(e + 32, n - 8), existing(e + 48, n - 12)),
    );
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  return sum2(low, high);
}

//  The first `n` lanes, the others 0.
@inline
function existing(at: usize, n: i32): v128 {
  return v128.and(v128.load(at), firstLanes(max(0, min(n, 4))));
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
 * Layout: four lanes are read, `lanes` of them written; m has one maximum a lane; `step` is room for STEP_BYTES.
 * Shape:  n >= 1.
 * Order:  as above.
 * Alias:  out may be p. out = 0: only the sums.
 */
export function exponentiateColumn(
  out: usize,
  sums: usize,
  step: usize,
  p: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  m: v128,
  temper: usize,
): void {
  for (let left = n; left > 0; left -= SUM_BLOCK) {
    for (let at = step + 256; at < step + 384; at += 16) v128.store(at, f64x2.splat(0));
    for (let c = min(left, SUM_BLOCK); c > 0; c -= 16) {
      const lines = min(c, 16);
      const end = step + (<usize>lines << 4);
      exponentiateLines(step, p, lineBytes, lines << 2, m, temper);
      p += <usize>lines * lineBytes;
      if (out) {
        for (let at = step; at < end; at += 16, out += lineBytes) storeLanes(out, v128.load(at), lanes);
      }
      for (let at = end; at < step + 256; at += 16) v128.store(at, f32x4.splat(0));
      for (let j = step; j < step + 64; j += 16) {
        const s = ofSixteen(j, 64);
        const at = j + j - step;
        v128.store(at, f64x2.add(v128.load(at, 256), low2(s)), 256);
        v128.store(at, f64x2.add(v128.load(at, 272), high2(s)), 272);
      }
    }
    addFour(sums, step + 256);
    addFour(sums + 16, step + 272);
  }
}

//  (sum_0 + sum_2) + (sum_1 + sum_3) on top of what is there
@inline
function addFour(sums: usize, at: usize): void {
  const even = f64x2.add(v128.load(at), v128.load(at, 64));
  const odd = f64x2.add(v128.load(at, 32), v128.load(at, 96));
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.add(even, odd)));
}

//  (a + b) + (c + d) of four vectors `apart` bytes apart
@inline
function ofSixteen(at: usize, apart: usize): v128 {
  return f32x4.add(
    f32x4.add(v128.load(at), v128.load(at + apart)),
    f32x4.add(v128.load(at + 2 * apart), v128.load(at + 3 * apart)),
  );
}

/** Multiplies a column by one factor a lane. */
export function scaleColumn(out: usize, n: i32, lineBytes: usize, lanes: i32, factor: v128): void {
  for (; n > 0; n--, out += lineBytes) {
    storeLanes(out, f32x4.mul(v128.load(out), factor), lanes);
  }
}

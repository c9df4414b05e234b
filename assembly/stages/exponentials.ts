// The exponentials of softmax, e^((p - m)/tau), of rows and columns. The maximum m of a row decides which way of exp.ts it
// goes, near or far.

import { exp4, expFar4, expNear4, halvings, near, restOf } from "../lanes/exp";
import { firstLanes, storeLanes } from "../lanes/lanes";

/**
 * e^((p - m)/tau) for `rows` rows of `n` classes side by side. The sums are left to the caller: each would wait for the
 * exponentials before it.
 * Layout: the rows of p lie pBytes apart, those of out side by side; `max` has one maximum for each row.
 */
export function exponentiateRows(out: usize, p: usize, rows: i32, n: i32, pBytes: usize, max: usize, tau: usize): void {
  for (; rows > 0; rows--, p += pBytes, max += 4, out += <usize>n << 2) {
    exponentiateLine(out, p, n, v128.load32_splat(max), tau);
  }
}

//  One row. Four vectors are done at a time, because they do not wait for each other.
function exponentiateLine(out: usize, p: usize, n: i32, m: v128, tau: usize): void {
  if (!i32x4.all_true(near(m, tau))) {
    for (; n > 0; n -= 4, p += 16, out += 16) storeLanes(out, expFar4(v128.load(p), m, tau), n);
    return;
  }
  const base = halvings(m, tau);
  const rest = restOf(m, base, tau);
  for (; n >= 16; n -= 16, p += 64, out += 64) {
    const a = expNear4(v128.load(p), m, base, rest, tau);
    const b = expNear4(v128.load(p, 16), m, base, rest, tau);
    const c = expNear4(v128.load(p, 32), m, base, rest, tau);
    const d = expNear4(v128.load(p, 48), m, base, rest, tau);
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
  }
  for (; n > 0; n -= 4, p += 16, out += 16) storeLanes(out, expNear4(v128.load(p), m, base, rest, tau), n);
}

/**
 * e^((p - m)/tau) for `n` classes of `width` neighbouring rows.
 * Layout: the classes of p lie pBytes apart, those of out outBytes; p is read up to the next whole vector; `max` has one
 *         maximum for each row.
 * Shape:  n >= 1, width >= 1.
 * Alias:  out may be p.
 */
export function exponentiateColumns(
  out: usize,
  outBytes: usize,
  p: usize,
  pBytes: usize,
  n: i32,
  width: i32,
  max: usize,
  tau: usize,
): void {
  let i = 0;
  for (; i + 16 <= width; i += 16) {
    const at = <usize>i << 2;
    exponentiateSixteen(out + at, outBytes, p + at, pBytes, n, max + at, tau);
  }
  for (; i < width; i += 4) {
    const at = <usize>i << 2;
    exponentiateFour(out + at, outBytes, p + at, pBytes, n, min(4, width - i), v128.load(max + at), tau);
  }
}

//  Sixteen neighbouring rows, a line of the cache: it is read once.
function exponentiateSixteen(out: usize, outBytes: usize, p: usize, pBytes: usize, n: i32, max: usize, tau: usize): void {
  const m0 = v128.load(max);
  const m1 = v128.load(max, 16);
  const m2 = v128.load(max, 32);
  const m3 = v128.load(max, 48);
  const allNear = v128.and(v128.and(near(m0, tau), near(m1, tau)), v128.and(near(m2, tau), near(m3, tau)));
  if (!i32x4.all_true(allNear)) {
    for (let at: usize = 0; at < 64; at += 16) {
      exponentiateFour(out + at, outBytes, p + at, pBytes, n, 4, v128.load(max + at), tau);
    }
    return;
  }
  const b0 = halvings(m0, tau);
  const b1 = halvings(m1, tau);
  const b2 = halvings(m2, tau);
  const b3 = halvings(m3, tau);
  const r0 = restOf(m0, b0, tau);
  const r1 = restOf(m1, b1, tau);
  const r2 = restOf(m2, b2, tau);
  const r3 = restOf(m3, b3, tau);
  for (; n > 0; n--, p += pBytes, out += outBytes) {
    const a = expNear4(v128.load(p), m0, b0, r0, tau);
    const b = expNear4(v128.load(p, 16), m1, b1, r1, tau);
    const c = expNear4(v128.load(p, 32), m2, b2, r2, tau);
    const d = expNear4(v128.load(p, 48), m3, b3, r3, tau);
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
  }
}

//  Up to four neighbouring rows, one to a lane, their maxima in `m`.
function exponentiateFour(
  out: usize,
  outBytes: usize,
  p: usize,
  pBytes: usize,
  n: i32,
  lanes: i32,
  m: v128,
  tau: usize,
): void {
  if (!i32x4.all_true(v128.or(near(m, tau), v128.not(firstLanes(lanes))))) {
    for (; n > 0; n--, p += pBytes, out += outBytes) storeLanes(out, exp4(v128.load(p), m, tau), lanes);
    return;
  }
  const base = halvings(m, tau);
  const rest = restOf(m, base, tau);
  for (; n >= 4; n -= 4, p += pBytes << 2, out += outBytes << 2) {
    const a = expNear4(v128.load(p), m, base, rest, tau);
    const b = expNear4(v128.load(p + pBytes), m, base, rest, tau);
    const c = expNear4(v128.load(p + 2 * pBytes), m, base, rest, tau);
    const d = expNear4(v128.load(p + 3 * pBytes), m, base, rest, tau);
    storeLanes(out, a, lanes);
    storeLanes(out + outBytes, b, lanes);
    storeLanes(out + 2 * outBytes, c, lanes);
    storeLanes(out + 3 * outBytes, d, lanes);
  }
  for (; n > 0; n--, p += pBytes, out += outBytes) storeLanes(out, expNear4(v128.load(p), m, base, rest, tau), lanes);
}

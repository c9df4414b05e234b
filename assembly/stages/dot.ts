// The products <c, y> of cotangents and soft samples, for gradients, and whether the cotangents are finite.
//
// Order, the same for rows and columns: the order of softmax.ts, with c*y in the place of e; products are formed in f32. If the
// largest |c| of a block of SUM_BLOCK classes is neither 0 nor in [2^-90, 2^60), f32 would lose digits or overflow: that block
// is summed in f64, in the order of sums-in-f64.ts.
//
// The largest |c| is found on the way and tells whether the cotangent is finite. It is held as the bits of c shifted left by one,
// without the sign: as unsigned numbers these are in the order of |c|, with Infinity above all finite ones and NaN above
// Infinity.

import { SUM_BLOCK } from "../../src/kernels/abi";
import { allOnes, firstLanes, firstOfSixteen, high2, low2, sum2, ZEROS, zeros } from "../lanes/lanes";
import { dotBlockInF64, dotColumnInF64 } from "./sums-in-f64";

/** A row's dot is <c, y>, f64, and at LARGEST its largest |c|, u32, as above. */
export const LARGEST: usize = 8;

const LEAST_BITS: u32 = 0x25000000; // 2^-90
const END_BITS: u32 = 0xbb000000; // 2^60
const INFINITE_BITS: u32 = 0xff000000;

/** Whether f32 suits a row with this largest |c|; it suits a row of zeros. */
@inline
export function suitsF32(largest: u32): bool {
  return largest == 0 || largest - LEAST_BITS < END_BITS - LEAST_BITS;
}

/** suitsF32 of four rows: all ones in the lanes that it suits. */
export function suitF32(largest: v128): v128 {
  const inside = i32x4.lt_u(i32x4.sub(largest, i32x4.splat(LEAST_BITS)), i32x4.splat(END_BITS - LEAST_BITS));
  return v128.or(inside, i32x4.eq(largest, zeros()));
}

/** Whether a cotangent with this largest |c| has a NaN or an Infinity. */
@inline
export function isSpoiled(largest: u32): bool {
  return largest >= INFINITE_BITS;
}

/** Whether isSpoiled holds for any of four rows. */
export function anySpoiled(largest: v128): bool {
  return v128.any_true(i32x4.ge_u(largest, i32x4.splat(INFINITE_BITS)));
}

/**
 * <c, y> of each of `rows` rows side by side, n <= SUM_BLOCK, rounded to f32. Gives whether f32 suits all of these rows; if
 * not, the dots must not be used.
 */
export function dotRowsInF32(dots: usize, cotangent: usize, y: usize, rows: i32, n: i32): bool {
  const whole = <usize>(n & ~15) << 2;
  const tail = n & 15;
  const rowBytes = <usize>n << 2;
  // The largest |c| is checked in each lane: if all lanes suit, so do the rows. `least` is of |c| - 1, as unsigned numbers: a
  // lane of zeros becomes the largest number and is no reason against f32.
  let most = zeros();
  let least = allOnes();
  for (; rows > 0; rows--, dots += 4, cotangent += rowBytes, y += rowBytes) {
    let low = zeros();
    let high = low;
    let seen = low;
    for (let at: usize = 0; at < whole; at += 64) {
      const c0 = v128.load(cotangent + at);
      const c1 = v128.load(cotangent + at, 16);
      const c2 = v128.load(cotangent + at, 32);
      const c3 = v128.load(cotangent + at, 48);
      const s = f32x4.add(
        f32x4.add(f32x4.mul(c0, v128.load(y + at)), f32x4.mul(c1, v128.load(y + at, 16))),
        f32x4.add(f32x4.mul(c2, v128.load(y + at, 32)), f32x4.mul(c3, v128.load(y + at, 48))),
      );
      seen = larger(larger(larger(larger(seen, c0), c1), c2), c3);
      low = f64x2.add(low, low2(s));
      high = f64x2.add(high, high2(s));
    }
    if (tail) {
      // Vectors behind the last class would add only zeros, and are left out.
      const c0 = existing(cotangent + whole, tail, 0);
      let s = f32x4.mul(c0, existing(y + whole, tail, 0));
      seen = larger(seen, c0);
      if (tail > 4) {
        const c1 = existing(cotangent + whole, tail, 1);
        s = f32x4.add(s, f32x4.mul(c1, existing(y + whole, tail, 1)));
        seen = larger(seen, c1);
        if (tail > 8) {
          const c2 = existing(cotangent + whole, tail, 2);
          let t = f32x4.mul(c2, existing(y + whole, tail, 2));
          seen = larger(seen, c2);
          if (tail > 12) {
            const c3 = existing(cotangent + whole, tail, 3);
            t = f32x4.add(t, f32x4.mul(c3, existing(y + whole, tail, 3)));
            seen = larger(seen, c3);
          }
          s = f32x4.add(s, t);
        }
      }
      low = f64x2.add(low, low2(s));
      high = f64x2.add(high, high2(s));
    }
    store<f32>(dots, <f32>sum2(low, high));
    most = i32x4.max_u(most, seen);
    least = i32x4.min_u(least, i32x4.add(seen, allOnes()));
  }
  return i32x4.all_true(
    v128.and(i32x4.lt_u(most, i32x4.splat(END_BITS)), i32x4.ge_u(least, i32x4.splat(LEAST_BITS - 1))),
  );
}

/**
 * Adds <c, y> over `n` classes side by side to a row's dot, and raises the dot's largest |c| to theirs.
 * Layout: no alignment; c and y are read up to the next multiple of sixteen.
 */
export function dotRow(dot: usize, cotangent: usize, y: usize, n: i32): void {
  for (; n > 0; n -= SUM_BLOCK, cotangent += <usize>SUM_BLOCK << 2, y += <usize>SUM_BLOCK << 2) {
    dotBlock(dot, cotangent, y, min(n, SUM_BLOCK));
  }
}

function dotBlock(dot: usize, cotangent: usize, y: usize, n: i32): void {
  let low = zeros();
  let high = zeros();
  let seen = zeros();
  const whole = <usize>(n & ~15) << 2;
  for (let at: usize = 0; at < whole; at += 64) {
    const c0 = v128.load(cotangent + at);
    const c1 = v128.load(cotangent + at, 16);
    const c2 = v128.load(cotangent + at, 32);
    const c3 = v128.load(cotangent + at, 48);
    const s = f32x4.add(
      f32x4.add(f32x4.mul(c0, v128.load(y + at)), f32x4.mul(c1, v128.load(y + at, 16))),
      f32x4.add(f32x4.mul(c2, v128.load(y + at, 32)), f32x4.mul(c3, v128.load(y + at, 48))),
    );
    seen = larger(larger(larger(larger(seen, c0), c1), c2), c3);
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  if (n & 15) {
    const c0 = existing(cotangent + whole, n & 15, 0);
    const c1 = existing(cotangent + whole, n & 15, 1);
    const c2 = existing(cotangent + whole, n & 15, 2);
    const c3 = existing(cotangent + whole, n & 15, 3);
    const s = f32x4.add(
      f32x4.add(f32x4.mul(c0, existing(y + whole, n & 15, 0)), f32x4.mul(c1, existing(y + whole, n & 15, 1))),
      f32x4.add(f32x4.mul(c2, existing(y + whole, n & 15, 2)), f32x4.mul(c3, existing(y + whole, n & 15, 3))),
    );
    seen = larger(larger(larger(larger(seen, c0), c1), c2), c3);
    low = f64x2.add(low, low2(s));
    high = f64x2.add(high, high2(s));
  }
  seen = i32x4.max_u(seen, v128.shuffle<i32>(seen, seen, 2, 3, 0, 1));
  seen = i32x4.max_u(seen, v128.shuffle<i32>(seen, seen, 1, 0, 3, 2));
  const largest = <u32>i32x4.extract_lane(seen, 0);
  const found = suitsF32(largest) ? sum2(low, high) : dotBlockInF64(cotangent, y, n);
  store<f64>(dot, load<f64>(dot) + found);
  store<u32>(dot, max(load<u32>(dot, LARGEST), largest), LARGEST);
}

@inline
function larger(seen: v128, c: v128): v128 {
  return i32x4.max_u(seen, i32x4.shl(c, 1));
}

//  Vector `k` of four that hold sixteen values; the values from `n` on are replaced by 0.
@inline
function existing(at: usize, n: i32, k: usize): v128 {
  return v128.and(v128.load(at + (k << 4)), firstOfSixteen(n, k));
}

/**
 * Adds <c, y> of up to four neighbouring rows, one to a lane, to dots[0..3], f64, and raises `largest`, four u32, to their
 * largest |c|. `step` is room for 32 bytes.
 */
export function dotColumn(
  dots: usize,
  largest: usize,
  step: usize,
  cotangent: usize,
  y: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
): void {
  for (; n > 0; n -= SUM_BLOCK, cotangent += <usize>SUM_BLOCK * lineBytes, y += <usize>SUM_BLOCK * lineBytes) {
    let low = zeros();
    let high = zeros();
    let seen = zeros();
    for (let parity = 0; parity < 2; parity++) {
      let pairLow = zeros();
      let pairHigh = zeros();
      for (let j = parity; j < 4; j += 2) {
        let sumLow = zeros();
        let sumHigh = zeros();
        let at = <usize>j * lineBytes;
        for (let left = min(n, SUM_BLOCK) - j; left > 0; left -= 16, at += lineBytes << 4) {
          const c0 = v128.load(cotangent + at);
          const c1 = line(cotangent + at, left, 4, lineBytes);
          const c2 = line(cotangent + at, left, 8, lineBytes);
          const c3 = line(cotangent + at, left, 12, lineBytes);
          const s = f32x4.add(
            f32x4.add(f32x4.mul(c0, v128.load(y + at)), f32x4.mul(c1, line(y + at, left, 4, lineBytes))),
            f32x4.add(
              f32x4.mul(c2, line(y + at, left, 8, lineBytes)), f32x4.mul(c3, line(y + at, left, 12, lineBytes)),
            ),
          );
          seen = larger(larger(larger(larger(seen, c0), c1), c2), c3);
          sumLow = f64x2.add(sumLow, low2(s));
          sumHigh = f64x2.add(sumHigh, high2(s));
        }
        pairLow = f64x2.add(pairLow, sumLow);
        pairHigh = f64x2.add(pairHigh, sumHigh);
      }
      low = f64x2.add(low, pairLow);
      high = f64x2.add(high, pairHigh);
    }
    seen = v128.and(seen, firstLanes(lanes));
    const suits = suitF32(seen);
    if (!i32x4.all_true(suits)) {
      v128.store(step, zeros());
      v128.store(step, zeros(), 16);
      dotColumnInF64(step, cotangent, y, min(n, SUM_BLOCK), lineBytes);
      low = v128.bitselect(low, v128.load(step), i64x2.extend_low_i32x4_s(suits));
      high = v128.bitselect(high, v128.load(step, 16), i64x2.extend_high_i32x4_s(suits));
    }
    v128.store(dots, f64x2.add(v128.load(dots), low));
    v128.store(dots, f64x2.add(v128.load(dots, 16), high), 16);
    v128.store(largest, i32x4.max_u(v128.load(largest), seen));
  }
}

//  The vector `k` lines further on; zeros if only `left` lines, at most `k`, are left.
@inline
function line(at: usize, left: i32, k: i32, lineBytes: usize): v128 {
  return v128.load(left > k ? at + <usize>k * lineBytes : ZEROS);
}

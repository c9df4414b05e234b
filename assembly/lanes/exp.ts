// e^((p - m)/tau) per lane for softmax: p is a perturbed logit, m the maximum of its row, so the exponent is <= 0.
//
// Method:  two ways; the maximum of a row chooses the one for all its classes.
//          Near, |m| <= 1900*tau*ln 2 and 1e-6 < tau < 1e6: p and m are reduced separately, p = n*high + n*low + r, where
//          high + low = tau*ln 2 and n*high is exact (Cody and Waite). With N the n of p less that of m, and R the r of p less
//          that of m, the result is 2^N * (1 + R*Q(R)); the coefficients of Q are made for tau.
//          Far, elsewhere: d = p - m with the rounding error e of that subtraction (Knuth's TwoSum);
//          n = nearest(d / (tau*ln 2));  r = d - n*high - n*low + e;  2^n * 2^(r / (tau*ln 2)).
// Source:  tests/fit/exp.py, minimax for relative error; the coefficients of far are rounded lowest first
// Error:   EXP in tests/tolerance.ts, whatever the size of (p - m)/tau. Worst known: near 2.36e-7 (p = 1082513, m =
//          1137763.125, tau = 1714.1743374563173), far 2.31e-7 (p = -33333314, m = -31883960, tau = 28090.684767147737).
//          e^0 is exactly 1, because for p = m both ways subtract equal numbers. No result is above 1. Below 2^-125.5 it is 0.
//
// A single product (p - m) * (log2(e)/tau) would err by up to 6e-8 * |p - m|/tau, alike in every class of a row, and through the
// sum also in the class where p = m.

const TABLE = memory.data<u32>(
  [
    0x3f317215, 0x3e75fcd2, 0x3d635acb, 0x3c1e79d9, 0x3aae5d2b, // (2^f - 1)/f, |f| <= 1/2
    0x3f800000, // 1
    0x4b400000, // 1.5 * 2^23: adding it rounds to an integer and leaves that in the low bits
    0xc2fb0000, // -125.5
  ],
  16,
);
const ONE: usize = TABLE + 20;
const ROUND: usize = TABLE + 24;
const LEAST: usize = TABLE + 28;

//  (2^f - 1)/f again, in f64: tauConstants scales it by tau to Q.
const SCALED = memory.data<f64>(
  [0.6931469775756317, 0.24022242058119495, 0.0555073377415099, 0.009671514423976806, 0.0013264720734255456],
  16,
);

const LOG2_E: f64 = 1.4426950408889634;
const LN_2: f64 = 0.6931471805599453;

//  The constants of a tau, vectors of equal lanes: log2(e)/tau; for far, tau*ln 2 cut to 17 bits, and the rest; for near,
//  tau*ln 2 cut to 13 bits, and the rest, and the five coefficients of Q; the largest |m| that is near, or -1 if none is.
const HIGH: usize = 16;
const LOW: usize = 32;
const NEAR_HIGH: usize = 48;
const NEAR_LOW: usize = 64;
const Q: usize = 80;
const FARTHEST: usize = 160;
export const TAU_BYTES: usize = 176;

/**
 * Largest |n| of a maximum that is near. Classes below it by more than 126 give 0; for the others |n| < 2^11, and n*high is
 * exact.
 */
const MOST_HALVINGS: f64 = 1900.0;

/** Writes the constants of tau, 2^-100 <= tau <= 2^60; TAU_BYTES in all. */
export function tauConstants(at: usize, tau: f64): void {
  const unit = LN_2 * tau;
  const slope = LOG2_E / tau;
  v128.store(at, f32x4.splat(<f32>slope));
  storeParts(at + HIGH, unit, 0xffffff80);
  storeParts(at + NEAR_HIGH, unit, 0xfffff800);
  let power = slope;
  for (let k: usize = 0; k < 5; k++, power *= slope) {
    v128.store(at + Q + (k << 4), f32x4.splat(<f32>(load<f64>(SCALED + (k << 3)) * power)));
  }
  // For any other tau, the powers of the slope leave the range of f32.
  const farthest = tau > 1e-6 && tau < 1e6 ? <f32>(unit * MOST_HALVINGS) : -1;
  v128.store(at + FARTHEST, f32x4.splat(farthest));
}

//  The bits of `unit` that the mask leaves, and the rest.
function storeParts(at: usize, unit: f64, mask: u32): void {
  const high = reinterpret<f32>(reinterpret<u32>(<f32>unit) & mask);
  v128.store(at, f32x4.splat(high));
  v128.store(at, f32x4.splat(<f32>(unit - <f64>high)), 16);
}

@inline
function c4(at: usize): v128 {
  return v128.load32_splat(at);
}

/** All ones in the lanes whose maximum is near. */
@inline
export function near(m: v128, tau: usize): v128 {
  return f32x4.le(f32x4.abs(m), v128.load(tau, FARTHEST));
}

/** `base` of expNear4, for maxima that are near: 1.5 * 2^23 - n. */
@inline
export function halvings(m: v128, tau: usize): v128 {
  const n = f32x4.sub(f32x4.add(f32x4.mul(m, v128.load(tau)), c4(ROUND)), c4(ROUND));
  return f32x4.sub(c4(ROUND), n);
}

/** `rest` of expNear4, for maxima that are near: their r. */
@inline
export function restOf(m: v128, base: v128, tau: usize): v128 {
  return reduced(m, f32x4.sub(c4(ROUND), base), tau);
}

//  r of p: p - n*high - n*low.
@inline
function reduced(p: v128, n: v128, tau: usize): v128 {
  return f32x4.sub(f32x4.sub(p, f32x4.mul(n, v128.load(tau, NEAR_HIGH))), f32x4.mul(n, v128.load(tau, NEAR_LOW)));
}

/** e^((p - m)/tau) under a maximum that is near; p = -Infinity gives 0. */
@inline
export function expNear4(p: v128, m: v128, base: v128, rest: v128, tau: usize): v128 {
  const t = f32x4.mul(f32x4.sub(p, m), v128.load(tau));
  const biased = f32x4.add(t, c4(ROUND));
  const r = f32x4.sub(reduced(p, f32x4.sub(biased, base), tau), rest);
  let q = f32x4.add(v128.load(tau, Q + 48), f32x4.mul(v128.load(tau, Q + 64), r));
  q = f32x4.add(v128.load(tau, Q + 32), f32x4.mul(q, r));
  q = f32x4.add(v128.load(tau, Q + 16), f32x4.mul(q, r));
  q = f32x4.add(v128.load(tau, Q), f32x4.mul(q, r));
  const power = i32x4.add(f32x4.add(c4(ONE), f32x4.mul(q, r)), i32x4.shl(biased, 23));
  return v128.and(power, f32x4.ge(t, c4(LEAST)));
}

/** e^((p - m)/tau) under any maximum; p = -Infinity gives 0, and so does any p, NaN too, under m = Infinity. */
@inline
export function expFar4(p: v128, m: v128, tau: usize): v128 {
  const slope = v128.load(tau);
  const d = f32x4.sub(p, m);
  const back = f32x4.sub(p, d);
  const e = f32x4.add(f32x4.sub(p, f32x4.add(d, back)), f32x4.sub(back, m));
  const t = f32x4.mul(d, slope);
  const biased = f32x4.add(t, c4(ROUND));
  const n = f32x4.sub(biased, c4(ROUND));
  const r = f32x4.sub(f32x4.sub(d, f32x4.mul(n, v128.load(tau, HIGH))), f32x4.sub(f32x4.mul(n, v128.load(tau, LOW)), e));
  const f = f32x4.mul(r, slope);
  const ff = f32x4.mul(f, f);
  const even = f32x4.add(c4(TABLE), f32x4.mul(c4(TABLE + 4), f));
  const odd = f32x4.add(c4(TABLE + 8), f32x4.mul(c4(TABLE + 12), f));
  const q = f32x4.add(f32x4.add(even, f32x4.mul(odd, ff)), f32x4.mul(c4(TABLE + 16), f32x4.mul(ff, ff)));
  const power = i32x4.add(f32x4.add(c4(ONE), f32x4.mul(q, f)), i32x4.shl(biased, 23));
  return v128.and(power, f32x4.ge(t, c4(LEAST)));
}

/** e^((p - m)/tau) for four rows: each lane takes the way that its maximum asks for. */
export function exp4(p: v128, m: v128, tau: usize): v128 {
  const base = halvings(m, tau);
  return v128.bitselect(expNear4(p, m, base, restOf(m, base, tau), tau), expFar4(p, m, tau), near(m, tau));
}

// 1/k! for k = 12 down to 0; log2(e); 1.5 * 2^52; ln 2 to 33 bits, whose product with an integer below 2^20 is exact; the rest.
const TAYLOR = memory.data<f64>(
  [
    2.08767569878681e-9, 2.505210838544172e-8, 2.755731922398589e-7, 2.7557319223985893e-6, 0.0000248015873015873,
    0.0001984126984126984, 0.001388888888888889, 0.008333333333333333, 0.041666666666666664, 0.16666666666666666, 0.5, 1, 1,
    1.4426950408889634, 6755399441055744, 0.6931471803691238, 1.9082149292705877e-10,
  ],
  16,
);
const LOG2_E_F64: usize = TAYLOR + 104;
const ROUND_F64: usize = TAYLOR + 112;
const LN_2_HIGH: usize = TAYLOR + 120;
const LN_2_LOW: usize = TAYLOR + 128;
const LEAST_F64: f64 = -700.0;

@inline
function c2(at: usize): v128 {
  return v128.load64_splat(at);
}

/**
 * e^t for two f64, t <= 0: the Taylor series of e^r to r^12, |r| <= ln 2 / 2, times 2^n. For sums whose terms cancel.
 * Error: below 1e-14, relative; t < -700 gives 0.
 */
export function expPair(t: v128): v128 {
  const biased = f64x2.add(f64x2.mul(t, c2(LOG2_E_F64)), c2(ROUND_F64));
  const n = f64x2.sub(biased, c2(ROUND_F64));
  const r = f64x2.sub(f64x2.sub(t, f64x2.mul(n, c2(LN_2_HIGH))), f64x2.mul(n, c2(LN_2_LOW)));
  let p = c2(TAYLOR);
  for (let k = 1; k < 13; k++) p = f64x2.add(f64x2.mul(p, r), c2(TAYLOR + (<usize>k << 3)));
  return v128.and(i64x2.add(p, i64x2.shl(biased, 52)), f64x2.ge(t, f64x2.splat(LEAST_F64)));
}

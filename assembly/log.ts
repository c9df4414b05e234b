// Logarithms: two lane functions that take a random word to Gumbel noise, and a scalar f64 for log-softmax.
//
// Method:  y = 2^k * m, m in [sqrt(1/2), sqrt(2)), s = (1 - m)/(1 + m), z = s^2;  -ln y = -k*ln 2 + 2s + s*z*T(z)
// Source:  tests/fit/log.py, minimax for relative error, coefficients rounded lowest first
// Error:   NOISE in tests/tolerance.ts, for the two lane functions in a row over all 2^32 words

// The exponent k stays where it stands, 23 bits up, and the constant it is multiplied by is 2^-23 times as large.

// Read by load32_splat: an engine rebuilds a v128.const at every use.
const TABLE = memory.data<u32>(
  [
    0x3f2aaa81, 0x3ecce8e6, 0x3e8f6020, 0x3e8f650c, // T, |s| <= 1/3
    0x3f2aa36d, 0x3ed2f492, // T, |s| <= 0.1716
    0x3f3504f3, // bits of sqrt(1/2)
    0x33b17218, // ln 2 / 2^23
    0x3f800000, 0x40000000, 0x3f000000, // 1, 2, 1/2
    0x10000000, // 32, 23 bits up
    0xff800000, 0x80000000, // sign and exponent, sign
  ],
  16,
);
const NEAR: usize = TABLE + 16;
const SQRT_HALF_BITS: usize = TABLE + 24;
const LN2: usize = TABLE + 28;
const ONE: usize = TABLE + 32;
const TWO: usize = TABLE + 36;
const HALF: usize = TABLE + 40;
const WORD_BITS: usize = TABLE + 44;
const EXPONENT: usize = TABLE + 48;
const SIGN: usize = TABLE + 52;

@inline
function c4(at: usize): v128 {
  return v128.load32_splat(at);
}

/**
 * E = -ln(1 - v), v = (x + 1/2)/2^32, x a random word per lane: an Exponential(1) variate.
 * Below x = 2^31 from v itself, s = v/(2 - v); above from the complement 1 - v = (~x + 1/2)/2^32, so both ends are exact.
 * Range: 2^-33 (x = 0) to 22.87 (x = 2^32 - 1).
 */
@inline
export function exponential4(x: v128): v128 {
  const upper = i32x4.shr_s(x, 31);
  const h = f32x4.add(f32x4.convert_i32x4_s(v128.xor(x, upper)), c4(HALF));
  const k = v128.and(i32x4.sub(c4(WORD_BITS), v128.and(i32x4.sub(h, c4(SQRT_HALF_BITS)), c4(EXPONENT))), upper);
  const m = i32x4.add(i32x4.sub(h, c4(WORD_BITS)), k);
  // Above 1 - m, below 0 + v: the same sum, its terms masked.
  const numerator = f32x4.add(v128.and(upper, c4(ONE)), v128.or(m, v128.and(upper, c4(SIGN))));
  const s = f32x4.div(numerator, f32x4.sub(c4(TWO), numerator));
  const z = f32x4.mul(s, s);
  const low = f32x4.add(c4(TABLE), f32x4.mul(c4(TABLE + 4), z));
  const high = f32x4.add(c4(TABLE + 8), f32x4.mul(c4(TABLE + 12), z));
  const t = f32x4.add(low, f32x4.mul(high, f32x4.mul(z, z)));
  const whole = f32x4.mul(f32x4.convert_i32x4_s(k), c4(LN2));
  return f32x4.add(f32x4.add(whole, f32x4.add(s, s)), f32x4.mul(f32x4.mul(s, z), t));
}

/** -ln y per lane, y positive and normal: Gumbel noise from an exponential variate. */
@inline
export function gumbel4(y: v128): v128 {
  const k = v128.and(i32x4.sub(y, c4(SQRT_HALF_BITS)), c4(EXPONENT));
  const m = f32x4.sub(c4(ONE), i32x4.sub(y, k));
  const s = f32x4.div(m, f32x4.sub(c4(TWO), m));
  const z = f32x4.mul(s, s);
  const t = f32x4.add(c4(NEAR), f32x4.mul(c4(NEAR + 4), z));
  const whole = f32x4.mul(f32x4.convert_i32x4_s(k), c4(LN2));
  return f32x4.add(f32x4.sub(f32x4.add(s, s), whole), f32x4.mul(f32x4.mul(s, z), t));
}

const SQRT_HALF_F64_BITS: i64 = 0x3fe6a09e667f3bcd;
const LN2_F64: f64 = 0.6931471805599453;

/** ln y, y >= 1 and finite; the series of atanh to s^19, error below 1e-15 * max(1, ln y). */
export function log(y: f64): f64 {
  const bits = reinterpret<i64>(y);
  const k = (bits - SQRT_HALF_F64_BITS) >> 52;
  const m = reinterpret<f64>(bits - (k << 52)) - 1.0;
  const s = m / (m + 2.0);
  const z = s * s;
  let p = 1.0 / 15.0 + z * (1.0 / 17.0 + z * (1.0 / 19.0));
  p = 1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * p));
  p = 1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * p));
  return <f64>k * LN2_F64 + 2.0 * (s + s * z * p);
}

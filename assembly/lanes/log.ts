// The natural logarithm of one f64, for log-softmax and for the table of the noise.
//
// Method:  y = 2^k * m, m in [sqrt(1/2), sqrt(2)), s = (m - 1)/(m + 1);  ln y = k*ln 2 + 2*(s + s^3/3 + ... + s^19/19)
// Source:  the series of atanh s
// Error:   below 1e-15 * max(|ln y|, 1); for y in [sqrt(1/2), sqrt(2)) below 1e-15 * |ln y|

const SQRT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;
const LN_2: f64 = 0.6931471805599453;

/** ln y, y normal, positive and finite. */
export function log(y: f64): f64 {
  const bits = reinterpret<i64>(y);
  const k = (bits - SQRT_HALF_BITS) >> 52;
  const m = reinterpret<f64>(bits - (k << 52)) - 1.0;
  const s = m / (m + 2.0);
  const z = s * s;
  let p = 1.0 / 15.0 + z * (1.0 / 17.0 + z * (1.0 / 19.0));
  p = 1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z * p));
  p = 1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * p));
  return <f64>k * LN_2 + 2.0 * (s + s * z * p);
}

// An upper bound of a word's noise, which takes a fraction of the noise's time and rules out most classes.
//
// Method:  -ln(1 - v) >= v, so g <= -ln v; v >= (x >> 1)/2^31 =: y; ln y >= (bits of y - 127 * 2^23) * ln 2 / 2^23, because the
//          logarithm is concave
// Error:   the bound is above the noise by 1.7e-4 and more, for all 2^32 words (tests/exhaustive); roundings take 3e-5 of that

import { allOnes, horizontalMax, infinity4, lowest4, padded, POSITIVE_INFINITY } from "../lanes/lanes";
import { allBelow, largestOfFour } from "../stages/perturb";

const TABLE = memory.data<f32>([8.262958e-8, 109.51742, 22.875], 16);
const LN2_PER_BIT: usize = TABLE; // ln 2 / 2^23
const OFFSET: usize = TABLE + 4; // (31 + 127) * ln 2 + 1.6e-4, of which the roundings take a part
const LARGEST: usize = TABLE + 8; // above 33 ln 2, the noise of x = 0
const LARGEST_NOISE: f32 = 22.875;
const LEEWAY: f32 = 4.76837158203125e-7; // 2^-21

/** An upper bound of the noise of word x. */
@inline
export function bound4(x: v128): v128 {
  return f32x4.pmin(f32x4.sub(v128.load32_splat(OFFSET), depthOf(x)), v128.load32_splat(LARGEST));
}

//  At most ln y + (31 + 127) * ln 2, up to rounding, y as in the header; 0 for x < 2, where y is 0.
@inline
function depthOf(x: v128): v128 {
  const bits = f32x4.convert_i32x4_s(f32x4.convert_i32x4_s(i32x4.shr_u(x, 1)));
  return f32x4.mul(bits, v128.load32_splat(LN2_PER_BIT));
}

/** An upper bound of scale*g for every word. */
@inline
export function mostNoise(scale: f64): f32 {
  return <f32>(scale * <f64>LARGEST_NOISE);
}

/**
 * Writes the bounds of `n` perturbed logits less OFFSET, which all bounds contain. Gives the largest of these, or Infinity if one
 * of the logits is NaN or Infinity.
 */
export function boundRow(bounds: usize, z: usize, words: usize, n: i32): f32 {
  const infinity = infinity4();
  let best = lowest4();
  let sane = allOnes();
  for (; n >= 16; n -= 16, bounds += 64, z += 64, words += 64) {
    const a = boundWithoutOffset(z, words);
    const b = boundWithoutOffset(z + 16, words + 16);
    const c = boundWithoutOffset(z + 32, words + 32);
    const d = boundWithoutOffset(z + 48, words + 48);
    v128.store(bounds, a);
    v128.store(bounds, b, 16);
    v128.store(bounds, c, 32);
    v128.store(bounds, d, 48);
    best = f32x4.pmax(best, largestOfFour(a, b, c, d));
    sane = v128.and(sane, allBelow(a, b, c, d, infinity));
  }
  for (; n > 0; n -= 4, bounds += 16, z += 16, words += 16) {
    const a = padded(boundWithoutOffset(z, words), n);
    v128.store(bounds, a);
    best = f32x4.pmax(best, a);
    sane = v128.and(sane, f32x4.lt(a, infinity));
  }
  return i32x4.all_true(sane) ? horizontalMax(best) : POSITIVE_INFINITY;
}

@inline
function boundWithoutOffset(z: usize, words: usize): v128 {
  return f32x4.sub(v128.load(z), depthOf(v128.load(words)));
}

/**
 * The smallest value in `bounds` with which a class can still win against the perturbed logit `known`. Roundings make no class
 * lose: z - depth and the two differences here are each rounded by at most 2^-18 where they are below 128, which the 1.6e-4 in
 * OFFSET cover; where they are larger, these three and the rounding of the perturbed logit take four times 2^-24 of `known`,
 * which LEEWAY covers.
 */
@inline
export function threshold(known: f32): f32 {
  return known - (load<f32>(OFFSET) + abs(known) * LEEWAY);
}

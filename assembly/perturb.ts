// Perturbed logits p = z + scale*g, their maximum and its class: the Gumbel-max trick.
//
// Method:  rows are reduced to (max, class); a row with a NaN or +Infinity becomes (Infinity, -1) and stays it, a row of
//          -Infinity is (-Infinity, -1), so a row is valid if and only if its class is not -1
// Source:  Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 2

import { high2, horizontalMax, join4, low2, NEGATIVE_INFINITY, padded, POSITIVE_INFINITY, storeLanes } from "./lanes";

//  Formed in f64 and then rounded to f32, which for a scale of 1 is the f32 sum.
@inline
function perturb4(z: v128, g: v128, scale: f64): v128 {
  if (scale == 1.0) return f32x4.add(z, g);
  const s = f64x2.splat(scale);
  return join4(f64x2.add(low2(z), f64x2.mul(low2(g), s)), f64x2.add(high2(z), f64x2.mul(high2(g), s)));
}

/**
 * Perturbed logits of `n` classes side by side; gives their maximum, or Infinity if one of them is NaN or Infinity.
 * Layout: no alignment; `logits` and `noise` are read up to the next whole vector. noise = 0: only the maximum.
 * Shape:  n >= 1.
 * Order:  none, a maximum has none.
 * Alias:  p may be logits or noise.
 */
export function perturbRow(p: usize, logits: usize, noise: usize, n: i32, scale: f64): f32 {
  const infinity = f32x4.splat(POSITIVE_INFINITY);
  let best = f32x4.splat(NEGATIVE_INFINITY);
  let sane = i32x4.splat(-1);
  let v: v128;
  const end = logits + (<usize>(n & ~3) << 2);
  if (noise == 0) {
    for (; logits < end; logits += 16) {
      v = v128.load(logits);
      best = f32x4.pmax(best, v);
      sane = v128.and(sane, f32x4.lt(v, infinity));
    }
    v = v128.load(logits);
  } else {
    for (; logits < end; logits += 16, noise += 16, p += 16) {
      v = perturb4(v128.load(logits), v128.load(noise), scale);
      v128.store(p, v);
      best = f32x4.pmax(best, v);
      sane = v128.and(sane, f32x4.lt(v, infinity));
    }
    v = perturb4(v128.load(logits), v128.load(noise), scale);
    storeLanes(p, v, n & 3);
  }
  v = padded(v, n & 3);
  best = f32x4.pmax(best, v);
  sane = v128.and(sane, f32x4.lt(v, infinity));
  return i32x4.all_true(sane) ? horizontalMax(best) : POSITIVE_INFINITY;
}

/** First class whose value is `m`; one of the `n` classes has it. */
export function classOf(p: usize, m: f32): i32 {
  const wanted = f32x4.splat(m);
  let at = p;
  let found = i32x4.bitmask(f32x4.eq(v128.load(at), wanted));
  while (!found) {
    at += 16;
    found = i32x4.bitmask(f32x4.eq(v128.load(at), wanted));
  }
  return <i32>((at - p) >> 2) + ctz(found);
}

/**
 * The same for four neighbouring rows, one to a lane, `n` classes `lineBytes` apart, numbered from `from` on; what is known
 * of the rows so far stands in `max` and `index`.
 * Layout: `noise` has its classes `noiseBytes` apart; four lanes are read, `lanes` of them written. noise = 0: p = z, and
 *         p is not written; p = 0: only the maximum.
 * Shape:  n >= 0.
 * Alias:  p may be logits.
 */
export function perturbColumn(
  p: usize,
  max: usize,
  index: usize,
  logits: usize,
  noise: usize,
  n: i32,
  lineBytes: usize,
  noiseBytes: usize,
  from: i32,
  lanes: i32,
  scale: f64,
): void {
  const infinity = f32x4.splat(POSITIVE_INFINITY);
  const one = i32x4.splat(1);
  let best = v128.load(max);
  let winner = v128.load(index);
  let sane = i32x4.splat(-1);
  let c = i32x4.splat(from);
  const endBytes = <usize>n * lineBytes;
  for (let at: usize = 0; at < endBytes; at += lineBytes) {
    let v = v128.load(logits + at);
    if (noise != 0) {
      v = perturb4(v, v128.load(noise), scale);
      noise += noiseBytes;
      if (p != 0) storeLanes(p + at, v, lanes);
    }
    winner = v128.bitselect(c, winner, f32x4.gt(v, best));
    best = f32x4.pmax(best, v);
    sane = v128.and(sane, f32x4.lt(v, infinity));
    c = i32x4.add(c, one);
  }
  storeLanes(max, v128.bitselect(best, infinity, sane), lanes);
  storeLanes(index, v128.or(winner, v128.not(sane)), lanes);
}

/** Position of the first NaN or Infinity of either sign among `n` values, or -1. */
export function firstNotFinite(at: usize, n: i32): i32 {
  const infinity = f32x4.splat(POSITIVE_INFINITY);
  for (let i = 0; i < n; i += 4, at += 16) {
    const found = ~i32x4.bitmask(f32x4.lt(f32x4.abs(v128.load(at)), infinity)) & 15;
    if (found && i + ctz(found) < n) return i + ctz(found);
  }
  return -1;
}

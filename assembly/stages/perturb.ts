// Perturbed logits p = z + scale*g, their maximum and its class: the Gumbel-max trick.
//
// Method:  rows are reduced to (max, class). A row with a NaN or +Infinity becomes (Infinity, -1) and stays so; a row of
//          nothing but -Infinity stays (-Infinity, -1). So a row is valid if and only if its class is not -1.
// Source:  Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 2

import {
  allOnes,
  high2,
  horizontalMax,
  infinity4,
  join4,
  low2,
  lowest4,
  NEGATIVE_INFINITY,
  padded,
  POSITIVE_INFINITY,
  storeLanes,
} from "../lanes/lanes";

/** Sets max and index of `rows` rows to (-Infinity, -1): nothing is known of them yet. */
export function resetRows(max: usize, index: usize, rows: i32): void {
  for (const end = max + (<usize>rows << 2); max < end; max += 4, index += 4) {
    store<f32>(max, NEGATIVE_INFINITY);
    store<i32>(index, -1);
  }
}

/** z + scale*g, formed in f64 and then rounded to f32; for a scale of 1 that equals the f32 sum. */
@inline
export function perturb4(z: v128, g: v128, scale: f64): v128 {
  const s = f64x2.splat(scale);
  return join4(f64x2.add(low2(z), f64x2.mul(low2(g), s)), f64x2.add(high2(z), f64x2.mul(high2(g), s)));
}

/**
 * Perturbed logits of `n` classes side by side; gives their maximum, or Infinity if one of them is NaN or Infinity.
 * Layout: no alignment; `logits` and `noise` are read up to the next whole vector.
 * Shape:  n >= 1.
 * Order:  a maximum does not depend on it.
 * Alias:  p may be logits or noise.
 */
export function perturbRow(p: usize, logits: usize, noise: usize, n: i32, scale: f64): f32 {
  if (scale != 1.0) {
    for (let i = n, at: usize = 0; i > 0; i -= 4, at += 16) {
      storeLanes(p + at, perturb4(v128.load(logits + at), v128.load(noise + at), scale), i);
    }
    return largestOf(p, n);
  }
  const infinity = infinity4();
  let best = lowest4();
  let sane = allOnes();
  for (; n >= 16; n -= 16, logits += 64, noise += 64, p += 64) {
    const a = f32x4.add(v128.load(logits), v128.load(noise));
    const b = f32x4.add(v128.load(logits, 16), v128.load(noise, 16));
    const c = f32x4.add(v128.load(logits, 32), v128.load(noise, 32));
    const d = f32x4.add(v128.load(logits, 48), v128.load(noise, 48));
    v128.store(p, a);
    v128.store(p, b, 16);
    v128.store(p, c, 32);
    v128.store(p, d, 48);
    best = f32x4.pmax(best, largestOfFour(a, b, c, d));
    sane = v128.and(sane, allBelow(a, b, c, d, infinity));
  }
  for (; n > 0; n -= 4, logits += 16, noise += 16, p += 16) {
    const v = f32x4.add(v128.load(logits), v128.load(noise));
    storeLanes(p, v, n);
    const a = padded(v, n);
    best = f32x4.pmax(best, a);
    sane = v128.and(sane, f32x4.lt(a, infinity));
  }
  return i32x4.all_true(sane) ? horizontalMax(best) : POSITIVE_INFINITY;
}

/** Maximum of `n` logits without noise, or Infinity if one of them is NaN or Infinity. */
export function largestOf(logits: usize, n: i32): f32 {
  const infinity = infinity4();
  let best = lowest4();
  let sane = allOnes();
  for (; n >= 16; n -= 16, logits += 64) {
    const a = v128.load(logits);
    const b = v128.load(logits, 16);
    const c = v128.load(logits, 32);
    const d = v128.load(logits, 48);
    best = f32x4.pmax(best, largestOfFour(a, b, c, d));
    sane = v128.and(sane, allBelow(a, b, c, d, infinity));
  }
  for (; n > 0; n -= 4, logits += 16) {
    const v = padded(v128.load(logits), n);
    best = f32x4.pmax(best, v);
    sane = v128.and(sane, f32x4.lt(v, infinity));
  }
  return i32x4.all_true(sane) ? horizontalMax(best) : POSITIVE_INFINITY;
}

@inline
export function largestOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d));
}

/** All ones in the lanes where all four are below `limit`; a NaN is not. */
@inline
export function allBelow(a: v128, b: v128, c: v128, d: v128, limit: v128): v128 {
  return v128.and(v128.and(f32x4.lt(a, limit), f32x4.lt(b, limit)), v128.and(f32x4.lt(c, limit), f32x4.lt(d, limit)));
}

/** First class whose value is `m`, the maximum of the row; there has to be one. Reads 32 values at a time. */
export function classOf(p: usize, m: f32): i32 {
  const wanted = f32x4.splat(m);
  let c = 0;
  while (true) {
    const found = reaching(p, wanted);
    if (found) return c + ctz(found);
    p += 128;
    c += 32;
  }
}

/** Which of 32 values are at least `least`, a bit for each. */
@inline
export function reaching(at: usize, least: v128): i32 {
  return atLeastMask16(at, least) | (atLeastMask16(at + 64, least) << 16);
}

@inline
function atLeastMask16(at: usize, least: v128): i32 {
  const low = i16x8.narrow_i32x4_s(f32x4.ge(v128.load(at), least), f32x4.ge(v128.load(at, 16), least));
  const high = i16x8.narrow_i32x4_s(f32x4.ge(v128.load(at, 32), least), f32x4.ge(v128.load(at, 48), least));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/**
 * Perturbed logits of up to four neighbouring rows, one to a lane, `n` classes that are numbered from `from` on. Updates their
 * `max` and `index`, which hold the best of the classes before.
 * Layout: the classes of logits and p lie `lineBytes` apart, those of `noise` noiseBytes. Four lanes are read, `lanes` of them
 *         written. If noise is 0, the logits are taken as they are and p is not written; if p is 0, only max and index are.
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
  // A constant, built at every use: a vector loaded once would take a register, and this loop has none left.
  const infinity = f32x4.splat(POSITIVE_INFINITY);
  const one = i32x4.splat(1);
  let best = v128.load(max);
  let winner = v128.load(index);
  let sane = allOnes();
  let c = i32x4.splat(from);
  const endBytes = <usize>n * lineBytes;
  for (let at: usize = 0; at < endBytes; at += lineBytes) {
    let v = v128.load(logits + at);
    if (noise != 0) {
      const g = v128.load(noise);
      v = scale == 1.0 ? f32x4.add(v, g) : perturb4(v, g, scale);
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
  const infinity = infinity4();
  let i = 0;
  for (; i + 16 <= n; i += 16, at += 64) {
    const a = f32x4.abs(v128.load(at));
    const b = f32x4.abs(v128.load(at, 16));
    const c = f32x4.abs(v128.load(at, 32));
    const d = f32x4.abs(v128.load(at, 48));
    if (!i32x4.all_true(allBelow(a, b, c, d, infinity))) break;
  }
  for (; i < n; i += 4, at += 16) {
    const found = ~i32x4.bitmask(f32x4.lt(f32x4.abs(v128.load(at)), infinity)) & 15;
    if (found && i + ctz(found) < n) return i + ctz(found);
  }
  return -1;
}

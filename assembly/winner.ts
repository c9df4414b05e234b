// The index alone: the Gumbel-max trick with bounds in place of most of the noise.
//
// Method:  a cheap upper bound of each perturbed logit, from the bits of its random word; the class with the largest bound is
//          perturbed exactly, then every class whose bound reaches the best so far; each of the two for many rows together.
//          In long rows a block of four classes that cannot win even with the largest noise there is takes no words at all.
//          The winner and its perturbed logit are the same to the bit as with all the noise.
// Source:  Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 4 (bounds on perturbations); -ln(1 - v) >= v
// Error:   none: OFFSET covers every rounding, checked for all 2^32 words

import { gumbelFromWords } from "./gumbel";
import { NEGATIVE_INFINITY, padded, POSITIVE_INFINITY } from "./lanes";
import { classOf, largestOf, perturbRow, reaching } from "./perturb";
import { philoxListed, philoxRows } from "./philox";
import { BOUNDS, CHUNK, LIST, LISTED, NOISE, PICKED, PICKED_BYTES, SCHEDULE, SPARE, SPARE_BYTES } from "./scratch";

//  ln y >= (bits of y - 127 * 2^23) * ln 2 / 2^23, by the concavity of the logarithm; v >= (x >> 1) / 2^31.
const TABLE = memory.data<f32>([8.262958e-8, 109.51742, 22.875], 16);
const LN2_PER_BIT: usize = TABLE; // ln 2 / 2^23
const OFFSET: usize = TABLE + 4; // (31 + 127) * ln 2, and 1.6e-4 for the roundings
const LARGEST: usize = TABLE + 8; // above 33 ln 2, the noise of x = 0
const LARGEST_NOISE: f32 = 22.875;

/** A chunk whose largest logit is within so much of the row's may have the winner. */
const NEAR: f32 = 8;

/** Classes whose chunks' maxima SPARE holds. */
const SPAN: i32 = CHUNK * (<i32>SPARE_BYTES >> 2);

/** An upper bound of the noise of word x. */
@inline
export function bound4(x: v128): v128 {
  const bits = f32x4.convert_i32x4_s(f32x4.convert_i32x4_s(i32x4.shr_u(x, 1)));
  const bound = f32x4.sub(v128.load32_splat(OFFSET), f32x4.mul(bits, v128.load32_splat(LN2_PER_BIT)));
  return f32x4.pmin(bound, v128.load32_splat(LARGEST));
}

/**
 * Improves max and index of `rows` rows of `classes` classes.
 * Layout: as in `sample` with inner = 1; a row that is not valid gets (Infinity, -1) or keeps (-Infinity, -1).
 * Shape:  rows * ((lead + classes + 3) >> 2) <= MOST_BLOCKS.
 */
export function winners(
  max: usize,
  index: usize,
  logits: usize,
  scratch: usize,
  rows: i32,
  classes: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
): void {
  const blocks = (lead + classes + 3) >> 2;
  philoxRows(scratch + NOISE, scratch + SCHEDULE, rows, blocks, row, block);
  improve(max, index, logits, scratch, rows, classes, blocks, lead, 0, 0, scale);
}

/** The same for one row of more classes, or a piece of one: the first class has the number `from`. */
export function winner(
  max: usize,
  index: usize,
  logits: usize,
  scratch: usize,
  classes: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
): void {
  if (lead + classes > SPAN) {
    const n = SPAN - lead;
    winner(max, index, logits, scratch, n, from, row, block, lead, scale);
    winner(max, index, logits + (<usize>n << 2), scratch, classes - n, from + n, row, block + (SPAN >> 2), 0, scale);
    return;
  }
  const most = mostNoise(scale);
  const maxima = scratch + SPARE;
  let largest = NEGATIVE_INFINITY;
  for (let c = 0, n = 0, at = maxima; c < classes; c += n, at += 4) {
    n = min(classes - c, c ? CHUNK : CHUNK - lead);
    const m = largestOf(logits + (<usize>c << 2), n);
    store<f32>(at, m);
    if (m > largest) largest = m;
  }
  if (largest == NEGATIVE_INFINITY) return;
  if (largest == POSITIVE_INFINITY) {
    store<f32>(max, POSITIVE_INFINITY);
    store<i32>(index, -1);
    return;
  }
  // The chunk of the largest logit first, then those that come near it: the winner among them rules out most others where
  // logits differ much, whole chunks too.
  for (let turn = 0; turn < 3; turn++) {
    for (let c = 0, n = 0, at = maxima; c < classes; c += n, at += 4) {
      n = min(classes - c, c ? CHUNK : CHUNK - lead);
      const m = load<f32>(at);
      if ((m == largest ? 0 : m > largest - NEAR ? 1 : 2) != turn || !(m + most >= load<f32>(max))) continue;
      const skip = c ? 0 : lead;
      winnerOfChunk(
        max, index, logits + (<usize>c << 2), scratch, n, from + c, row, block + ((lead + c) >> 2), skip, scale,
      );
    }
  }
}

function winnerOfChunk(
  max: usize,
  index: usize,
  logits: usize,
  scratch: usize,
  n: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
): void {
  const blocks = (lead + n + 3) >> 2;
  const listed = list(scratch + LIST, scratch + LISTED, logits, n, load<f32>(max), mostNoise(scale));
  // A list saves no words unless it leaves out a fourth: the table of a whole range serves other rows.
  if (lead || listed > blocks - (blocks >> 2)) {
    philoxRows(scratch + NOISE, scratch + SCHEDULE, 1, blocks, row, block);
    improve(max, index, logits, scratch, 1, n, blocks, lead, 0, from, scale);
  } else {
    philoxListed(scratch + NOISE, scratch + SCHEDULE, scratch + LIST, listed, row, block);
    improve(max, index, scratch + LISTED, scratch, 1, listed << 2, listed, 0, scratch + LIST, from, scale);
  }
}

//  What noise adds at most, and a little more.
@inline
function mostNoise(scale: f64): f32 {
  return <f32>(scale * <f64>LARGEST_NOISE);
}

//  The blocks of four among `n` classes that with the noise `most` would reach `best`, and their logits. The sum is in f32, which
//  errs as the perturbed logit does or by less than `most` is too large.
function list(blocks: usize, listed: usize, logits: usize, n: i32, best: f32, most: f32): i32 {
  const least = f32x4.splat(best);
  const largest = f32x4.splat(most);
  let count = 0;
  for (let b = 0; n > 0; b++, n -= 4, logits += 16) {
    const z = padded(v128.load(logits), n);
    const at = <usize>count << 2;
    store<i32>(blocks + at, b);
    v128.store(listed + (at << 2), z);
    count += <i32>v128.any_true(f32x4.ge(f32x4.add(z, largest), least));
  }
  return count;
}

//  Rows whose words lie in NOISE, `blocks` vectors each: their bounds, the class of the largest one, its exact value, and then
//  the others that may still be better. `listed` are the blocks of the row, if these are not all. What depends on a row's luck
//  is a list to be worked off, not a branch to be guessed.
function improve(
  max: usize,
  index: usize,
  logits: usize,
  scratch: usize,
  rows: i32,
  n: i32,
  blocks: i32,
  lead: i32,
  listed: usize,
  from: i32,
  scale: f64,
): void {
  const rowBytes = <usize>n << 2;
  const blockBytes = <usize>blocks << 4;
  const picks = scratch + PICKED;
  const end = <usize>rows << 2;
  let words = scratch + NOISE + (<usize>lead << 2);
  let bounds = scratch + BOUNDS;
  let z = logits;
  for (let r: usize = 0; r < end; r += 4, words += blockBytes, bounds += blockBytes, z += rowBytes) {
    for (let i: usize = 0; i < rowBytes; i += 32) {
      v128.store(bounds + i, bound4(v128.load(words + i)));
      v128.store(bounds + i, bound4(v128.load(words + i, 16)), 16);
    }
    const best = perturbRow(bounds, z, bounds, n, scale);
    let c = 0;
    if (best == POSITIVE_INFINITY) {
      store<f32>(max + r, POSITIVE_INFINITY);
      store<i32>(index + r, -1);
    } else {
      c = classOf(bounds, best);
    }
    pick(picks + r, r, c, words, z);
    store<f32>(bounds + (<usize>c << 2), NEGATIVE_INFINITY);
  }
  settle(max, index, picks, picks + end, listed, from, scale);
  words = scratch + NOISE + (<usize>lead << 2);
  bounds = scratch + BOUNDS;
  z = logits;
  let last = picks;
  for (let r: usize = 0; r < end; r += 4, words += blockBytes, bounds += blockBytes, z += rowBytes) {
    if (load<i32>(index + r) < 0) continue; // nothing can win
    const least = v128.load32_splat(max + r);
    for (let c = 0; c < n; c += 32) {
      let found = reaching(bounds + (<usize>c << 2), least);
      if (n - c < 32) found &= (1 << (n - c)) - 1;
      for (; found; found &= found - 1, last += 4) pick(last, r, c + ctz(found), words, z);
    }
  }
  if (last > picks) settle(max, index, picks, last, listed, from, scale);
}

//  Notes class `c` of the row whose state lies at `r`, its word and its logit.
@inline
function pick(to: usize, r: usize, c: i32, words: usize, z: usize): void {
  const at = <usize>c << 2;
  store<i32>(to, <i32>(r << 16) | c);
  store<i32>(to, load<i32>(words + at), PICKED_BYTES);
  store<f32>(to, load<f32>(z + at), 2 * PICKED_BYTES);
}

//  The exact values of what was picked. The larger perturbed logit wins, then the lower class; -Infinity never does, and nothing
//  does against the (Infinity, -1) of an invalid row.
function settle(max: usize, index: usize, picks: usize, end: usize, listed: usize, from: i32, scale: f64): void {
  const words = picks + PICKED_BYTES;
  const values = picks + 2 * PICKED_BYTES;
  gumbelFromWords(words, end + PICKED_BYTES);
  perturbRow(values, values, words, <i32>((end - picks) >> 2), scale);
  for (; picks < end; picks += 4) {
    const picked = load<i32>(picks);
    const p = load<f32>(picks, 2 * PICKED_BYTES);
    const r = <usize>(picked >>> 16);
    const c = from + classNumber(listed, picked & 0xffff);
    const best = load<f32>(max + r);
    if (!(p > best || (p == best && c < load<i32>(index + r)))) continue;
    store<f32>(max + r, p);
    store<i32>(index + r, c);
  }
}

@inline
function classNumber(listed: usize, c: i32): i32 {
  return listed ? (load<i32>(listed + (<usize>(c >> 2) << 2)) << 2) + (c & 3) : c;
}

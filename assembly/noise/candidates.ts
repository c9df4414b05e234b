// Search for the blocks of four classes that may win: the others need no noise.

import { padded } from "../lanes/lanes";

/**
 * Lists those blocks of four among `n` classes that would reach `best` with the noise `most`, and their logits. Gives their
 * number. None that could win is missed: the sum of logit and `most` is rounded to f32 as the perturbed logit is, and `most` is
 * above all noise by more than its own rounding.
 */
export function listCandidates(blocks: usize, listed: usize, logits: usize, n: i32, best: f32, most: f32): i32 {
  const least = f32x4.splat(best);
  const largest = f32x4.splat(most);
  let count = 0;
  let b = 0;
  for (; n >= 16; b += 4, n -= 16, logits += 64) {
    const z0 = v128.load(logits);
    const z1 = v128.load(logits, 16);
    const z2 = v128.load(logits, 32);
    const z3 = v128.load(logits, 48);
    const low = i16x8.narrow_i32x4_s(reaches(z0, largest, least), reaches(z1, largest, least));
    const high = i16x8.narrow_i32x4_s(reaches(z2, largest, least), reaches(z3, largest, least));
    const found = i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
    if (!found) continue;
    count = enlist(blocks, listed, count, b, z0, found & 0x000f);
    count = enlist(blocks, listed, count, b + 1, z1, found & 0x00f0);
    count = enlist(blocks, listed, count, b + 2, z2, found & 0x0f00);
    count = enlist(blocks, listed, count, b + 3, z3, found & 0xf000);
  }
  for (; n > 0; b++, n -= 4, logits += 16) {
    const z = padded(v128.load(logits), n);
    count = enlist(blocks, listed, count, b, z, <i32>v128.any_true(reaches(z, largest, least)));
  }
  return count;
}

@inline
function reaches(z: v128, largest: v128, least: v128): v128 {
  return f32x4.ge(f32x4.add(z, largest), least);
}

//  Writes the block in any case and counts it if it was found: a branch would be mispredicted.
@inline
function enlist(blocks: usize, listed: usize, count: i32, block: i32, z: v128, found: i32): i32 {
  const at = <usize>count << 2;
  store<i32>(blocks + at, block);
  v128.store(listed + (at << 2), z);
  return count + i32(found != 0);
}

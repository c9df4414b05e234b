// Groups: four rows of few classes as 16 lines of one vector each. Line c has class c of the four rows; the lines behind the last
// class are 0.

import { exp4, expNear4, halvings, near, restOf } from "../lanes/exp";
import { high2, join4, low2, one2, storeLanes, transpose4, zeros } from "../lanes/lanes";
import { LAST_GROUP } from "../memory/scratch";

const LINES: i32 = 16;
export const GROUP_BYTES: usize = <usize>LINES << 4;

/** Writes zeros to the lines behind the last class, in the groups of `rows` rows. */
export function clearGroups(tile: usize, rows: i32, classes: i32): void {
  for (; rows > 0; rows -= 4, tile += GROUP_BYTES) clearBehind(tile, classes);
}

/** e^((p - m)/tau) of `n` lines, in place. */
export function exponentiateGroup(tile: usize, n: i32, m: v128, tau: usize): void {
  if (!i32x4.all_true(near(m, tau))) {
    for (; n > 0; n--, tile += 16) v128.store(tile, exp4(v128.load(tile), m, tau));
    return;
  }
  const base = halvings(m, tau);
  const rest = restOf(m, base, tau);
  for (; n >= 4; n -= 4, tile += 64) {
    const a = expNear4(v128.load(tile), m, base, rest, tau);
    const b = expNear4(v128.load(tile, 16), m, base, rest, tau);
    const c = expNear4(v128.load(tile, 32), m, base, rest, tau);
    const d = expNear4(v128.load(tile, 48), m, base, rest, tau);
    v128.store(tile, a);
    v128.store(tile, b, 16);
    v128.store(tile, c, 32);
    v128.store(tile, d, 48);
  }
  for (; n > 0; n--, tile += 16) v128.store(tile, expNear4(v128.load(tile), m, base, rest, tau));
}

//  Zeros in the lines behind the last class.
@inline
function clearBehind(tile: usize, classes: i32): void {
  for (let at = <usize>classes << 4; at < GROUP_BYTES; at += 16) v128.store(tile + at, zeros());
}

/** Turns four rows into the lines of a group, with zeros behind the last class. */
export function bringGroup(tile: usize, rows: usize, rowBytes: usize, classes: i32): void {
  for (let at: usize = 0; at < rowBytes; at += 16) transpose4(tile + (at << 2), 16, rows + at, rowBytes);
  clearBehind(tile, classes);
}

/** 1/sum of the exponentials of each of the four rows, summed in the order of softmax.ts. */
@inline
export function inverseOfSum(tile: usize): v128 {
  const s0 = sumOfLines(tile);
  const s1 = sumOfLines(tile + 16);
  const s2 = sumOfLines(tile + 32);
  const s3 = sumOfLines(tile + 48);
  const low = f64x2.add(f64x2.add(low2(s0), low2(s2)), f64x2.add(low2(s1), low2(s3)));
  const high = f64x2.add(f64x2.add(high2(s0), high2(s2)), f64x2.add(high2(s1), high2(s3)));
  return join4(f64x2.div(one2(), low), f64x2.div(one2(), high));
}

@inline
function sumOfLines(tile: usize): v128 {
  return f32x4.add(
    f32x4.add(v128.load(tile), v128.load(tile, 64)),
    f32x4.add(v128.load(tile, 128), v128.load(tile, 192)),
  );
}

/**
 * Turns `factor` times the lines of a group back into rows. `rows` are left, with those of this group: the last group goes
 * through LAST_GROUP, so that nothing behind the last row is written.
 */
export function giveGroup(out: usize, tile: usize, factor: v128, scratch: usize, rows: i32, classes: i32): void {
  if (rows > 4) {
    giveRows(out, tile, factor, classes);
    return;
  }
  giveRows(scratch + LAST_GROUP, tile, factor, classes);
  for (let left = rows * classes, from = scratch + LAST_GROUP; left > 0; left -= 4, out += 16, from += 16) {
    storeLanes(out, v128.load(from), left);
  }
}

//  The last classes go first: a row writes up to three values behind its end, which the next row then overwrites.
function giveRows(out: usize, tile: usize, factor: v128, classes: i32): void {
  const rowBytes = <usize>classes << 2;
  const second = out + rowBytes;
  const third = second + rowBytes;
  const fourth = third + rowBytes;
  for (let c = (classes - 1) & ~3; c >= 0; c -= 4) {
    const lines = tile + (<usize>c << 4);
    const at = <usize>c << 2;
    const w = f32x4.mul(v128.load(lines), factor);
    const x = f32x4.mul(v128.load(lines, 16), factor);
    const y = f32x4.mul(v128.load(lines, 32), factor);
    const z = f32x4.mul(v128.load(lines, 48), factor);
    const p = v128.shuffle<i32>(w, x, 0, 4, 1, 5);
    const q = v128.shuffle<i32>(y, z, 0, 4, 1, 5);
    const r = v128.shuffle<i32>(w, x, 2, 6, 3, 7);
    const s = v128.shuffle<i32>(y, z, 2, 6, 3, 7);
    v128.store(out + at, v128.shuffle<i64>(p, q, 0, 2));
    v128.store(second + at, v128.shuffle<i64>(p, q, 1, 3));
    v128.store(third + at, v128.shuffle<i64>(r, s, 0, 2));
    v128.store(fourth + at, v128.shuffle<i64>(r, s, 1, 3));
  }
}

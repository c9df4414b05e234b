// Rows of 2 to 16 classes side by side: four rows to a vector, so that no class waits for another of its row and no vector is
// padded. A group is four rows brought into 16 lines of a vector each, line c for class c; up to 16 groups at a time.

import { finishColumns } from "./columns";
import { exp4, expNear4, halvings, near, restOf } from "../lanes/exp";
import { gumbelColumns } from "../noise/gumbel";
import { GRADIENT, HARD, NOT_FINITE, PASS_ALL, SOFT, tauOutsideF32 } from "../kinds";
import { allOnes, high2, infinity4, join4, low2, lowest4, one2, one4, storeLanes, transpose4, zeros } from "../lanes/lanes";
import { oneHotRow, zeroRow } from "../stages/one-hot";
import { perturb4 } from "../stages/perturb";
import { gradientRows } from "./finish-row";
import { CHUNK, COTANGENT_TILE, GROUP_MAXIMA, LAST_GROUP, MOST_GROUPS, NOISE, TAU, TILE } from "../stages/scratch";

/** Most classes of a row, lines of a group. */
export const FEW_CLASSES: i32 = 16;
const LINES: i32 = 16;
const GROUP_BYTES: usize = <usize>LINES << 4;

//  Noise that changes no logit, whatever its sign: -0.
const NOTHING = memory.data<u32>([0x80000000, 0x80000000, 0x80000000, 0x80000000], 16);

/** `sample` in one pass for rows of inner = 1 with 2 to 16 classes. */
export function sampleFewClasses(
  kind: i32,
  out: usize,
  max: usize,
  index: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  rows: i32,
  classes: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
  tau: f64,
): i32 {
  let invalid = -1;
  let finite = true;
  const blocks = (lead + classes + 3) >> 2;
  const batch = min(CHUNK / 4 / blocks >> 2, MOST_GROUPS) << 2;
  const rowBytes = <usize>classes << 2;
  // Sums are over all lines.
  if (kind >= SOFT) {
    const end = scratch + TILE + <usize>min(batch, rows + 3 & ~3) * (GROUP_BYTES >> 2);
    for (let tile = scratch + TILE; tile < end; tile += GROUP_BYTES) clearBehind(tile, classes);
  }
  let count = 0;
  for (let r = 0; r < rows; r += count) {
    count = min(batch, rows - r);
    const groups = (count + 3) >> 2;
    if (scale != 0.0) {
      gumbelColumns(scratch + NOISE, scratch, groups, lead + classes, row + <u64>r, block);
    }
    const noise = scale == 0.0 ? NOTHING : scratch + NOISE + (<usize>(lead * groups) << 4);
    const noiseBytes: usize = scale == 0.0 ? 0 : <usize>groups << 4;
    let broken = 0;
    for (let g = 0; g < groups; g++) {
      const state = <usize>(g << 2) << 2;
      broken |= perturbGroup(
        kind >= SOFT ? scratch + TILE + <usize>g * GROUP_BYTES : 0, scratch + GROUP_MAXIMA + (<usize>g << 4), max + state, index + state,
        logits + <usize>(g << 2) * rowBytes, scale == 0.0 ? noise : noise + (<usize>g << 4), noiseBytes, classes,
        min(4, count - (g << 2)), scale == 0.0 ? 1.0 : scale,
      );
    }
    if (kind >= SOFT) finite = finishGroups(kind, out, cotangent, scratch, count, classes, tau) && finite;
    if (broken != 0 || kind == HARD) {
      for (let i: usize = 0; i < <usize>count; i++) {
        const best = load<i32>(index + (i << 2));
        if (best < 0 && invalid < 0) invalid = r + <i32>i;
        if (kind == HARD) oneHotRow(out + i * rowBytes, classes, best);
        else if (best < 0 && kind >= SOFT) zeroRow(out + i * rowBytes, classes);
      }
    }
    if (kind == GRADIENT && !tauOutsideF32(tau)) {
      finite = gradientRows(PASS_ALL, out, 0, out, cotangent, scratch, count, classes, tau) != NOT_FINITE && finite;
    }
    const done = <usize>count * rowBytes;
    logits += done;
    cotangent += done;
    out += done;
    max += <usize>count << 2;
    index += <usize>count << 2;
  }
  return finite ? invalid : NOT_FINITE;
}

//  Perturbed logits of four rows, to `tile` unless it is 0, their maxima and winners. Not 0 if a row is not valid. The maxima of
//  all four lanes go to `maxima`, those of the rows that are there to `max`.
function perturbGroup(
  tile: usize,
  maxima: usize,
  max: usize,
  index: usize,
  logits: usize,
  noise: usize,
  noiseBytes: usize,
  classes: i32,
  lanes: i32,
  scale: f64,
): i32 {
  const rowBytes = <usize>classes << 2;
  const infinity = infinity4();
  const one = i32x4.splat(1);
  let best = lowest4();
  let winner = allOnes();
  let sane = winner;
  let c = zeros();
  for (let left = classes; left > 0; left -= 4, logits += 16, noise += noiseBytes << 2) {
    const a = v128.load(logits);
    const b = v128.load(logits + rowBytes);
    const d = v128.load(logits + 2 * rowBytes);
    const e = v128.load(logits + 3 * rowBytes);
    const p = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const q = v128.shuffle<i32>(d, e, 0, 4, 1, 5);
    const r = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const s = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
    let v = perturbed(v128.shuffle<i64>(p, q, 0, 2), noise, scale);
    if (tile) v128.store(tile, v);
    winner = v128.bitselect(c, winner, f32x4.gt(v, best));
    best = f32x4.pmax(best, v);
    sane = v128.and(sane, f32x4.lt(v, infinity));
    c = i32x4.add(c, one);
    if (left == 1) break;
    v = perturbed(v128.shuffle<i64>(p, q, 1, 3), noise + noiseBytes, scale);
    if (tile) v128.store(tile, v, 16);
    winner = v128.bitselect(c, winner, f32x4.gt(v, best));
    best = f32x4.pmax(best, v);
    sane = v128.and(sane, f32x4.lt(v, infinity));
    c = i32x4.add(c, one);
    if (left == 2) break;
    v = perturbed(v128.shuffle<i64>(r, s, 0, 2), noise + 2 * noiseBytes, scale);
    if (tile) v128.store(tile, v, 32);
    winner = v128.bitselect(c, winner, f32x4.gt(v, best));
    best = f32x4.pmax(best, v);
    sane = v128.and(sane, f32x4.lt(v, infinity));
    c = i32x4.add(c, one);
    if (left == 3) break;
    v = perturbed(v128.shuffle<i64>(r, s, 1, 3), noise + 3 * noiseBytes, scale);
    if (tile) {
      v128.store(tile, v, 48);
      tile += 64;
    }
    winner = v128.bitselect(c, winner, f32x4.gt(v, best));
    best = f32x4.pmax(best, v);
    sane = v128.and(sane, f32x4.lt(v, infinity));
    c = i32x4.add(c, one);
  }
  best = v128.bitselect(best, infinity, sane);
  winner = v128.or(winner, v128.not(sane));
  v128.store(maxima, best);
  storeLanes(max, best, lanes);
  storeLanes(index, winner, lanes);
  return i32x4.bitmask(winner) & ((1 << lanes) - 1);
}

@inline
function perturbed(z: v128, noise: usize, scale: f64): v128 {
  const g = v128.load(noise);
  return scale == 1.0 ? f32x4.add(z, g) : perturb4(z, g, scale);
}

//  From the perturbed logits of all groups to their rows of `out`. False if the cotangent is not finite.
function finishGroups(kind: i32, out: usize, cotangent: usize, scratch: usize, rows: i32, classes: i32, tau: f64): bool {
  const groupBytes = <usize>classes << 4;
  const plain = (kind == SOFT || kind == GRADIENT) && !tauOutsideF32(tau);
  let finite = true;
  let tile = scratch + TILE;
  let max = scratch + GROUP_MAXIMA;
  if (plain) {
    for (let r = 0; r < rows; r += 4, tile += GROUP_BYTES, max += 16) {
      exponentiateGroup(tile, classes, v128.load(max), scratch + TAU);
    }
    tile = scratch + TILE;
    max = scratch + GROUP_MAXIMA;
  }
  for (let r = 0; r < rows; r += 4, tile += GROUP_BYTES, max += 16, out += groupBytes, cotangent += groupBytes) {
    let factor = one4();
    const lanes = min(4, rows - r);
    if (plain) {
      factor = inverseOfSum(tile);
    } else {
      if (kind >= GRADIENT) bringGroup(scratch + COTANGENT_TILE, cotangent, <usize>classes << 2, classes);
      finite = finishColumns(kind, tile, tile, scratch + COTANGENT_TILE, scratch, classes, 16, lanes, max, tau) && finite;
    }
    giveGroup(out, tile, factor, scratch, rows - r, classes);
  }
  return finite;
}

function exponentiateGroup(tile: usize, n: i32, m: v128, tau: usize): void {
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

//  Four rows into lines of a vector each, zeros behind the last class.
function bringGroup(tile: usize, rows: usize, rowBytes: usize, classes: i32): void {
  for (let at: usize = 0; at < rowBytes; at += 16) transpose4(tile + (at << 2), 16, rows + at, rowBytes);
  clearBehind(tile, classes);
}

//  1/sum of the exponentials of four rows, in the order of softmax.ts.
@inline
function inverseOfSum(tile: usize): v128 {
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

//  `factor` times the lines of `tile` back to rows, as many of the four as there are.
function giveGroup(out: usize, tile: usize, factor: v128, scratch: usize, rows: i32, classes: i32): void {
  if (rows > 4) {
    giveRows(out, tile, factor, classes);
    return;
  }
  giveRows(scratch + LAST_GROUP, tile, factor, classes);
  for (let left = rows * classes, from = scratch + LAST_GROUP; left > 0; left -= 4, out += 16, from += 16) {
    storeLanes(out, v128.load(from), left);
  }
}

//  The last classes first: the values that a row writes behind its end are overwritten by the next row.
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

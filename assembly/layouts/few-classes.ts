// Layout of rows of 2 to 16 classes side by side: four rows to a vector, so that no class waits for another of its row and no
// vector is padded. Four rows form a group (groups.ts); up to 16 groups are done at a time.

import { GRADIENT, HARD, NOT_FINITE, SOFT, VALID } from "../../src/kernels/abi";
import { allOnes, infinity4, lowest4, one4, storeLanes, zeros } from "../lanes/lanes";
import { tauOutsideF32 } from "../lanes/temperature";
import { CHUNK, COTANGENT_TILE, GROUP_MAXIMA, MOST_GROUPS, NOISE, TAU, TILE } from "../memory/scratch";
import { rowBytesOf, Task } from "../memory/task";
import { gumbelColumns } from "../noise/gumbel";
import { oneHotRow, zeroRow } from "../stages/one-hot";
import { perturb4 } from "../stages/perturb";
import { finishColumns } from "./columns";
import { gradientRows } from "./finish-row";
import { bringGroup, clearGroups, exponentiateGroup, giveGroup, GROUP_BYTES, inverseOfSum } from "./groups";

/** Most classes of a row: the lines of a group. */
export const FEW_CLASSES: i32 = 16;

//  Noise that changes no logit, whatever its sign: -0.
const NOTHING = memory.data<u32>([0x80000000, 0x80000000, 0x80000000, 0x80000000], 16);

/**
 * Samples `rows` rows of a task from number `first` on, of 2 to FEW_CLASSES classes. Gives VALID, the first invalid row, or
 * NOT_FINITE.
 */
export function sampleFewClasses(task: Task, scratch: usize, first: i32, rows: i32): i32 {
  const kind = task.kind;
  const classes = task.classes;
  const lead = task.lead;
  const plain = (kind == SOFT || kind == GRADIENT) && !tauOutsideF32(task.tau);
  let invalid = VALID;
  let finite = true;
  const blocks = (lead + classes + 3) >> 2;
  const batch = min(CHUNK / 4 / blocks >> 2, MOST_GROUPS) << 2;
  const rowBytes = rowBytesOf(task);
  // Sums go over all 16 lines, so those behind the last class have to be 0.
  if (plain) clearGroups(scratch + TILE, min(batch, rows), classes);
  // Without noise, the one vector NOTHING serves all classes.
  const scale = task.scale == 0.0 ? 1.0 : task.scale;
  let count = 0;
  for (let r = first; r < first + rows; r += count) {
    count = min(batch, first + rows - r);
    const groups = (count + 3) >> 2;
    let noise = NOTHING;
    let noiseBytes: usize = 0;
    let groupBytes: usize = 0;
    if (task.scale != 0.0) {
      gumbelColumns(scratch + NOISE, scratch, groups, lead + classes, task.row + <u64>r, task.block);
      noise = scratch + NOISE + (<usize>(lead * groups) << 4);
      noiseBytes = <usize>groups << 4;
      groupBytes = 16;
    }
    const done = <usize>r * rowBytes;
    const out = task.out + done;
    let anyInvalid = 0;
    for (let g = 0; g < groups; g++, noise += groupBytes) {
      anyInvalid |= perturbGroup(task, scratch, r, g, min(4, count - (g << 2)), noise, noiseBytes, scale);
    }
    if (kind >= SOFT) finite = finishGroups(task, scratch, r, count, plain) && finite;
    if (anyInvalid != 0 || kind == HARD) {
      for (let i = 0; i < count; i++) {
        const best = load<i32>(task.index + (<usize>(r + i) << 2));
        if (best < 0 && invalid == VALID) invalid = r + i;
        if (kind == HARD) oneHotRow(out + <usize>i * rowBytes, classes, best);
        else if (best < 0 && kind >= SOFT) zeroRow(out + <usize>i * rowBytes, classes);
      }
    }
    if (kind == GRADIENT && plain) {
      finite = gradientRows(out, out, task.cotangent + done, scratch, count, classes, task.tau) && finite;
    }
  }
  return finite ? invalid : NOT_FINITE;
}

//  Perturbs group `g` of the rows from `r` on and finds its maxima and winners. The maxima of all four lanes go to
//  GROUP_MAXIMA; the maxima and winners of the `lanes` rows that exist go to the task's max and index. Gives a bit for each
//  invalid row.
function perturbGroup(
  task: Task,
  scratch: usize,
  r: i32,
  g: i32,
  lanes: i32,
  noise: usize,
  noiseBytes: usize,
  scale: f64,
): i32 {
  const rowBytes = rowBytesOf(task);
  const state = <usize>(r + (g << 2)) << 2;
  let logits = task.logits + <usize>(r + (g << 2)) * rowBytes;
  let tile: usize = task.kind >= SOFT ? scratch + TILE + <usize>g * GROUP_BYTES : 0;
  const infinity = infinity4();
  const one = i32x4.splat(1);
  let best = lowest4();
  let winner = allOnes();
  let sane = winner;
  let c = zeros();
  for (let left = task.classes; left > 0; left -= 4, logits += 16, noise += noiseBytes << 2) {
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
  v128.store(scratch + GROUP_MAXIMA + (<usize>g << 4), best);
  storeLanes(task.max + state, best, lanes);
  storeLanes(task.index + state, winner, lanes);
  return i32x4.bitmask(winner) & ((1 << lanes) - 1);
}

@inline
function perturbed(z: v128, noise: usize, scale: f64): v128 {
  const g = v128.load(noise);
  return scale == 1.0 ? f32x4.add(z, g) : perturb4(z, g, scale);
}

//  Writes the results of `count` rows from `r` on, from their perturbed logits. Gives false if the cotangent is not finite.
function finishGroups(task: Task, scratch: usize, r: i32, count: i32, plain: bool): bool {
  const classes = task.classes;
  const groupBytes = rowBytesOf(task) << 2;
  let finite = true;
  let tile = scratch + TILE;
  let max = scratch + GROUP_MAXIMA;
  if (plain) {
    for (let i = 0; i < count; i += 4, tile += GROUP_BYTES, max += 16) {
      exponentiateGroup(tile, classes, v128.load(max), scratch + TAU);
    }
    tile = scratch + TILE;
    max = scratch + GROUP_MAXIMA;
  }
  let at = <usize>r * rowBytesOf(task);
  for (let left = count; left > 0; left -= 4, tile += GROUP_BYTES, max += 16, at += groupBytes) {
    let factor = one4();
    if (plain) {
      factor = inverseOfSum(tile);
    } else {
      const c = scratch + COTANGENT_TILE;
      if (task.kind >= GRADIENT) bringGroup(c, task.cotangent + at, rowBytesOf(task), classes);
      finite = finishColumns(task.kind, tile, tile, c, scratch, classes, 16, min(4, left), max, task.tau) && finite;
    }
    giveGroup(task.out + at, tile, factor, scratch, left, classes);
  }
  return finite;
}

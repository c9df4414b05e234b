// Gumbel(0, 1) noise of a random word x: g = -ln(E), E = -ln(1 - v) ~ Exponential(1), v = (x + 1/2)/2^32.
//
// Method:  two stages over a chunk that stays in L1: random words (lanes/philox.ts), then noise in their place, by a table of
//          cubics (noise-table.ts)
// Source:  E. J. Gumbel, "Statistical theory of extreme values", 1954; inverse transform
// Error:   NOISE in tests/tolerance.ts for all 2^32 words; from -3.13 (x = 2^32 - 1) to 22.87 (x = 0), never infinite

import { storeLanes, zeros } from "../lanes/lanes";
import { alike, philoxColumns, philoxRows } from "../lanes/philox";
import { keySchedule } from "../lanes/philox-table";
import { CHUNK, NOISE, PLACES, SCHEDULE } from "../memory/scratch";
import { placeOf, Task } from "../memory/task";
import { affine } from "../stages/affine";
import { noiseFromWords } from "./noise-table";

/** Carries out NOISE: loc + scale*g over [outer, classes, inner], formed in f64 and rounded once. */
export function gumbel(task: Task, scratch: usize): void {
  keySchedule(scratch + SCHEDULE, task.seedLo, task.seedHi, task.from);
  if (task.inner == 1) {
    fillRows(task, scratch);
  } else {
    for (let o = 0; o < task.outer; o++) fillColumns(task, scratch, o * task.inner);
  }
}

//  Fills as many whole rows at a time as a chunk holds, or a long row chunk by chunk.
function fillRows(task: Task, scratch: usize): void {
  const noise = scratch + NOISE;
  const classes = task.classes;
  const batch = max(1, CHUNK / 4 / ((task.lead + classes + 3) >> 2));
  let out = task.out;
  let count = 0;
  for (let r = 0; r < task.outer; r += count) {
    const row = task.row + <u64>r;
    count = alike(row, min(batch, task.outer - r));
    let skip = task.lead;
    let n = min(classes, CHUNK - skip);
    for (let c = 0; c < classes; c += n, n = min(classes - c, CHUNK), skip = 0) {
      const blocks = (skip + n + 3) >> 2;
      gumbelRows(noise, scratch, count, blocks, row, task.block + ((task.lead + c) >> 2));
      for (let i = 0; i < count; i++, out += <usize>n << 2) {
        fillLine(out, noise + (<usize>(i * blocks) << 4) + (<usize>skip << 2), n, task.tau, task.scale);
      }
    }
  }
}

//  Fills the neighbouring rows of a slab from number `first` on, a strip of up to CHUNK noise values at a time.
function fillColumns(task: Task, scratch: usize, first: i32): void {
  const noise = scratch + NOISE;
  const classes = task.classes;
  const end = first + task.inner;
  const strip = stripGroups(task.inner, task.lead + classes);
  const reach = stripClasses(strip);
  let count = 0;
  for (let r = first; r < end; r += count) {
    const row = task.row + <u64>r;
    count = alike(row, min(strip << 2, end - r));
    const groups = (count + 3) >> 2;
    const out = task.out + placeOf(task, r);
    let skip = task.lead;
    let n = min(classes, reach - skip);
    for (let c = 0; c < classes; c += n, n = min(classes - c, reach), skip = 0) {
      gumbelColumns(noise, scratch, groups, skip + n, row, task.block + ((task.lead + c) >> 2));
      for (let i = 0; i < n; i++) {
        const at = out + (<usize>(c + i) * <usize>task.inner << 2);
        fillLine(at, noise + (<usize>((skip + i) * groups) << 4), count, task.tau, task.scale);
      }
    }
  }
}

function fillLine(out: usize, noise: usize, n: i32, loc: f64, scale: f64): void {
  if (loc == 0.0 && scale == 1.0) {
    for (; n > 0; n -= 4, out += 16, noise += 16) storeLanes(out, v128.load(noise), n);
    return;
  }
  const rest = f64x2.splat(-loc);
  affine(out, noise, n, 16, 4, zeros(), scale, rest, rest);
}

/** Groups of four neighbouring rows in a strip: no more than CHUNK noise values, at most 32 classes of each row. */
export function stripGroups(width: i32, classes: i32): i32 {
  return min((width + 3) >> 2, CHUNK / 4 / min(32, (classes + 3) & ~3));
}

/** Number of classes for which a chunk holds the noise of a strip's rows; a multiple of 4. */
export function stripClasses(groups: i32): i32 {
  return (CHUNK / 4 / groups) & ~3;
}

/** Noise with classes side by side; row r starts at noise + r * blocks * 16 bytes. Up to 48 bytes past the end are written. */
export function gumbelRows(noise: usize, scratch: usize, rows: i32, blocks: i32, row: u64, block: i32): void {
  philoxRows(noise, scratch + SCHEDULE, rows, blocks, row, block);
  noiseFromWords(noise, noise + (<usize>(rows * blocks) << 4), scratch + PLACES);
}

/**
 * Noise with rows side by side, for class numbers 4*block to 4*block + classes - 1.
 * Layout: class c, row group g is the vector at noise + (c * groups + g) * 16; classes are rounded up to a multiple of 4.
 */
export function gumbelColumns(
  noise: usize,
  scratch: usize,
  groups: i32,
  classes: i32,
  row: u64,
  block: i32,
): void {
  philoxColumns(noise, scratch + SCHEDULE, groups, (classes + 3) >> 2, row, block);
  noiseFromWords(noise, noise + (<usize>(groups * classes) << 4), scratch + PLACES);
}

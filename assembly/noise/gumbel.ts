// Gumbel(0, 1) noise: word -> E = -ln(1 - v), Exponential(1) -> g = -ln(E), v = (x + 1/2)/2^32.
//
// Method:  three stages over a block that stays in L1: words, first logarithm, second logarithm. One fused loop has more
//          live vectors than registers and takes twice the time; two vectors at a time wait less than one.
// Source:  E. J. Gumbel, "Statistical theory of tauOutsideF32 values", 1954; inverse transform
// Error:   NOISE in tests/tolerance.ts for all 2^32 words; from -3.13 (x = 2^32 - 1) to 22.87 (x = 0), never infinite

import { storeLanes, zeros } from "../lanes/lanes";
import { affine } from "../stages/log-softmax";
import { noiseFromWords } from "./noise-table";
import { alike, keySchedule, philoxColumns, philoxRows } from "../lanes/philox";
import { CHUNK, NOISE, PLACES, SCHEDULE } from "../stages/scratch";

/** loc + scale*g over [outer, classes, inner], formed in f64 and rounded once. */
export function gumbel(
  out: usize,
  scratch: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  row: u64,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  stream: i32,
  loc: f64,
  scale: f64,
): void {
  assert(outer >= 1 && classes >= 1 && inner >= 1, "outer, classes, inner: expected at least 1");
  assert(lead >= 0 && lead <= 3, "lead: expected 0 to 3");
  assert((scratch & 15) == 0, "scratch: expected a multiple of 16");
  keySchedule(scratch + SCHEDULE, seedLo, seedHi, stream);
  if (inner == 1) {
    fillRows(out, scratch, outer, classes, row, block, lead, loc, scale);
    return;
  }
  const slab = <usize>classes * <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    fillColumns(out + <usize>o * slab, scratch, classes, inner, row + <u64>(o * inner), block, lead, loc, scale);
  }
}

//  As many whole rows at a time as a chunk holds, or a long row chunk by chunk.
function fillRows(
  out: usize,
  scratch: usize,
  rows: i32,
  classes: i32,
  row: u64,
  block: i32,
  lead: i32,
  loc: f64,
  scale: f64,
): void {
  const noise = scratch + NOISE;
  const batch = max(1, CHUNK / 4 / ((lead + classes + 3) >> 2));
  let count = 0;
  for (let r = 0; r < rows; r += count) {
    count = alike(row + <u64>r, min(batch, rows - r));
    let skip = lead;
    let n = min(classes, CHUNK - lead);
    for (let c = 0; c < classes; c += n, n = min(classes - c, CHUNK), skip = 0) {
      const blocks = (skip + n + 3) >> 2;
      gumbelRows(noise, scratch, count, blocks, row + <u64>r, block + ((lead + c) >> 2));
      for (let i = 0; i < count; i++, out += <usize>n << 2) {
        fillLine(out, noise + (<usize>(i * blocks) << 4) + (<usize>skip << 2), n, loc, scale);
      }
    }
  }
}

//  Neighbouring rows, a strip of up to CHUNK noise values at a time.
function fillColumns(
  out: usize,
  scratch: usize,
  classes: i32,
  width: i32,
  row: u64,
  block: i32,
  lead: i32,
  loc: f64,
  scale: f64,
): void {
  const noise = scratch + NOISE;
  const strip = stripGroups(width, lead + classes);
  const reach = stripClasses(strip);
  let count = 0;
  for (let first = 0; first < width; first += count) {
    count = alike(row + <u64>first, min(strip << 2, width - first));
    const groups = (count + 3) >> 2;
    let skip = lead;
    let n = min(classes, reach - lead);
    for (let c = 0; c < classes; c += n, n = min(classes - c, reach), skip = 0) {
      gumbelColumns(noise, scratch, groups, skip + n, row + <u64>first, block + ((lead + c) >> 2));
      for (let i = 0; i < n; i++) {
        const at = out + ((<usize>(c + i) * <usize>width + <usize>first) << 2);
        fillLine(at, noise + (<usize>((skip + i) * groups) << 4), count, loc, scale);
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

/** Classes of a strip's rows that a chunk holds; a multiple of 4. */
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

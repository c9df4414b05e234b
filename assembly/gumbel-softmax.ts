// Gumbel-Softmax, Gumbel-max, softmax and their gradients over [outer, classes, inner]: one driver, five kinds of result.
//
// Method:  perturb, find the maximum, exponentiate and sum, finish; the noise is generated where it is used and not stored.
//          Rows side by side in memory (inner = 1) go class by class, others four neighbouring rows to a vector; rows of
//          few classes are turned into columns, tile by tile. All ways give the same bits.
// Source:  Jang, Gu, Poole, ICLR 2017, equations 1 and 2; Maddison, Mnih, Teh, "The Concrete distribution", ICLR 2017
//
// A row too long for the caller's memory is done in pieces, in three passes that generate the noise anew: PASS_MAX over all
// pieces, then PASS_SUM, then PASS_WRITE; the state of the rows stands in memory between them: max, index, and for each four
// rows eight f64 in `sums`, their sums and their <c, e>, zero before the first PASS_SUM. Then outer is 1, and inner = 1 one row.

import { temper } from "./exp";
import { gumbelColumns, gumbelRows, stripClasses, stripGroups } from "./gumbel";
import { high2, join4, low2, NEGATIVE_INFINITY, storeLanes, transpose4 } from "./lanes";
import { log } from "./log";
import { oneHotColumn, oneHotRow, zeroRow } from "./one-hot";
import { classOf, perturbColumn, perturbRow } from "./perturb";
import { keySchedule } from "./philox";
import { CHUNK, COTANGENT_TILE, DOTS, NOISE, SCHEDULE, SUMS, TEMPER, TILE } from "./scratch";
import {
  affineColumn,
  affineRow,
  exponentiateColumn,
  exponentiateRow,
  scaleColumn,
  scaleRow,
} from "./softmax";
import {
  dotColumn,
  dotRow,
  gradientColumn,
  gradientRow,
  logGradientColumn,
  logGradientRow,
} from "./straight-through";

/** What is written: nothing but the index, one-hot rows, soft rows, log-softmax, or a gradient. */
export const INDEX: i32 = 0;
export const HARD: i32 = 1;
export const SOFT: i32 = 2;
export const LOG: i32 = 3;
export const GRADIENT: i32 = 4;
export const LOG_GRADIENT: i32 = 5;

const PASS_ALL: i32 = 0;
const PASS_MAX: i32 = 1;
const PASS_SUM: i32 = 2;
const PASS_WRITE: i32 = 3;

/** Rows of at most so many classes are faster as columns. */
const FEW_CLASSES: i32 = 16;

//  Beyond these f32 cannot hold the scaled differences; they are scaled in f64 first, and tau is 1 from there on.
const LEAST_TAU: f64 = 7.888609052210118e-31; // 2^-100
const GREATEST_TAU: f64 = 1152921504606846976.0; // 2^60
const GREATEST_RATE: f64 = 1e300;

/**
 * One piece of work; gives the first invalid row, or -1.
 * Layout: see `sample` in index.ts.
 */
export function sample(
  kind: i32,
  pass: i32,
  out: usize,
  max: usize,
  index: usize,
  sums: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  scale: f64,
  tau: f64,
): i32 {
  keySchedule(scratch + SCHEDULE, seedLo, seedHi);
  const extreme = tau < LEAST_TAU || tau > GREATEST_TAU;
  if (kind >= SOFT) temper(scratch + TEMPER, extreme ? 1.0 : tau);
  if (inner == 1) {
    if (classes <= FEW_CLASSES && outer > 1 && pass == PASS_ALL) {
      return sampleTiles(kind, out, max, index, logits, cotangent, scratch, outer, classes, row, block, lead, scale, tau);
    }
    return sampleRows(
      kind, pass, out, max, index, sums, logits, cotangent, scratch, outer, classes, from, row, block, lead, scale, tau,
    );
  }
  let invalid = -1;
  const slab = <usize>classes * <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    const rows = o * inner;
    const at = <usize>o * slab;
    const found = sampleColumns(
      kind, pass, out + at, max + (<usize>rows << 2), index + (<usize>rows << 2), sums, logits + at, cotangent + at, scratch,
      classes, inner, <usize>inner << 2, from, row + <u64>rows, block, lead, scale, tau,
    );
    if (invalid < 0 && found >= 0) invalid = rows + found;
  }
  return invalid;
}

//  Rows of few classes, turned into columns: four rows to a vector cost no padding and no horizontal sums.
function sampleTiles(
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
  const width = (CHUNK / ((lead + classes + 3) & ~3)) & ~3;
  const rowBytes = <usize>classes << 2;
  const tile = scratch + TILE;
  const cotangentTile = scratch + COTANGENT_TILE;
  for (let done = 0; done < rows; done += width) {
    const count = min(width, rows - done);
    const lineBytes = <usize>((count + 3) & ~3) << 2;
    const at = <usize>done * rowBytes;
    const state = <usize>done << 2;
    columnsFromRows(tile, lineBytes, logits + at, classes, count);
    if (kind >= GRADIENT) columnsFromRows(cotangentTile, lineBytes, cotangent + at, classes, count);
    const found = sampleColumns(
      kind == HARD ? INDEX : kind, PASS_ALL, tile, max + state, index + state, 0, tile, cotangentTile, scratch,
      classes, count, lineBytes, 0, row + <u64>done, block, lead, scale, tau,
    );
    if (invalid < 0 && found >= 0) invalid = done + found;
    if (kind == HARD) {
      for (let r = 0; r < count; r++) {
        oneHotRow(out + at + <usize>r * rowBytes, classes, load<i32>(index + state + (<usize>r << 2)));
      }
    } else if (kind != INDEX) {
      rowsFromColumns(out + at, tile, lineBytes, classes, count);
    }
  }
  return invalid;
}

function columnsFromRows(tile: usize, lineBytes: usize, from: usize, classes: i32, count: i32): void {
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < count; r += 4, tile += 16, from += rowBytes << 2) {
    for (let c = 0; c < classes; c += 4) {
      transpose4(tile + <usize>c * lineBytes, lineBytes, from + (<usize>c << 2), rowBytes, classes - c, 4);
    }
  }
}

function rowsFromColumns(out: usize, tile: usize, lineBytes: usize, classes: i32, count: i32): void {
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < count; r += 4, tile += 16, out += rowBytes << 2) {
    for (let c = 0; c < classes; c += 4) {
      transpose4(out + (<usize>c << 2), rowBytes, tile + <usize>c * lineBytes, lineBytes, count - r, classes - c);
    }
  }
}

//  Rows whose classes lie side by side.
function sampleRows(
  kind: i32,
  pass: i32,
  out: usize,
  max: usize,
  index: usize,
  sums: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  rows: i32,
  classes: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
  tau: f64,
): i32 {
  let invalid = -1;
  const schedule = scratch + SCHEDULE;
  const noise = scratch + NOISE;
  const blocks = (lead + classes + 3) >> 2;
  const whole = blocks <= CHUNK / 4;
  const batch = whole ? CHUNK / 4 / blocks : 1;
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < rows; r++, logits += rowBytes, cotangent += rowBytes, out += rowBytes, max += 4, index += 4) {
    if (pass == PASS_ALL || (pass == PASS_MAX && from == 0)) {
      store<f32>(max, NEGATIVE_INFINITY);
      store<i32>(index, -1);
    }
    let p = logits;
    if (scale == 0.0) {
      better(max, index, logits, perturbRow(0, logits, 0, classes, scale), from);
    } else if (whole) {
      const slot = r % batch;
      if (slot == 0) gumbelRows(noise, schedule, min(batch, rows - r), blocks, row + <u64>r, block);
      p = noise + (<usize>(slot * blocks) << 4) + (<usize>lead << 2);
      better(max, index, p, perturbRow(p, logits, p, classes, scale), from);
    } else {
      if (kind >= SOFT) p = out;
      perturbLongRow(kind >= SOFT ? out : 0, max, index, logits, noise, schedule, classes, from, row + <u64>r, block, lead, scale);
    }
    if (pass == PASS_MAX) continue;
    const winner = load<i32>(index);
    if (winner < 0) {
      if (invalid < 0) invalid = r;
      if (kind != INDEX && pass != PASS_SUM) zeroRow(out, classes);
    } else if (kind == HARD) {
      oneHotRow(out, classes, <u32>(winner - from) < <u32>classes ? winner - from : -1);
    } else if (kind >= SOFT) {
      finishRow(kind, pass, out, p, sums, cotangent, scratch, classes, load<f32>(max), tau);
    }
  }
  return invalid;
}

function perturbLongRow(
  p: usize,
  max: usize,
  index: usize,
  logits: usize,
  noise: usize,
  schedule: usize,
  classes: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
): void {
  let n = min(CHUNK - lead, classes);
  for (let c = 0; c < classes; c += n, n = min(CHUNK, classes - c), lead = 0) {
    const at = <usize>c << 2;
    const blocks = (lead + n + 3) >> 2;
    gumbelRows(noise, schedule, 1, blocks, row, block);
    const g = noise + (<usize>lead << 2);
    const to = p ? p + at : g;
    better(max, index, to, perturbRow(to, logits + at, g, n, scale), from + c);
    block += blocks;
  }
}

//  The row's maximum so far against that of `p`; a later equal one does not win.
function better(max: usize, index: usize, p: usize, found: f32, from: i32): void {
  if (!(found > load<f32>(max))) return;
  store<f32>(max, found);
  store<i32>(index, found == -NEGATIVE_INFINITY ? -1 : from + classOf(p, found));
}

function finishRow(
  kind: i32,
  pass: i32,
  out: usize,
  p: usize,
  sums: usize,
  cotangent: usize,
  scratch: usize,
  n: i32,
  m: f32,
  tau: f64,
): void {
  const rate = min(1.0 / tau, GREATEST_RATE);
  const extreme = tau < LEAST_TAU || tau > GREATEST_TAU;
  if (extreme) {
    affineRow(out, p, n, m, rate, 0.0);
    p = out;
    m = 0;
  }
  const e: usize = kind == LOG ? 0 : out;
  let total = exponentiateRow(e, p, n, m, scratch + TEMPER, pass == PASS_SUM ? load<f64>(sums) : 0.0);
  let dot: f64 = 0.0;
  if (kind >= GRADIENT && pass != PASS_WRITE) {
    dot = dotRow(cotangent, kind == GRADIENT ? out : 0, n, pass == PASS_SUM ? load<f64>(sums, 32) : 0.0);
  }
  if (pass == PASS_SUM) {
    store<f64>(sums, total);
    store<f64>(sums, dot, 32);
    return;
  }
  if (pass == PASS_WRITE) {
    total = load<f64>(sums);
    dot = load<f64>(sums, 32);
  }
  const inverse = 1.0 / total;
  if (kind == SOFT) {
    scaleRow(out, n, <f32>inverse);
  } else if (kind == LOG) {
    affineRow(out, p, n, m, extreme ? 1.0 : rate, log(total));
  } else if (kind == GRADIENT) {
    gradientRow(out, cotangent, n, dot * inverse, inverse * rate);
  } else {
    logGradientRow(out, cotangent, n, dot * inverse, rate);
  }
}

//  Rows that are neighbours: four to a vector, a strip of up to CHUNK noise values at a time.
function sampleColumns(
  kind: i32,
  pass: i32,
  out: usize,
  max: usize,
  index: usize,
  sums: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  classes: i32,
  width: i32,
  lineBytes: usize,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
  tau: f64,
): i32 {
  let invalid = -1;
  const noise = scratch + NOISE;
  const strip = stripGroups(width, lead + classes);
  const reach = stripClasses(strip);
  for (let first = 0; first < width; first += strip << 2) {
    const groups = min(strip, (width - first + 3) >> 2);
    if (pass == PASS_ALL || (pass == PASS_MAX && from == 0)) {
      for (let r = first; r < min(width, first + (groups << 2)); r++) {
        store<f32>(max + (<usize>r << 2), NEGATIVE_INFINITY);
        store<i32>(index + (<usize>r << 2), -1);
      }
    }
    let skip = lead;
    let n = scale == 0.0 ? classes : min(classes, reach - lead);
    for (let c = 0; c < classes; c += n, n = min(classes - c, reach), skip = 0) {
      if (scale != 0.0) {
        gumbelColumns(noise, scratch + SCHEDULE, groups, skip + n, row + <u64>first, block + ((lead + c) >> 2));
      }
      for (let g = 0; g < groups; g++) {
        const r = first + (g << 2);
        const at = <usize>c * lineBytes + (<usize>r << 2);
        perturbColumn(
          kind >= SOFT ? out + at : 0, max + (<usize>r << 2), index + (<usize>r << 2), logits + at,
          scale == 0.0 ? 0 : noise + (<usize>(skip * groups + g) << 4), n, lineBytes, <usize>groups << 4,
          from + c, min(4, width - r), scale,
        );
      }
    }
    if (pass == PASS_MAX) continue;
    for (let r = first; r < min(width, first + (groups << 2)); r += 4) {
      const lanes = min(4, width - r);
      const at = <usize>r << 2;
      const valid = i32x4.ge_s(v128.load(index + at), i32x4.splat(0));
      const missing = ~i32x4.bitmask(valid) & ((1 << lanes) - 1);
      if (missing && invalid < 0) invalid = r + ctz(missing);
      if (kind == HARD) {
        oneHotColumn(out + at, index + at, classes, lineBytes, from, lanes);
      } else if (kind >= SOFT) {
        finishColumn(
          kind, pass, out + at, scale == 0.0 ? logits + at : out + at, pass == PASS_ALL ? scratch + SUMS : sums + (at << 2),
          cotangent + at, scratch, classes, lineBytes, lanes, v128.load(max + at), valid, tau,
        );
      }
    }
  }
  return invalid;
}

function finishColumn(
  kind: i32,
  pass: i32,
  out: usize,
  p: usize,
  sums: usize,
  cotangent: usize,
  scratch: usize,
  n: i32,
  lineBytes: usize,
  lanes: i32,
  m: v128,
  valid: v128,
  tau: f64,
): void {
  const zero = f64x2.splat(0);
  const rate = min(1.0 / tau, GREATEST_RATE);
  const extreme = tau < LEAST_TAU || tau > GREATEST_TAU;
  if (extreme) {
    affineColumn(out, p, n, lineBytes, lanes, m, rate, zero, zero);
    p = out;
    m = zero;
  }
  // In PASS_WRITE the sums are known and the exponentials are formed once more, their sums thrown away.
  const spare = scratch + SUMS;
  const to = pass == PASS_WRITE ? spare : sums;
  if (pass == PASS_ALL) {
    for (let i = 0; i < 64; i += 16) v128.store(spare + <usize>i, zero);
  }
  exponentiateColumn(kind == LOG ? 0 : out, to, p, n, lineBytes, lanes, m, scratch + TEMPER);
  if (kind >= GRADIENT && pass != PASS_WRITE) {
    dotColumn(sums + 32, cotangent, kind == GRADIENT ? out : 0, n, lineBytes);
  }
  if (pass == PASS_SUM) return;
  const one = f64x2.splat(1);
  const low = f64x2.div(one, v128.load(sums));
  const high = f64x2.div(one, v128.load(sums, 16));
  const dotLow = f64x2.mul(v128.load(sums, 32), low);
  const dotHigh = f64x2.mul(v128.load(sums, 48), high);
  if (kind == SOFT) {
    scaleColumn(out, n, lineBytes, lanes, join4(low, high));
  } else if (kind == LOG) {
    const logLow = f64x2(log(load<f64>(sums)), log(load<f64>(sums, 8)));
    const logHigh = f64x2(log(load<f64>(sums, 16)), log(load<f64>(sums, 24)));
    affineColumn(out, p, n, lineBytes, lanes, m, extreme ? 1.0 : rate, logLow, logHigh);
  } else if (kind == GRADIENT) {
    const r = f64x2.splat(rate);
    gradientColumn(out, cotangent, n, lineBytes, lanes, dotLow, dotHigh, f64x2.mul(low, r), f64x2.mul(high, r));
  } else {
    logGradientColumn(out, cotangent, n, lineBytes, lanes, dotLow, dotHigh, rate);
  }
  if (!i32x4.all_true(valid)) clearColumn(out, n, lineBytes, lanes, valid);
}

//  Rows of zeros where a row is invalid, whatever was computed there.
function clearColumn(out: usize, n: i32, lineBytes: usize, lanes: i32, valid: v128): void {
  for (const end = out + <usize>n * lineBytes; out < end; out += lineBytes) {
    storeLanes(out, v128.and(v128.load(out), valid), lanes);
  }
}

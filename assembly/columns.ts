// Neighbouring rows whose classes lie apart: four rows to a vector, a strip of up to CHUNK noise values at a time.

import { dotColumn, powerSumColumn } from "./dot";
import { gumbelColumns, stripClasses, stripGroups } from "./gumbel";
import {
  extreme,
  GRADIENT,
  HARD,
  KEPT,
  LOG,
  LOG_GRADIENT,
  PASS_ALL,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  rateOf,
  SOFT,
} from "./kinds";
import { join4, NEGATIVE_INFINITY, storeLanes } from "./lanes";
import { log } from "./log";
import { affineColumn, logGradientColumn } from "./log-softmax";
import { oneHotColumn } from "./one-hot";
import { perturbColumn } from "./perturb";
import { DOTS, NOISE, SCHEDULE, SUMS, SUMS_BYTES, TEMPER } from "./scratch";
import { exponentiateColumn, scaleColumn } from "./softmax";
import { gradientColumn } from "./straight-through";

/** `sample` for one slab of `width` neighbouring rows whose classes lie `lineBytes` apart. */
export function sampleColumns(
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
  const kept = (pass & KEPT) != 0;
  pass &= ~KEPT;
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
    for (let c = kept ? classes : 0; c < classes; c += n, n = min(classes - c, reach), skip = 0) {
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
          kind, pass, kept, out + at, scale == 0.0 ? logits + at : out + at, pass == PASS_ALL ? scratch + SUMS : sums + (at << 2),
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
  kept: bool,
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
  const rate = rateOf(tau);
  const written = kept && pass == PASS_WRITE;
  // In PASS_WRITE the sums are known; exponentials that were not kept are formed once more, their sums thrown away.
  const spare = scratch + SUMS;
  const to = pass == PASS_WRITE ? spare : sums;
  if (pass == PASS_ALL) {
    for (let i: usize = 0; i < SUMS_BYTES; i += 16) v128.store(spare + i, zero);
  }
  if (kind == LOG_GRADIENT) {
    if (pass != PASS_WRITE) {
      powerSumColumn(sums, p, n, lineBytes, m, rate);
      dotColumn(sums + DOTS, cotangent, 0, n, lineBytes);
    }
  } else {
    if (extreme(tau)) {
      if (!written) affineColumn(out, p, n, lineBytes, lanes, m, rate, zero, zero);
      p = out;
      m = zero;
    }
    if (!written) exponentiateColumn(kind == LOG ? 0 : out, to, p, n, lineBytes, lanes, m, scratch + TEMPER);
    if (kind == GRADIENT && pass != PASS_WRITE) dotColumn(sums + DOTS, cotangent, out, n, lineBytes);
  }
  if (pass == PASS_SUM) return;
  const one = f64x2.splat(1);
  const low = f64x2.div(one, v128.load(sums));
  const high = f64x2.div(one, v128.load(sums, 16));
  const dotLow = f64x2.mul(v128.load(sums, DOTS), low);
  const dotHigh = f64x2.mul(v128.load(sums, DOTS + 16), high);
  if (kind == SOFT) {
    scaleColumn(out, n, lineBytes, lanes, join4(low, high));
  } else if (kind == LOG) {
    const logLow = f64x2(log(load<f64>(sums)), log(load<f64>(sums, 8)));
    const logHigh = f64x2(log(load<f64>(sums, 16)), log(load<f64>(sums, 24)));
    affineColumn(out, p, n, lineBytes, lanes, m, extreme(tau) ? 1.0 : rate, logLow, logHigh);
  } else if (kind == GRADIENT) {
    const r = f64x2.splat(rate);
    gradientColumn(out, cotangent, n, lineBytes, lanes, dotLow, dotHigh, f64x2.mul(low, r), f64x2.mul(high, r));
  } else {
    logGradientColumn(out, p, cotangent, n, lineBytes, lanes, m, rate, dotLow, dotHigh);
  }
  if (!i32x4.all_true(valid)) clearColumn(out, n, lineBytes, lanes, valid);
}

//  Rows of zeros where a row is invalid, whatever was computed there.
function clearColumn(out: usize, n: i32, lineBytes: usize, lanes: i32, valid: v128): void {
  for (; n > 0; n--, out += lineBytes) {
    storeLanes(out, v128.and(v128.load(out), valid), lanes);
  }
}

// Neighbouring rows whose classes lie apart: four rows to a vector, a strip of up to CHUNK noise values at a time.

import { dotColumn, powerSumColumn } from "./dot";
import { gumbelColumns, stripClasses, stripGroups } from "./gumbel";
import { extreme, GRADIENT, HARD, LOG, LOG_GRADIENT, rateOf, SOFT } from "./kinds";
import { join4, one2, storeSome, zeros } from "./lanes";
import { log } from "./log";
import { affine, logGradient } from "./log-softmax";
import { oneHotLines } from "./one-hot";
import { begin, perturbColumn } from "./perturb";
import { CHUNK, DOTS, NOISE, SCHEDULE, SPARE, STEP, SUMS, SUMS_BYTES, TEMPER } from "./scratch";
import { exponentiateColumns, scaleColumns, SUM_BLOCK, sumColumn } from "./softmax";
import { gradient } from "./straight-through";

/** `sample` in one pass for `width` neighbouring rows of one slab, their classes `lineBytes` apart. */
export function sampleColumns(
  kind: i32,
  out: usize,
  max: usize,
  index: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  classes: i32,
  width: i32,
  lineBytes: usize,
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
  begin(max, index, width);
  for (let first = 0; first < width; first += strip << 2) {
    const groups = min(strip, (width - first + 3) >> 2);
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
          scale == 0.0 ? 0 : noise + (<usize>(skip * groups + g) << 4), n, lineBytes, <usize>groups << 4, c, min(4, width - r),
          scale,
        );
      }
    }
    const line = <usize>first << 2;
    if (kind == HARD) oneHotLines(out + line, index + line, classes, lineBytes, min(groups << 2, width - first));
    const wide = min(groups << 2, width - first);
    if (kind >= SOFT) {
      const p = scale == 0.0 ? logits : out;
      finishColumns(kind, out + line, p + line, cotangent + line, scratch, classes, lineBytes, wide, max + line, tau);
    }
    for (let i = 0; i < wide; i += 4) {
      const lanes = min(4, wide - i);
      const at = line + (<usize>i << 2);
      const valid = i32x4.ge_s(v128.load(index + at), zeros());
      const missing = ~i32x4.bitmask(valid) & ((1 << lanes) - 1);
      if (!missing) continue;
      if (invalid < 0) invalid = first + i + ctz(missing);
      if (kind >= SOFT) clearColumn(out + at, classes, lineBytes, lanes, valid);
    }
  }
  return invalid;
}

function finishColumns(
  kind: i32,
  out: usize,
  p: usize,
  cotangent: usize,
  scratch: usize,
  n: i32,
  lineBytes: usize,
  width: i32,
  max: usize,
  tau: f64,
): void {
  const rate = rateOf(tau);
  const sums = scratch + SUMS;
  const step = scratch + STEP;
  const end = <usize>width << 2;
  // The noise has served.
  const factors = scratch + NOISE;
  let shifts = max;
  if (kind != LOG_GRADIENT && extreme(tau)) {
    shifts = factors + (<usize>CHUNK << 1);
    for (let at: usize = 0; at < end; at += 16) {
      const lanes = min(4, width - <i32>(at >> 2));
      affine(out + at, p + at, n * lanes, lineBytes, lanes, v128.load(max + at), rate, zeros(), zeros());
      v128.store(shifts + at, zeros());
    }
    p = out;
  }
  if (kind == SOFT || kind == GRADIENT) exponentiateColumns(out, lineBytes, p, lineBytes, n, width, shifts, scratch + TEMPER);
  for (let at: usize = 0; at < end; at += 16) {
    const lanes = min(4, width - <i32>(at >> 2));
    const shift = v128.load(shifts + at);
    clearSums(sums);
    if (kind == LOG_GRADIENT) {
      powerSumColumn(sums, step, p + at, n, lineBytes, shift, rate);
      dotColumn(sums + DOTS, cotangent + at, 0, n, lineBytes);
      const low = f64x2.mul(v128.load(sums, DOTS), f64x2.div(one2(), v128.load(sums)));
      const high = f64x2.mul(v128.load(sums, DOTS + 16), f64x2.div(one2(), v128.load(sums, 16)));
      logGradient(out + at, step, p + at, cotangent + at, n * lanes, lineBytes, lanes, shift, rate, low, high);
    } else if (kind == LOG) {
      let from = p + at;
      for (let left = n; left > 0; left -= SUM_BLOCK) {
        const block = min(left, SUM_BLOCK);
        exponentiateColumns(scratch + SPARE, 16, from, lineBytes, block, 4, shifts + at, scratch + TEMPER);
        sumColumn(sums, scratch + SPARE, block, 16);
        from += <usize>block * lineBytes;
      }
      const low = f64x2(log(load<f64>(sums)), log(load<f64>(sums, 8)));
      const high = f64x2(log(load<f64>(sums, 16)), log(load<f64>(sums, 24)));
      affine(out + at, p + at, n * lanes, lineBytes, lanes, shift, extreme(tau) ? 1.0 : rate, low, high);
    } else {
      sumColumn(sums, out + at, n, lineBytes);
      v128.store(factors + at, join4(f64x2.div(one2(), v128.load(sums)), f64x2.div(one2(), v128.load(sums, 16))));
    }
  }
  if (kind == SOFT || kind == GRADIENT) scaleColumns(out, n, lineBytes, width, factors);
  if (kind == GRADIENT) gradientColumns(out, out, cotangent, scratch, n, width, lineBytes, tau);
}

/** The gradient of the soft rows `y`, in one pass. out may be y. */
export function gradientColumns(
  out: usize,
  y: usize,
  cotangent: usize,
  scratch: usize,
  classes: i32,
  width: i32,
  lineBytes: usize,
  tau: f64,
): void {
  const dots = scratch + SUMS;
  for (let r = 0; r < width; r += 4, out += 16, y += 16, cotangent += 16) {
    const lanes = min(4, width - r);
    clearSums(dots);
    dotColumn(dots, cotangent, y, classes, lineBytes);
    gradient(
      out, y, cotangent, classes * lanes, lineBytes, lanes, v128.load(dots), v128.load(dots, 16), rateOf(tau),
    );
  }
}

function clearSums(sums: usize): void {
  for (let i: usize = 0; i < SUMS_BYTES; i += 16) v128.store(sums + i, zeros());
}

//  Rows of zeros where a row is invalid, whatever was computed there.
function clearColumn(out: usize, n: i32, lineBytes: usize, lanes: i32, valid: v128): void {
  for (; n > 0; n--, out += lineBytes) {
    storeSome(out, v128.and(v128.load(out), valid), lanes);
  }
}

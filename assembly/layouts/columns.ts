// Layout of neighbouring rows whose classes lie apart: four rows to a vector, a strip of up to CHUNK noise values at a time.

import { GRADIENT, HARD, LOG, LOG_GRADIENT, NOT_FINITE, SOFT, SUM_BLOCK, VALID } from "../../src/kernels/abi";
import { join4, one2, storeSome, zeros } from "../lanes/lanes";
import { log } from "../lanes/log";
import { rateOf, tauOutsideF32 } from "../lanes/temperature";
import { CHUNK, DOTS, LARGEST_OF_FOUR, NOISE, SPARE, STEP, SUMS, SUMS_BYTES, TAU } from "../memory/scratch";
import { placeOf, Task } from "../memory/task";
import { gumbelColumns, stripClasses, stripGroups } from "../noise/gumbel";
import { affine } from "../stages/affine";
import { anySpoiled, dotColumn, suitF32 } from "../stages/dot";
import { exponentiateColumns } from "../stages/exponentials";
import { logGradient } from "../stages/log-softmax";
import { oneHotLines } from "../stages/one-hot";
import { perturbColumn, resetRows } from "../stages/perturb";
import { gradientInF32, gradientInF64, rateSuitsF32 } from "../stages/soft-gradient";
import { scaleColumns, sumColumn } from "../stages/softmax";
import { powerSumColumn, totalColumn } from "../stages/sums-in-f64";

/**
 * Samples `rows` neighbouring rows of a task from number `first` on, in one pass. Gives VALID, the first invalid row, or
 * NOT_FINITE.
 */
export function sampleColumns(task: Task, scratch: usize, first: i32, rows: i32): i32 {
  const kind = task.kind;
  const classes = task.classes;
  const scale = task.scale;
  const lineBytes = <usize>task.inner << 2;
  let invalid = VALID;
  let finite = true;
  const noise = scratch + NOISE;
  const strip = stripGroups(rows, task.lead + classes);
  const reach = stripClasses(strip);
  const end = first + rows;
  resetRows(task.max + (<usize>first << 2), task.index + (<usize>first << 2), rows);
  for (let r = first; r < end; r += strip << 2) {
    const width = min(strip << 2, end - r);
    const groups = (width + 3) >> 2;
    const max = task.max + (<usize>r << 2);
    const index = task.index + (<usize>r << 2);
    const at = placeOf(task, r);
    const out = task.out + at;
    const logits = task.logits + at;
    let skip = task.lead;
    let n = scale == 0.0 ? classes : min(classes, reach - skip);
    for (let c = 0; c < classes; c += n, n = min(classes - c, reach), skip = 0) {
      if (scale != 0.0) {
        gumbelColumns(noise, scratch, groups, skip + n, task.row + <u64>r, task.block + ((task.lead + c) >> 2));
      }
      const line = <usize>c * lineBytes;
      for (let g = 0; g < groups; g++) {
        const group = <usize>g << 4;
        perturbColumn(
          kind >= SOFT ? out + line + group : 0, max + group, index + group, logits + line + group,
          scale == 0.0 ? 0 : noise + (<usize>(skip * groups) << 4) + group, n, lineBytes, <usize>groups << 4, c,
          min(4, width - (g << 2)), scale,
        );
      }
    }
    if (kind == HARD) oneHotLines(out, index, classes, lineBytes, width);
    if (kind >= SOFT) {
      const p = scale == 0.0 ? logits : out;
      const cotangent = task.cotangent + at;
      finite = finishColumns(kind, out, p, cotangent, scratch, classes, lineBytes, width, max, task.tau) && finite;
    }
    for (let i = 0; i < width; i += 4) {
      const lanes = min(4, width - i);
      const valid = i32x4.ge_s(v128.load(index + (<usize>i << 2)), zeros());
      const missing = ~i32x4.bitmask(valid) & ((1 << lanes) - 1);
      if (!missing) continue;
      if (invalid == VALID) invalid = r + i + ctz(missing);
      if (kind >= SOFT) clearColumn(out + (<usize>i << 2), classes, lineBytes, lanes, valid);
    }
  }
  return finite ? invalid : NOT_FINITE;
}

/**
 * Writes the results of neighbouring rows from their perturbed logits `p`. Gives false if the cotangent is not finite. out may
 * be p.
 */
export function finishColumns(
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
): bool {
  const rate = rateOf(tau);
  let finite = true;
  const sums = scratch + SUMS;
  const step = scratch + STEP;
  const end = <usize>width << 2;
  // The noise is no longer needed, and its place takes the factors, and the shifts if tau is outside f32.
  const factors = scratch + NOISE;
  let shifts = max;
  if (kind != LOG_GRADIENT && tauOutsideF32(tau)) {
    shifts = factors + (<usize>CHUNK << 1);
    for (let at: usize = 0; at < end; at += 16) {
      const lanes = min(4, width - <i32>(at >> 2));
      affine(out + at, p + at, n * lanes, lineBytes, lanes, v128.load(max + at), rate, zeros(), zeros());
      v128.store(shifts + at, zeros());
    }
    p = out;
  }
  if (kind == SOFT || kind == GRADIENT) exponentiateColumns(out, lineBytes, p, lineBytes, n, width, shifts, scratch + TAU);
  for (let at: usize = 0; at < end; at += 16) {
    const lanes = min(4, width - <i32>(at >> 2));
    const shift = v128.load(shifts + at);
    clearSums(sums);
    if (kind == LOG_GRADIENT) {
      powerSumColumn(sums, step, p + at, n, lineBytes, shift, rate);
      totalColumn(sums + DOTS, cotangent + at, n, lineBytes);
      for (let lane: usize = 0; lane < <usize>lanes; lane++) {
        finite = isFinite(load<f64>(sums + (lane << 3), DOTS)) && finite;
      }
      const low = f64x2.mul(v128.load(sums, DOTS), f64x2.div(one2(), v128.load(sums)));
      const high = f64x2.mul(v128.load(sums, DOTS + 16), f64x2.div(one2(), v128.load(sums, 16)));
      logGradient(out + at, step, p + at, cotangent + at, n * lanes, lineBytes, lanes, shift, rate, low, high);
    } else if (kind == LOG) {
      let from = p + at;
      for (let left = n; left > 0; left -= SUM_BLOCK) {
        const block = min(left, SUM_BLOCK);
        exponentiateColumns(scratch + SPARE, 16, from, lineBytes, block, 4, shifts + at, scratch + TAU);
        sumColumn(sums, scratch + SPARE, block, 16);
        from += <usize>block * lineBytes;
      }
      const low = f64x2(log(load<f64>(sums)), log(load<f64>(sums, 8)));
      const high = f64x2(log(load<f64>(sums, 16)), log(load<f64>(sums, 24)));
      affine(out + at, p + at, n * lanes, lineBytes, lanes, shift, tauOutsideF32(tau) ? 1.0 : rate, low, high);
    } else {
      sumColumn(sums, out + at, n, lineBytes);
      v128.store(factors + at, join4(f64x2.div(one2(), v128.load(sums)), f64x2.div(one2(), v128.load(sums, 16))));
    }
  }
  if (kind == SOFT || kind == GRADIENT) scaleColumns(out, n, lineBytes, width, factors);
  return kind == GRADIENT ? gradientColumns(out, out, cotangent, scratch, n, width, lineBytes, tau) : finite;
}

/** Writes the gradient of the soft rows `y`, in one pass. Gives false if the cotangent is not finite. out may be y. */
export function gradientColumns(
  out: usize,
  y: usize,
  cotangent: usize,
  scratch: usize,
  classes: i32,
  width: i32,
  lineBytes: usize,
  tau: f64,
): bool {
  const rate = rateOf(tau);
  const dots = scratch + SUMS;
  const largest = dots + LARGEST_OF_FOUR;
  let finite = true;
  for (let r = 0; r < width; r += 4, out += 16, y += 16, cotangent += 16) {
    const lanes = min(4, width - r);
    const n = classes * lanes;
    clearSums(dots);
    dotColumn(dots, largest, scratch + STEP, cotangent, y, classes, lineBytes, lanes);
    finite = !anySpoiled(v128.load(largest)) && finite;
    const low = v128.load(dots);
    const high = v128.load(dots, 16);
    const suits = rateSuitsF32(rate) ? suitF32(v128.load(largest)) : zeros();
    if (i32x4.all_true(suits)) {
      gradientInF32(out, y, cotangent, n, lineBytes, lanes, join4(low, high), <f32>rate);
    } else {
      gradientInF64(out, y, cotangent, n, lineBytes, lanes, low, high, rate, suits);
    }
  }
  return finite;
}

function clearSums(sums: usize): void {
  for (let i: usize = 0; i < SUMS_BYTES; i += 16) v128.store(sums + i, zeros());
}

//  Writes zeros to the lanes whose row is invalid, whatever was computed there.
function clearColumn(out: usize, n: i32, lineBytes: usize, lanes: i32, valid: v128): void {
  for (; n > 0; n--, out += lineBytes) {
    storeSome(out, v128.and(v128.load(out), valid), lanes);
  }
}

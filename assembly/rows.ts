// Rows whose classes lie side by side: short ones a batch at a time, stage by stage, long ones chunk by chunk.

import { dotRow, powerSumRow } from "./dot";
import { gumbelRows } from "./gumbel";
import {
  extreme,
  GRADIENT,
  HARD,
  INDEX,
  KEPT,
  LOG,
  LOG_GRADIENT,
  PASS_ALL,
  PASS_DOT,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  rateOf,
  SOFT,
} from "./kinds";
import { zeros, POSITIVE_INFINITY } from "./lanes";
import { log } from "./log";
import { affine, logGradient } from "./log-softmax";
import { oneHotRow, zeroRow } from "./one-hot";
import { begin, classOf, largestOf, perturbRow } from "./perturb";
import { CHUNK, DOTS, NOISE, SCHEDULE, SPARE, STEP, SUMS, TEMPER } from "./scratch";
import { exponentiateRow, exponentiateRows, normalizeRows, scaleRow } from "./softmax";
import { gradient } from "./straight-through";
import { winner, winners } from "./winner";

/** `sample` in one pass for rows of inner = 1 that a chunk holds whole. */
export function sampleShortRows(
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
  const blocks = (lead + classes + 3) >> 2;
  const batch = CHUNK / 4 / blocks;
  const rowBytes = <usize>classes << 2;
  const noise = scratch + NOISE + (<usize>lead << 2);
  const plain = (kind == SOFT || kind == GRADIENT) && !extreme(tau);
  let count = 0;
  for (let r = 0; r < rows; r += count) {
    count = min(batch, rows - r);
    begin(max, index, count);
    if (kind < SOFT && scale != 0.0) {
      winners(max, index, logits, scratch, count, classes, row + <u64>r, block, lead, scale);
    } else if (scale != 0.0) {
      gumbelRows(scratch + NOISE, scratch + SCHEDULE, count, blocks, row + <u64>r, block);
    }
    const p = scale == 0.0 ? logits : noise;
    const pBytes = scale == 0.0 ? rowBytes : <usize>blocks << 4;
    if (kind >= SOFT || scale == 0.0) {
      for (let i: usize = 0; i < <usize>count; i++) {
        const at = p + i * pBytes;
        const z = logits + i * rowBytes;
        better(max + (i << 2), index + (i << 2), at, scale == 0.0 ? largestOf(z, classes) : perturbRow(at, z, at, classes, scale), 0);
      }
    }
    if (plain) {
      exponentiateRows(out, p, count, classes, pBytes, max, scratch + TEMPER);
      normalizeRows(out, count, classes);
    }
    for (let i: usize = 0; i < <usize>count; i++) {
      const at = i * rowBytes;
      const best = load<i32>(index + (i << 2));
      if (best < 0) {
        if (invalid < 0) invalid = r + <i32>i;
        if (kind != INDEX) zeroRow(out + at, classes);
      } else if (kind == HARD) {
        oneHotRow(out + at, classes, best);
      } else if (kind == GRADIENT && plain) {
        gradientOfRow(out + at, out + at, cotangent + at, classes, tau);
      } else if (kind >= SOFT && !plain) {
        finishRow(kind, PASS_ALL, false, out + at, p + i * pBytes, 0, cotangent + at, scratch, classes, load<f32>(max + (i << 2)), tau);
      }
    }
    const done = <usize>count * rowBytes;
    logits += done;
    cotangent += done;
    out += done;
    max += <usize>count << 2;
    index += <usize>count << 2;
  }
  return invalid;
}

/** `sample` for inner = 1, longer rows or rows in pieces. */
export function sampleRows(
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
  const kept = (pass & KEPT) != 0;
  pass &= ~KEPT;
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < rows; r++, logits += rowBytes, cotangent += rowBytes, out += rowBytes, max += 4, index += 4) {
    if (pass == PASS_ALL || (pass == PASS_MAX && from == 0)) begin(max, index, 1);
    let p = logits;
    if (kept || (kind < SOFT && pass == PASS_WRITE)) {
      if (scale != 0.0) p = out;
    } else if (scale == 0.0) {
      better(max, index, logits, largestOf(logits, classes), from);
    } else if (kind < SOFT) {
      winner(max, index, logits, scratch, classes, from, row + <u64>r, block, lead, scale);
    } else {
      p = out;
      perturbLongRow(p, max, index, logits, scratch, classes, from, row + <u64>r, block, lead, scale);
    }
    if (pass == PASS_MAX) continue;
    const best = load<i32>(index);
    if (best < 0) {
      if (invalid < 0) invalid = r;
      if (kind != INDEX && pass != PASS_SUM) zeroRow(out, classes);
    } else if (kind == HARD) {
      oneHotRow(out, classes, <u32>(best - from) < <u32>classes ? best - from : -1);
    } else if (kind >= SOFT) {
      finishRow(kind, pass, kept, out, p, sums, cotangent, scratch, classes, load<f32>(max), tau);
    }
  }
  return invalid;
}

/** The gradient of soft rows `y`, in one pass or by pieces: PASS_DOT, then PASS_WRITE. */
export function gradientRows(
  pass: i32,
  out: usize,
  sums: usize,
  y: usize,
  cotangent: usize,
  rows: i32,
  classes: i32,
  tau: f64,
): void {
  const rowBytes = <usize>classes << 2;
  if (pass == PASS_DOT) {
    store<f64>(sums, dotRow(cotangent, y, classes, load<f64>(sums, DOTS)), DOTS);
  } else if (pass == PASS_WRITE) {
    gradientRow(out, y, cotangent, classes, load<f64>(sums, DOTS), tau);
  } else {
    for (; rows > 0; rows--, out += rowBytes, y += rowBytes, cotangent += rowBytes) {
      gradientOfRow(out, y, cotangent, classes, tau);
    }
  }
}

function gradientOfRow(out: usize, y: usize, cotangent: usize, n: i32, tau: f64): void {
  gradientRow(out, y, cotangent, n, dotRow(cotangent, y, n, 0.0), tau);
}

function gradientRow(out: usize, y: usize, cotangent: usize, n: i32, dot: f64, tau: f64): void {
  const d = f64x2.splat(dot);
  gradient(out, y, cotangent, n, 16, 4, d, d, rateOf(tau));
}

function perturbLongRow(
  p: usize,
  max: usize,
  index: usize,
  logits: usize,
  scratch: usize,
  classes: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
): void {
  const noise = scratch + NOISE;
  let n = min(CHUNK - lead, classes);
  for (let c = 0; c < classes; c += n, n = min(CHUNK, classes - c), lead = 0) {
    const at = <usize>c << 2;
    const blocks = (lead + n + 3) >> 2;
    gumbelRows(noise, scratch + SCHEDULE, 1, blocks, row, block);
    better(max, index, p + at, perturbRow(p + at, logits + at, noise + (<usize>lead << 2), n, scale), from + c);
    block += blocks;
  }
}

//  The row's maximum so far against that of `p`; a later equal one does not win.
function better(max: usize, index: usize, p: usize, found: f32, from: i32): void {
  if (!(found > load<f32>(max))) return;
  store<f32>(max, found);
  store<i32>(index, found == POSITIVE_INFINITY ? -1 : from + classOf(p, found));
}

function finishRow(
  kind: i32,
  pass: i32,
  kept: bool,
  out: usize,
  p: usize,
  sums: usize,
  cotangent: usize,
  scratch: usize,
  n: i32,
  m: f32,
  tau: f64,
): void {
  const rate = rateOf(tau);
  const last = pass == PASS_ALL || pass == PASS_WRITE;
  const known = pass >= PASS_DOT;
  let total = pass == PASS_ALL ? 0.0 : load<f64>(sums);
  let dot = pass == PASS_ALL ? 0.0 : load<f64>(sums, DOTS);
  const zero = zeros();
  const step = scratch + STEP;
  let shift = f32x4.splat(m);
  if (kind == LOG_GRADIENT) {
    if (!known) {
      total = powerSumRow(step, p, n, shift, rate, total);
      dot = dotRow(cotangent, 0, n, dot);
    }
    const share = f64x2.splat(dot * (1.0 / total));
    if (last) logGradient(out, step, p, cotangent, n, 16, 4, shift, rate, share, share);
  } else {
    if (extreme(tau)) {
      if (!kept || pass == PASS_SUM) affine(out, p, n, 16, 4, shift, rate, zero, zero);
      p = out;
      shift = zeros();
    }
    if (!kept || pass == PASS_SUM) {
      v128.store(scratch + SUMS, shift);
      const found = exponentiateRow(out, kind == LOG ? scratch + SPARE : 0, p, n, scratch + SUMS, scratch + TEMPER, total);
      if (!known) total = found;
    }
    if (kind == LOG) {
      const rest = f64x2.splat(log(total));
      if (last) affine(out, p, n, 16, 4, shift, extreme(tau) ? 1.0 : rate, rest, rest);
    } else if (pass != PASS_SUM) {
      if (!kept || kind == SOFT || pass == PASS_DOT) scaleRow(out, n, <f32>(1.0 / total));
      if (kind == GRADIENT) {
        if (pass != PASS_WRITE) dot = dotRow(cotangent, out, n, dot);
        if (last) gradientRow(out, out, cotangent, n, dot, tau);
      }
    }
  }
  if (!last) {
    store<f64>(sums, total);
    store<f64>(sums, dot, DOTS);
  }
}

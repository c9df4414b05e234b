// Rows whose classes lie side by side: one row after the other, its noise a chunk at a time.

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
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  rateOf,
  SOFT,
} from "./kinds";
import { NEGATIVE_INFINITY, POSITIVE_INFINITY } from "./lanes";
import { log } from "./log";
import { affineRow, logGradientRow } from "./log-softmax";
import { oneHotRow, zeroRow } from "./one-hot";
import { classOf, perturbRow } from "./perturb";
import { CHUNK, DOTS, NOISE, SCHEDULE, TEMPER } from "./scratch";
import { exponentiateRow, scaleRow } from "./softmax";
import { gradientRow } from "./straight-through";

/** `sample` for inner = 1. */
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
    if (kept) {
      if (scale != 0.0) p = out;
    } else if (scale == 0.0) {
      better(max, index, logits, perturbRow(0, logits, 0, classes, scale), from);
    } else if (whole) {
      const slot = r % batch;
      if (slot == 0) gumbelRows(noise, schedule, min(batch, rows - r), blocks, row + <u64>r, block);
      const g = noise + (<usize>(slot * blocks) << 4) + (<usize>lead << 2);
      p = pass == PASS_MAX && kind >= SOFT ? out : g;
      better(max, index, p, perturbRow(p, logits, g, classes, scale), from);
    } else {
      p = kind >= SOFT ? out : 0;
      perturbLongRow(p, max, index, logits, noise, schedule, classes, from, row + <u64>r, block, lead, scale);
    }
    if (pass == PASS_MAX) continue;
    const winner = load<i32>(index);
    if (winner < 0) {
      if (invalid < 0) invalid = r;
      if (kind != INDEX && pass != PASS_SUM) zeroRow(out, classes);
    } else if (kind == HARD) {
      oneHotRow(out, classes, <u32>(winner - from) < <u32>classes ? winner - from : -1);
    } else if (kind >= SOFT) {
      finishRow(kind, pass, kept, out, p, sums, cotangent, scratch, classes, load<f32>(max), tau);
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
  const written = kept && pass == PASS_WRITE;
  const before = pass == PASS_SUM ? load<f64>(sums) : 0.0;
  let total = before;
  let dot = pass == PASS_SUM ? load<f64>(sums, DOTS) : 0.0;
  if (kind == LOG_GRADIENT) {
    if (pass != PASS_WRITE) {
      total = powerSumRow(p, n, m, rate, before);
      dot = dotRow(cotangent, 0, n, dot);
    }
  } else {
    if (extreme(tau)) {
      if (!written) affineRow(out, p, n, m, rate, 0.0);
      p = out;
      m = 0;
    }
    if (!written) total = exponentiateRow(kind == LOG ? 0 : out, p, n, m, scratch + TEMPER, before);
    if (kind == GRADIENT && pass != PASS_WRITE) dot = dotRow(cotangent, out, n, dot);
  }
  if (pass == PASS_SUM) {
    store<f64>(sums, total);
    store<f64>(sums, dot, DOTS);
    return;
  }
  if (pass == PASS_WRITE) {
    total = load<f64>(sums);
    dot = load<f64>(sums, DOTS);
  }
  const inverse = 1.0 / total;
  if (kind == SOFT) {
    scaleRow(out, n, <f32>inverse);
  } else if (kind == LOG) {
    affineRow(out, p, n, m, extreme(tau) ? 1.0 : rate, log(total));
  } else if (kind == GRADIENT) {
    gradientRow(out, cotangent, n, dot * inverse, inverse * rate);
  } else {
    logGradientRow(out, p, cotangent, n, m, rate, dot * inverse);
  }
}

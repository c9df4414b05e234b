// What short and long rows have in common, their classes side by side: the maximum so far, results from exponentials, gradients.

import { dotRow, powerSumRow } from "./dot";
import { extreme, GRADIENT, LOG, LOG_GRADIENT, PASS_ALL, PASS_DOT, PASS_SUM, PASS_WRITE, rateOf, SOFT } from "./kinds";
import { POSITIVE_INFINITY, zeros } from "./lanes";
import { log } from "./log";
import { affine, logGradient } from "./log-softmax";
import { classOf } from "./perturb";
import { DOTS, SPARE, STEP, SUMS, TEMPER } from "./scratch";
import { exponentiateRow, scaleRow } from "./softmax";
import { gradient } from "./straight-through";

/** The row's maximum so far against that of `p`; a later equal one does not win. */
export function better(max: usize, index: usize, p: usize, found: f32, from: i32): void {
  if (!(found > load<f32>(max))) return;
  store<f32>(max, found);
  store<i32>(index, found == POSITIVE_INFINITY ? -1 : from + classOf(p, found));
}

/** Results of one row from its perturbed logits `p`, in one pass or by pieces. */
export function finishRow(
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

/** The same of one row. */
export function gradientOfRow(out: usize, y: usize, cotangent: usize, n: i32, tau: f64): void {
  gradientRow(out, y, cotangent, n, dotRow(cotangent, y, n, 0.0), tau);
}

function gradientRow(out: usize, y: usize, cotangent: usize, n: i32, dot: f64, tau: f64): void {
  const d = f64x2.splat(dot);
  gradient(out, y, cotangent, n, 16, 4, d, d, rateOf(tau));
}

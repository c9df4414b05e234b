// Steps that short and long rows share, their classes side by side: update the maximum so far, write results, write gradients.

import {
  GRADIENT,
  KEPT,
  LOG,
  LOG_GRADIENT,
  PASS_ALL,
  PASS_DOT,
  PASS_SUM,
  PASS_WRITE,
  SOFT,
  SUM_BLOCK,
} from "../../src/kernels/abi";
import { POSITIVE_INFINITY, zeros } from "../lanes/lanes";
import { log } from "../lanes/log";
import { rateOf, tauOutsideF32 } from "../lanes/temperature";
import { DOTS, SPARE, STEP, SUMS, TAU } from "../memory/scratch";
import { rowBytesOf, Task } from "../memory/task";
import { affine } from "../stages/affine";
import { dotRow, dotRowsInF32, isSpoiled, LARGEST, suitsF32 } from "../stages/dot";
import { logGradient } from "../stages/log-softmax";
import { classOf } from "../stages/perturb";
import { gradientInF32, gradientInF64, gradientRowsInF32, rateSuitsF32 } from "../stages/soft-gradient";
import { exponentiateRow, scaleRow } from "../stages/softmax";
import { powerSumRow, totalRow } from "../stages/sums-in-f64";

//  Most rows, and most elements of them, whose dots are formed before their gradients: so many elements stay in L1.
const BATCH: i32 = 16;
const BATCH_FLOATS: i32 = 1024;

/**
 * Raises max and index of a row to `found`, the maximum of `p`, whose first class is `from`. An equal maximum changes nothing.
 */
export function updateBest(max: usize, index: usize, p: usize, found: f32, from: i32): void {
  if (!(found > load<f32>(max))) return;
  store<f32>(max, found);
  store<i32>(index, found == POSITIVE_INFINITY ? -1 : from + classOf(p, found));
}

/**
 * Writes the result of row `r`, or of the task's piece of it, from its perturbed logits `p`. Gives false if the cotangent is not
 * finite. p may be the row's place in `out`.
 */
export function finishRow(task: Task, scratch: usize, r: i32, p: usize): bool {
  const kind = task.kind;
  const n = task.classes;
  const tau = task.tau;
  const kept = (task.pass & KEPT) != 0;
  const pass = task.pass & ~KEPT;
  const out = task.out + <usize>r * rowBytesOf(task);
  const cotangent = task.cotangent + <usize>r * rowBytesOf(task);
  let sums = task.sums;
  const rate = rateOf(tau);
  const last = pass == PASS_ALL || pass == PASS_WRITE;
  const known = pass >= PASS_DOT;
  const zero = zeros();
  if (pass == PASS_ALL) {
    sums = scratch + SUMS;
    clearSums(sums);
  }
  let total = load<f64>(sums);
  let finite = true;
  const step = scratch + STEP;
  let shift = v128.load32_splat(task.max + (<usize>r << 2));
  if (kind == LOG_GRADIENT) {
    if (!known) {
      total = powerSumRow(step, p, n, shift, rate, total);
      const dot = totalRow(cotangent, n, load<f64>(sums, DOTS));
      store<f64>(sums, dot, DOTS);
      finite = isFinite(dot);
    }
    const share = f64x2.splat(load<f64>(sums, DOTS) * (1.0 / total));
    if (last) logGradient(out, step, p, cotangent, n, 16, 4, shift, rate, share, share);
  } else {
    if (tauOutsideF32(tau)) {
      if (!kept || pass == PASS_SUM) affine(out, p, n, 16, 4, shift, rate, zero, zero);
      p = out;
      shift = zeros();
    }
    if (!kept || pass == PASS_SUM) {
      v128.store(scratch + STEP, shift);
      const found = exponentiateRow(out, kind == LOG ? scratch + SPARE : 0, p, n, scratch + STEP, scratch + TAU, total);
      if (!known) total = found;
    }
    if (kind == LOG) {
      const rest = f64x2.splat(log(total));
      if (last) affine(out, p, n, 16, 4, shift, tauOutsideF32(tau) ? 1.0 : rate, rest, rest);
    } else if (pass != PASS_SUM) {
      if (!kept || kind == SOFT || pass == PASS_DOT) scaleRow(out, n, <f32>(1.0 / total));
      if (kind == GRADIENT) {
        if (pass != PASS_WRITE) {
          dotRow(sums + DOTS, cotangent, out, n);
          finite = !isSpoiled(load<u32>(sums, DOTS + LARGEST));
        }
        if (last) gradientRow(out, out, cotangent, n, sums + DOTS, tau);
      }
    }
  }
  if (!last) store<f64>(sums, total);
  return finite;
}

/**
 * One pass, PASS_DOT or PASS_WRITE, of the gradient of a piece of a kept soft row. Gives false if the cotangent is not finite.
 */
export function gradientPiece(task: Task): bool {
  const dot = task.sums + DOTS;
  if ((task.pass & ~KEPT) == PASS_DOT) {
    dotRow(dot, task.cotangent, task.logits, task.classes);
    return !isSpoiled(load<u32>(dot, LARGEST));
  }
  gradientRow(task.out, task.logits, task.cotangent, task.classes, dot, task.tau);
  return true;
}

/** Writes the gradient of the soft rows `y`, side by side. Gives false if the cotangent is not finite. out may be y. */
export function gradientRows(
  out: usize,
  y: usize,
  cotangent: usize,
  scratch: usize,
  rows: i32,
  classes: i32,
  tau: f64,
): bool {
  const rowBytes = <usize>classes << 2;
  const batch = max(1, min(BATCH, BATCH_FLOATS / classes));
  let finite = true;
  for (; rows > 0; rows -= batch) {
    const count = min(batch, rows);
    finite = gradientOfRows(out, y, cotangent, scratch, count, classes, tau) && finite;
    const done = <usize>count * rowBytes;
    out += done;
    y += done;
    cotangent += done;
  }
  return finite;
}

//  Forms the dots of all rows before the gradients, so that no gradient waits for its own dot.
function gradientOfRows(out: usize, y: usize, cotangent: usize, scratch: usize, rows: i32, n: i32, tau: f64): bool {
  const rowBytes = <usize>n << 2;
  const rate = rateOf(tau);
  const end = cotangent + <usize>rows * rowBytes;
  const dot = scratch + STEP;
  if (n <= SUM_BLOCK && rateSuitsF32(rate) && dotRowsInF32(dot, cotangent, y, rows, n)) {
    gradientRowsInF32(out, y, cotangent, rows, n, dot, <f32>rate);
    return true;
  }
  let finite = true;
  for (; cotangent < end; out += rowBytes, y += rowBytes, cotangent += rowBytes) {
    finite = gradientOfRow(out, y, cotangent, scratch, n, tau) && finite;
  }
  return finite;
}

//  Writes the gradient of one soft row. Gives false if its cotangent is not finite. out may be y.
function gradientOfRow(out: usize, y: usize, cotangent: usize, scratch: usize, n: i32, tau: f64): bool {
  const dot = scratch + SUMS + DOTS;
  v128.store(dot, zeros());
  dotRow(dot, cotangent, y, n);
  gradientRow(out, y, cotangent, n, dot, tau);
  return !isSpoiled(load<u32>(dot, LARGEST));
}

function gradientRow(out: usize, y: usize, cotangent: usize, n: i32, at: usize, tau: f64): void {
  const rate = rateOf(tau);
  const dot = load<f64>(at);
  if (rateSuitsF32(rate) && suitsF32(load<u32>(at, LARGEST))) {
    gradientInF32(out, y, cotangent, n, 16, 4, f32x4.splat(<f32>dot), <f32>rate);
  } else {
    const d = f64x2.splat(dot);
    gradientInF64(out, y, cotangent, n, 16, 4, d, d, rate, zeros());
  }
}

function clearSums(sums: usize): void {
  store<f64>(sums, 0);
  v128.store(sums, zeros(), DOTS);
}

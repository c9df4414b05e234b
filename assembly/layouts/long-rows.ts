// Rows longer than a chunk, or in pieces, their classes side by side: one after the other, chunk by chunk.

import { gumbelRows } from "../noise/gumbel";
import { GRADIENT, HARD, INDEX, KEPT, NOT_FINITE, PASS_ALL, PASS_MAX, PASS_SUM, PASS_WRITE, SOFT } from "../kinds";
import { oneHotRow, zeroRow } from "../stages/one-hot";
import { firstNotFinite, largestOf, perturbRow, resetRows } from "../stages/perturb";
import { finishRow, updateBest } from "./finish-row";
import { CHUNK, NOISE } from "../stages/scratch";
import { winner } from "../noise/winner-by-bounds";

/** `sample` for inner = 1, longer rows or rows in pieces. */
export function sampleLongRows(
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
  let finite = true;
  const kept = (pass & KEPT) != 0;
  pass &= ~KEPT;
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < rows; r++, logits += rowBytes, cotangent += rowBytes, out += rowBytes, max += 4, index += 4) {
    if (pass == PASS_ALL || (pass == PASS_MAX && from == 0)) resetRows(max, index, 1);
    let p = logits;
    if (kept || (kind < SOFT && pass == PASS_WRITE)) {
      if (scale != 0.0) p = out;
    } else if (scale == 0.0) {
      updateBest(max, index, logits, largestOf(logits, classes), from);
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
      if (kind >= GRADIENT && pass != PASS_WRITE && firstNotFinite(cotangent, classes) >= 0) finite = false;
    } else if (kind == HARD) {
      oneHotRow(out, classes, <u32>(best - from) < <u32>classes ? best - from : -1);
    } else if (kind >= SOFT) {
      const m = load<f32>(max);
      finite = finishRow(kind, pass, kept, out, p, sums, cotangent, scratch, classes, m, tau) && finite;
    }
  }
  return finite ? invalid : NOT_FINITE;
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
    gumbelRows(noise, scratch, 1, blocks, row, block);
    updateBest(max, index, p + at, perturbRow(p + at, logits + at, noise + (<usize>lead << 2), n, scale), from + c);
    block += blocks;
  }
}

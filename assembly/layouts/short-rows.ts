// Rows that a chunk holds whole, their classes side by side: a batch at a time, stage by stage.

import { gumbelRows } from "../noise/gumbel";
import { GRADIENT, HARD, INDEX, NOT_FINITE, PASS_ALL, SOFT, tauOutsideF32 } from "../kinds";
import { oneHotRow, zeroRow } from "../stages/one-hot";
import { firstNotFinite, largestOf, perturbRow, resetRows } from "../stages/perturb";
import { finishRow, gradientRows, updateBest } from "./finish-row";
import { CHUNK, NOISE, TAU } from "../stages/scratch";
import { exponentiateRows, normalizeRows } from "../stages/softmax";
import { winners } from "../noise/winner-by-bounds";

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
  let finite = true;
  const blocks = (lead + classes + 3) >> 2;
  const batch = CHUNK / 4 / blocks;
  const rowBytes = <usize>classes << 2;
  const noise = scratch + NOISE + (<usize>lead << 2);
  const plain = (kind == SOFT || kind == GRADIENT) && !tauOutsideF32(tau);
  let count = 0;
  for (let r = 0; r < rows; r += count) {
    count = min(batch, rows - r);
    resetRows(max, index, count);
    if (kind < SOFT && scale != 0.0) {
      winners(max, index, logits, scratch, count, classes, row + <u64>r, block, lead, scale);
    } else if (scale != 0.0) {
      gumbelRows(scratch + NOISE, scratch, count, blocks, row + <u64>r, block);
    }
    const p = scale == 0.0 ? logits : noise;
    const pBytes = scale == 0.0 ? rowBytes : <usize>blocks << 4;
    if (kind >= SOFT || scale == 0.0) {
      for (let i: usize = 0; i < <usize>count; i++) {
        const at = p + i * pBytes;
        const z = logits + i * rowBytes;
        updateBest(max + (i << 2), index + (i << 2), at, scale == 0.0 ? largestOf(z, classes) : perturbRow(at, z, at, classes, scale), 0);
      }
    }
    if (plain) {
      exponentiateRows(out, p, count, classes, pBytes, max, scratch + TAU);
      normalizeRows(out, count, classes);
    }
    for (let i: usize = 0; i < <usize>count; i++) {
      const at = i * rowBytes;
      const best = load<i32>(index + (i << 2));
      if (best < 0) {
        if (invalid < 0) invalid = r + <i32>i;
        if (kind != INDEX) zeroRow(out + at, classes);
        if (kind >= GRADIENT && !plain && firstNotFinite(cotangent + at, classes) >= 0) finite = false;
      } else if (kind == HARD) {
        oneHotRow(out + at, classes, best);
      } else if (kind >= SOFT && !plain) {
        const row = p + i * pBytes;
        const m = load<f32>(max + (i << 2));
        finite = finishRow(kind, PASS_ALL, false, out + at, row, 0, cotangent + at, scratch, classes, m, tau) && finite;
      }
    }
    if (kind == GRADIENT && plain) {
      // Rows of zeros, where one is not valid, have a gradient of zeros.
      finite = gradientRows(PASS_ALL, out, 0, out, cotangent, scratch, count, classes, tau) != NOT_FINITE && finite;
    }
    const done = <usize>count * rowBytes;
    logits += done;
    cotangent += done;
    out += done;
    max += <usize>count << 2;
    index += <usize>count << 2;
  }
  return finite ? invalid : NOT_FINITE;
}

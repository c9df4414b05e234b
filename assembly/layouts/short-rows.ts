// Layout of rows that a chunk holds whole, their classes side by side: a batch of rows at a time, stage by stage.

import { GRADIENT, HARD, INDEX, NOT_FINITE, SOFT, VALID } from "../../src/kernels/abi";
import { tauOutsideF32 } from "../lanes/temperature";
import { CHUNK, NOISE, TAU } from "../memory/scratch";
import { rowBytesOf, Task } from "../memory/task";
import { gumbelRows } from "../noise/gumbel";
import { winners } from "../noise/winner-by-bounds";
import { exponentiateRows } from "../stages/exponentials";
import { oneHotRow, zeroRow } from "../stages/one-hot";
import { firstNotFinite, largestOf, perturbRow, resetRows } from "../stages/perturb";
import { normalizeRows } from "../stages/softmax";
import { finishRow, gradientRows, updateBest } from "./finish-row";

/** Samples `rows` rows of a task from number `first` on, in one pass. Gives VALID, the first invalid row, or NOT_FINITE. */
export function sampleShortRows(task: Task, scratch: usize, first: i32, rows: i32): i32 {
  const kind = task.kind;
  const classes = task.classes;
  const scale = task.scale;
  let invalid = VALID;
  let finite = true;
  const blocks = (task.lead + classes + 3) >> 2;
  const batch = CHUNK / 4 / blocks;
  const rowBytes = rowBytesOf(task);
  const noise = scratch + NOISE + (<usize>task.lead << 2);
  const plain = (kind == SOFT || kind == GRADIENT) && !tauOutsideF32(task.tau);
  let count = 0;
  for (let r = first; r < first + rows; r += count) {
    count = min(batch, first + rows - r);
    const done = <usize>r * rowBytes;
    const max = task.max + (<usize>r << 2);
    const index = task.index + (<usize>r << 2);
    const logits = task.logits + done;
    resetRows(max, index, count);
    if (kind < SOFT && scale != 0.0) {
      winners(task, scratch, r, count);
    } else if (scale != 0.0) {
      gumbelRows(scratch + NOISE, scratch, count, blocks, task.row + <u64>r, task.block);
    }
    const p = scale == 0.0 ? logits : noise;
    const pBytes = scale == 0.0 ? rowBytes : <usize>blocks << 4;
    if (kind >= SOFT || scale == 0.0) {
      for (let i: usize = 0; i < <usize>count; i++) {
        const at = p + i * pBytes;
        const z = logits + i * rowBytes;
        const found = scale == 0.0 ? largestOf(z, classes) : perturbRow(at, z, at, classes, scale);
        updateBest(max + (i << 2), index + (i << 2), at, found, 0);
      }
    }
    const out = task.out + done;
    if (plain) {
      exponentiateRows(out, p, count, classes, pBytes, max, scratch + TAU);
      normalizeRows(out, count, classes);
    }
    for (let i: usize = 0; i < <usize>count; i++) {
      const best = load<i32>(index + (i << 2));
      if (best < 0) {
        if (invalid == VALID) invalid = r + <i32>i;
        if (kind != INDEX) zeroRow(out + i * rowBytes, classes);
        if (kind >= GRADIENT && !plain) {
          finite = firstNotFinite(task.cotangent + done + i * rowBytes, classes) < 0 && finite;
        }
      } else if (kind == HARD) {
        oneHotRow(out + i * rowBytes, classes, best);
      } else if (kind >= SOFT && !plain) {
        finite = finishRow(task, scratch, r + <i32>i, p + i * pBytes) && finite;
      }
    }
    if (kind == GRADIENT && plain) {
      // An invalid row is a row of zeros by now, and so gets a gradient of zeros.
      finite = gradientRows(out, out, task.cotangent + done, scratch, count, classes, task.tau) && finite;
    }
  }
  return finite ? invalid : NOT_FINITE;
}

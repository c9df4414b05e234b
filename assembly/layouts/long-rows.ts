// Layout of rows longer than a chunk, or in pieces, their classes side by side: one row after the other, chunk by chunk.

import {
  GRADIENT,
  HARD,
  INDEX,
  KEPT,
  NOT_FINITE,
  PASS_ALL,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  SOFT,
  VALID,
} from "../../src/kernels/abi";
import { CHUNK, NOISE } from "../memory/scratch";
import { rowBytesOf, Task } from "../memory/task";
import { gumbelRows } from "../noise/gumbel";
import { winner } from "../noise/winner-by-bounds";
import { oneHotRow, zeroRow } from "../stages/one-hot";
import { firstNotFinite, largestOf, perturbRow, resetRows } from "../stages/perturb";
import { finishRow, updateBest } from "./finish-row";

/**
 * Samples `rows` rows of a task from number `first` on, or a piece of its only row. Gives VALID, the first invalid row, or
 * NOT_FINITE.
 */
export function sampleLongRows(task: Task, scratch: usize, first: i32, rows: i32): i32 {
  const kind = task.kind;
  const classes = task.classes;
  const kept = (task.pass & KEPT) != 0;
  const pass = task.pass & ~KEPT;
  let invalid = VALID;
  let finite = true;
  for (let r = first; r < first + rows; r++) {
    const done = <usize>r * rowBytesOf(task);
    const max = task.max + (<usize>r << 2);
    const index = task.index + (<usize>r << 2);
    const out = task.out + done;
    let p = task.logits + done;
    if (pass == PASS_ALL || (pass == PASS_MAX && task.from == 0)) resetRows(max, index, 1);
    if (kept || (kind < SOFT && pass == PASS_WRITE)) {
      if (task.scale != 0.0) p = out;
    } else if (task.scale == 0.0) {
      updateBest(max, index, p, largestOf(p, classes), task.from);
    } else if (kind < SOFT) {
      winner(task, scratch, r);
    } else {
      perturbLongRow(task, scratch, r);
      p = out;
    }
    if (pass == PASS_MAX) continue;
    const best = load<i32>(index);
    if (best < 0) {
      if (invalid == VALID) invalid = r;
      if (kind != INDEX && pass != PASS_SUM) zeroRow(out, classes);
      if (kind >= GRADIENT && pass != PASS_WRITE) finite = firstNotFinite(task.cotangent + done, classes) < 0 && finite;
    } else if (kind == HARD) {
      const c = best - task.from;
      oneHotRow(out, classes, <u32>c < <u32>classes ? c : -1);
    } else if (kind >= SOFT) {
      finite = finishRow(task, scratch, r, p) && finite;
    }
  }
  return finite ? invalid : NOT_FINITE;
}

//  Writes the perturbed logits of a row to its place in `out`, and updates its max and index.
function perturbLongRow(task: Task, scratch: usize, r: i32): void {
  const noise = scratch + NOISE;
  const done = <usize>r * rowBytesOf(task);
  const max = task.max + (<usize>r << 2);
  const index = task.index + (<usize>r << 2);
  let lead = task.lead;
  let block = task.block;
  let n = min(CHUNK - lead, task.classes);
  for (let c = 0; c < task.classes; c += n, n = min(CHUNK, task.classes - c), lead = 0) {
    const at = done + (<usize>c << 2);
    const p = task.out + at;
    const blocks = (lead + n + 3) >> 2;
    gumbelRows(noise, scratch, 1, blocks, task.row + <u64>r, block);
    const found = perturbRow(p, task.logits + at, noise + (<usize>lead << 2), n, task.scale);
    updateBest(max, index, p, found, task.from + c);
    block += blocks;
  }
}

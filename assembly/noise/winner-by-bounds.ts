// The index alone: the Gumbel-max trick with bounds in place of most of the noise.
//
// Method:  each perturbed logit gets a cheap upper bound, from the bits of its random word. The class with the largest bound is
//          perturbed exactly, then every class whose bound reaches the best so far; both steps take many rows together. In long
//          rows, no random words are made for a block of four classes that could not win even with the largest noise.
//          The winner and its perturbed logit have the same bits as if all noise had been made.
// Source:  Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 4 (bounds on perturbations); -ln(1 - v) >= v
// Error:   none: bounds allow for every rounding (noise-bound.ts)

import { NEGATIVE_INFINITY, POSITIVE_INFINITY } from "../lanes/lanes";
import { philoxListed, philoxRows } from "../lanes/philox";
import {
  BOUNDS,
  CHUNK,
  LIST,
  LISTED,
  NOISE,
  PICKED,
  PICKED_BYTES,
  PLACES,
  SCHEDULE,
  SPARE,
  SPARE_BYTES,
} from "../memory/scratch";
import { rowBytesOf, Task } from "../memory/task";
import { classOf, largestOf, perturbRow, reaching } from "../stages/perturb";
import { listCandidates } from "./candidates";
import { bound4, boundRow, mostNoise, threshold } from "./noise-bound";
import { noiseFromWords } from "./noise-table";

/** Chunks whose largest logit is less than this below the row's are likely to have the winner, and go before the others. */
const NEAR: f32 = 8;

/** Most classes of a span: SPARE holds the maxima of so many classes' chunks. */
const SPAN: i32 = CHUNK * (<i32>SPARE_BYTES >> 2);

/** Number of chunks that go without a list after one whose list left out too few blocks. */
const PAUSE: i32 = 7;

/**
 * Updates max and index of `rows` rows of a task from number `r` on, whose noise a chunk can hold. An invalid row gets
 * (Infinity, -1) or keeps (-Infinity, -1).
 */
export function winners(task: Task, scratch: usize, r: i32, rows: i32): void {
  const blocks = (task.lead + task.classes + 3) >> 2;
  philoxRows(scratch + NOISE, scratch + SCHEDULE, rows, blocks, task.row + <u64>r, task.block);
  const logits = task.logits + <usize>r * rowBytesOf(task);
  improve(task, scratch, r, rows, logits, task.classes, blocks, task.lead, 0, 0);
}

/** Updates max and index of row `r`, of any length, or of the task's piece of it. */
export function winner(task: Task, scratch: usize, r: i32): void {
  let n = min(task.classes, SPAN - task.lead);
  for (let c = 0; c < task.classes; c += n, n = min(task.classes - c, SPAN)) winnerOfSpan(task, scratch, r, c, n);
}

//  Updates them by the `n` classes of a span, from class `start` of the piece on.
function winnerOfSpan(task: Task, scratch: usize, r: i32, start: i32, n: i32): void {
  const max = task.max + (<usize>r << 2);
  const most = mostNoise(task.scale);
  const maxima = scratch + SPARE;
  const end = start + n;
  const lead = start ? 0 : task.lead;
  const logits = task.logits + <usize>r * rowBytesOf(task);
  let largest = NEGATIVE_INFINITY;
  let count = min(n, CHUNK - lead);
  for (let c = start, at = maxima; c < end; c += count, count = min(end - c, CHUNK), at += 4) {
    const m = largestOf(logits + (<usize>c << 2), count);
    store<f32>(at, m);
    if (m > largest) largest = m;
  }
  if (largest == NEGATIVE_INFINITY) return;
  if (largest == POSITIVE_INFINITY) {
    store<f32>(max, POSITIVE_INFINITY);
    store<i32>(task.index + (<usize>r << 2), -1);
    return;
  }
  // The chunk of the largest logit goes first, then those near it, then the others. Where logits differ much, the best so far
  // then rules out most other classes, and whole chunks.
  let pause = 0;
  for (let turn = 0; turn < 3; turn++) {
    count = min(n, CHUNK - lead);
    for (let c = start, at = maxima; c < end; c += count, count = min(end - c, CHUNK), at += 4) {
      const m = load<f32>(at);
      const best = load<f32>(max);
      if ((m == largest ? 0 : m > largest - NEAR ? 1 : 2) != turn || !(m + most >= best)) continue;
      const lists = pause == 0 && best != NEGATIVE_INFINITY;
      if (pause > 0) pause--;
      if (!winnerOfChunk(task, scratch, r, c, count, lists) && lists) pause = PAUSE;
    }
  }
}

//  Gives whether a list was used: whether it left out at least a fourth of the chunk's blocks.
function winnerOfChunk(task: Task, scratch: usize, r: i32, c: i32, n: i32, lists: bool): bool {
  const lead = c ? 0 : task.lead;
  const logits = task.logits + <usize>r * rowBytesOf(task) + (<usize>c << 2);
  const row = task.row + <u64>r;
  const block = task.block + ((task.lead + c) >> 2);
  const from = task.from + c;
  const blocks = (lead + n + 3) >> 2;
  let listed = -1;
  if (lists && lead == 0) {
    const best = load<f32>(task.max + (<usize>r << 2));
    listed = listCandidates(scratch + LIST, scratch + LISTED, logits, n, best, mostNoise(task.scale));
  }
  // A list saves time only if it leaves out a fourth of the blocks: the table of all blocks can serve other rows, its own cannot.
  if (listed < 0 || listed > blocks - (blocks >> 2)) {
    philoxRows(scratch + NOISE, scratch + SCHEDULE, 1, blocks, row, block);
    improve(task, scratch, r, 1, logits, n, blocks, lead, 0, from);
    return false;
  }
  philoxListed(scratch + NOISE, scratch + SCHEDULE, scratch + LIST, listed, row, block);
  improve(task, scratch, r, 1, scratch + LISTED, listed << 2, listed, 0, scratch + LIST, from);
  return true;
}

//  Updates max and index of the rows from `first` on, whose words lie in NOISE, `blocks` vectors for each row. Computes the
//  bounds, perturbs the class with the largest bound exactly, then every class that may still be better. `listed` has the
//  numbers of the row's blocks if these are not all of them, else it is 0. The candidates of all rows are collected and
//  perturbed together: a branch for each row would be mispredicted.
function improve(
  task: Task,
  scratch: usize,
  first: i32,
  rows: i32,
  logits: usize,
  n: i32,
  blocks: i32,
  lead: i32,
  listed: usize,
  from: i32,
): void {
  const max = task.max + (<usize>first << 2);
  const index = task.index + (<usize>first << 2);
  const scale = task.scale;
  const rowBytes = <usize>n << 2;
  const blockBytes = <usize>blocks << 4;
  const picks = scratch + PICKED;
  const end = <usize>rows << 2;
  let words = scratch + NOISE + (<usize>lead << 2);
  let bounds = scratch + BOUNDS;
  let z = logits;
  for (let r: usize = 0; r < end; r += 4, words += blockBytes, bounds += blockBytes, z += rowBytes) {
    let best: f32;
    if (scale == 1.0) {
      best = boundRow(bounds, z, words, n);
    } else {
      for (let i: usize = 0; i < rowBytes; i += 16) v128.store(bounds + i, bound4(v128.load(words + i)));
      best = perturbRow(bounds, z, bounds, n, scale);
    }
    let c = 0;
    if (best == POSITIVE_INFINITY) {
      store<f32>(max + r, POSITIVE_INFINITY);
      store<i32>(index + r, -1);
    } else {
      c = classOf(bounds, best);
    }
    pick(picks + r, r, c, words, z);
    store<f32>(bounds + (<usize>c << 2), NEGATIVE_INFINITY);
  }
  settle(max, index, scratch, picks + end, listed, from, scale);
  words = scratch + NOISE + (<usize>lead << 2);
  bounds = scratch + BOUNDS;
  z = logits;
  let last = picks;
  for (let r: usize = 0; r < end; r += 4, words += blockBytes, bounds += blockBytes, z += rowBytes) {
    if (load<i32>(index + r) < 0) continue; // nothing can win
    const known = load<f32>(max + r);
    const least = f32x4.splat(scale == 1.0 ? threshold(known) : known);
    for (let c = 0; c < n; c += 32) {
      let found = reaching(bounds + (<usize>c << 2), least);
      if (n - c < 32) found &= (1 << (n - c)) - 1;
      for (; found; found &= found - 1, last += 4) pick(last, r, c + ctz(found), words, z);
    }
  }
  if (last > picks) settle(max, index, scratch, last, listed, from, scale);
}

//  Notes class `c` of the row whose max and index lie `r` bytes on, with its word and its logit.
@inline
function pick(to: usize, r: usize, c: i32, words: usize, z: usize): void {
  const at = <usize>c << 2;
  store<i32>(to, <i32>(r << 16) | c);
  store<i32>(to, load<i32>(words + at), PICKED_BYTES);
  store<f32>(to, load<f32>(z + at), 2 * PICKED_BYTES);
}

//  Perturbs the picked classes exactly and updates max and index. The larger perturbed logit wins, on a tie the lower class.
//  -Infinity never wins, and nothing wins against the (Infinity, -1) of an invalid row.
function settle(max: usize, index: usize, scratch: usize, end: usize, listed: usize, from: i32, scale: f64): void {
  let picks = scratch + PICKED;
  const words = picks + PICKED_BYTES;
  const values = picks + 2 * PICKED_BYTES;
  noiseFromWords(words, end + PICKED_BYTES, scratch + PLACES);
  perturbRow(values, values, words, <i32>((end - picks) >> 2), scale);
  for (; picks < end; picks += 4) {
    const picked = load<i32>(picks);
    const p = load<f32>(picks, 2 * PICKED_BYTES);
    const r = <usize>(picked >>> 16);
    const c = from + classNumber(listed, picked & 0xffff);
    const best = load<f32>(max + r);
    if (!(p > best || (p == best && c < load<i32>(index + r)))) continue;
    store<f32>(max + r, p);
    store<i32>(index + r, c);
  }
}

@inline
function classNumber(listed: usize, c: i32): i32 {
  return listed ? (load<i32>(listed + (<usize>(c >> 2) << 2)) << 2) + (c & 3) : c;
}

// Gumbel-Softmax, Gumbel-max, softmax and their gradients over [outer, classes, inner]. This file chooses the layout for a task:
// the way in which its rows are read and written.
//
// Method:  perturb, find the maximum, exponentiate and sum, finish; the noise is generated where it is used and not stored.
//          If the classes of a row lie side by side (inner = 1), a vector holds four classes of one row; rows of 2 to 16 classes
//          are turned into columns instead, four rows to a vector. If they lie apart (inner > 1), a vector holds one class of
//          four neighbouring rows, and the rows are copied to a tile if all their classes fit. All layouts give the same bits.
// Source:  Jang, Gu, Poole, ICLR 2017, equations 1 and 2; Maddison, Mnih, Teh, "The Concrete distribution", ICLR 2017
//
// A row too long for the caller's memory, or shared among threads, is done in pieces; each task then has one piece, whose classes
// lie side by side. PASS_MAX goes over all pieces, then PASS_SUM, for a gradient PASS_DOT, then PASS_WRITE. Between the passes
// the state of the row stands in memory: max, index, and `sums`, which is zero at first and has the sum, <c, y> or <c, 1>, and
// the largest |c|. Each pass generates the noise anew, unless its KEPT is set. With KEPT every piece has an `out` of its own,
// which holds the perturbed logits after PASS_MAX, the exponentials after PASS_SUM, the soft sample after PASS_DOT.

import {
  GRADIENT,
  INDEX,
  KEPT,
  NOISE,
  NOT_FINITE,
  PASS_ALL,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  SOFT,
  SOFT_GRADIENT,
  SUM_BLOCK,
  VALID,
} from "../src/kernels/abi";
import { tauConstants } from "./lanes/exp";
import { alike } from "./lanes/philox";
import { keySchedule } from "./lanes/philox-table";
import { tauOutsideF32 } from "./lanes/temperature";
import { gradientColumns, sampleColumns } from "./layouts/columns";
import { FEW_CLASSES, sampleFewClasses } from "./layouts/few-classes";
import { gradientPiece, gradientRows } from "./layouts/finish-row";
import { sampleLongRows } from "./layouts/long-rows";
import { sampleShortRows } from "./layouts/short-rows";
import { MOST_TILE_CLASSES, sampleTiles } from "./layouts/tiles";
import { CHUNK, SCHEDULE, TAU } from "./memory/scratch";
import { Task } from "./memory/task";
import { gumbel } from "./noise/gumbel";

/** The stream of the noise that is added to logits. */
const STREAM: i32 = 0;

/** Carries out a task of any kind. Gives its result, which it also writes to the task. */
export function perform(task: Task, scratch: usize): i32 {
  assert(task.kind >= INDEX && task.kind <= NOISE, "kind: expected 0 to 7");
  assert(task.outer >= 1 && task.classes >= 1 && task.inner >= 1, "outer, classes, inner: expected at least 1");
  assert(task.lead >= 0 && task.lead <= 3, "lead: expected 0 to 3");
  assert((scratch & 15) == 0, "scratch: expected a multiple of 16");
  let result = VALID;
  if (task.kind == NOISE) gumbel(task, scratch);
  else if (task.kind == SOFT_GRADIENT) result = gradient(task, scratch);
  else result = sample(task, scratch);
  task.result = result;
  return result;
}

//  Carries out a kind whose input is logits.
function sample(task: Task, scratch: usize): i32 {
  const kind = task.kind;
  const pass = task.pass;
  checkPass(task);
  assert(kind < GRADIENT || task.cotangent != 0, "cotangent: expected an address for a gradient");
  assert(kind < SOFT || (task.tau > 0.0 && task.tau < Infinity), "tau: expected a finite number above 0");
  if (task.scale != 0.0) keySchedule(scratch + SCHEDULE, task.seedLo, task.seedHi, STREAM);
  if (kind >= SOFT) tauConstants(scratch + TAU, tauOutsideF32(task.tau) ? 1.0 : task.tau);
  // Rows of one class follow one another in memory, so they go four to a vector like neighbours.
  const apart = task.inner > 1 || (task.classes == 1 && task.outer > 1);
  const rows = task.outer * task.inner;
  // Rows that a layout may take together: those of one slab, or all of them if inner is 1 or there is one class.
  const neighbours = task.inner > 1 && task.classes > 1 ? task.inner : rows;
  let invalid = VALID;
  let finite = true;
  for (let slab = 0; slab < rows; slab += neighbours) {
    for (let r = slab, n = 0; r < slab + neighbours; r += n) {
      n = alike(task.row + <u64>r, slab + neighbours - r);
      let found: i32;
      if (apart) {
        found = task.classes <= MOST_TILE_CLASSES ? sampleTiles(task, scratch, r, n) : sampleColumns(task, scratch, r, n);
      } else if (pass == PASS_ALL && task.classes <= FEW_CLASSES && rows > 1) {
        found = sampleFewClasses(task, scratch, r, n);
      } else if (pass == PASS_ALL && task.lead + task.classes <= CHUNK) {
        found = sampleShortRows(task, scratch, r, n);
      } else {
        found = sampleLongRows(task, scratch, r, n);
      }
      if (found == NOT_FINITE) finite = false;
      else if (invalid == VALID) invalid = found;
    }
  }
  return finite ? invalid : NOT_FINITE;
}

//  Carries out SOFT_GRADIENT: soft rows that were kept stand in the place of the logits.
function gradient(task: Task, scratch: usize): i32 {
  checkPass(task);
  assert(task.cotangent != 0, "cotangent: expected an address for a gradient");
  assert(task.tau > 0.0 && task.tau < Infinity, "tau: expected a finite number above 0");
  let finite = true;
  if (task.pass != PASS_ALL) {
    finite = gradientPiece(task);
  } else if (task.inner == 1) {
    finite = gradientRows(task.out, task.logits, task.cotangent, scratch, task.outer, task.classes, task.tau);
  } else {
    const lineBytes = <usize>task.inner << 2;
    const slabBytes = <usize>task.classes * lineBytes;
    for (let o: usize = 0; o < <usize>task.outer; o++) {
      const at = o * slabBytes;
      finite = gradientColumns(
        task.out + at, task.logits + at, task.cotangent + at, scratch, task.classes, task.inner, lineBytes, task.tau,
      ) && finite;
    }
  }
  return finite ? VALID : NOT_FINITE;
}

function checkPass(task: Task): void {
  const pass = task.pass;
  assert((pass & ~KEPT) >= PASS_ALL && (pass & ~KEPT) <= PASS_WRITE, "pass: expected 0 to 4");
  assert(!(pass & KEPT) || pass > (KEPT | PASS_MAX), "pass: expected something kept from a pass before");
  assert(pass == PASS_ALL || (task.outer == 1 && task.inner == 1), "outer, inner: expected 1 for a row in pieces");
  assert(pass < PASS_SUM || task.from % SUM_BLOCK == 0, "from: expected a multiple of SUM_BLOCK");
}

// Works through a call piece by piece, so that memory does not grow with the input. Three ways, by the size of a slab, the
// classes * inner elements that belong together:
//
//   slabs   as many whole slabs at a time as a piece holds
//   strips  a slab too large: all classes of a few neighbouring rows at a time
//   passes  rows too long even for that: a range of classes at a time, three times over
//
// With workers, share.ts does the larger calls.

import { type Arena, LONGEST_ROW, PIECE, type WorkArea } from "./arena.ts";
import { expectedBut } from "./check.ts";
import { worthSharing } from "./chunks.ts";
import type { Kernels } from "./instance.ts";
import {
  call,
  copyWinners,
  type Engine,
  exclusively,
  INDEX,
  invalidRow,
  type Job,
  NO_STREAM,
  notFinite,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  piece,
  SOFT,
  STRIP_ROWS,
  SUM_BLOCK,
  shared,
} from "./job.ts";
import { copyOut } from "./pieces.ts";
import { share, WrongInput } from "./share.ts";
import type { NumericArray } from "./tensor.ts";

/** Carries out sample, softmax, argmax and the gradients; a RangeError for an invalid row unless it is to be marked. */
export function run(engine: Engine, job: Job): void {
  const { logits, cotangent, out, axis } = job;
  const count = axis.rows * axis.classes;
  // Arrays can shrink after their check: code of the user has run since, or time has passed since the forward call.
  if (logits.length !== count) throw shrunk("logits", count, logits);
  if (cotangent && cotangent.length !== count) throw shrunk("cotangent", count, cotangent);
  if (out && out.length !== count) throw shrunk("out", count, out);
  if (count > 0) exclusively(engine, () => carryOut(engine, job));
}

function shrunk(name: string, count: number, { length }: NumericArray): Error {
  return expectedBut(Error, name, `${count} elements as before`, `${length}`);
}

function carryOut(engine: Engine, job: Job): void {
  const { kernels, arena, pool } = engine;
  const { outer, classes, inner, rows } = job.axis;
  if (worthSharing(pool, job.axis, job.scale)) {
    try {
      share(engine, pool, job, () => rehearse(engine, job));
      return;
    } catch (error) {
      if (!(error instanceof WrongInput)) throw error;
    }
  }
  const slab = classes * inner;
  const operands = [job.logits, job.cotangent, job.out];
  const resident = operands.every((data) => data === undefined || arena.holds(data)) && !shared(arena, job);
  const slabs = slab <= PIECE || (inner === 1 && classes <= LONGEST_ROW) || (resident && inner <= PIECE);
  const strips = !slabs && classes * STRIP_ROWS <= LONGEST_ROW;
  const area = reserve(arena, job, strips ? classes * STRIP_ROWS : slabs && !resident ? slab : 0);
  if (job.guarded && rows * classes > PIECE) rehearse(engine, job);
  if (slabs) {
    const step = Math.max(1, Math.floor(PIECE / slab));
    for (let o = 0; o < outer; o += step) {
      piece(kernels, arena, area, job, { o, outer: Math.min(step, outer - o), c: 0, classes, i: 0, inner });
    }
    return;
  }
  const width = strips ? Math.max(STRIP_ROWS, Math.floor(PIECE / classes / STRIP_ROWS) * STRIP_ROWS) : STRIP_ROWS;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i += width) {
      const neighbours = Math.min(width, inner - i);
      if (strips) piece(kernels, arena, area, job, { o, outer: 1, c: 0, classes, i, inner: neighbours });
      else passes(kernels, arena, job, o, i, neighbours);
    }
  }
}

//  The work area, and the job's views of the module's memory anew if the memory grew for it.
function reserve(arena: Arena, job: Job, capacity: number): WorkArea {
  if (arena.area(0).capacity >= capacity) return arena.area(0);
  const logits = arena.reviver(job.logits);
  const cotangent = job.cotangent && arena.reviver(job.cotangent);
  const out = job.out && arena.reviver(job.out);
  const index = job.index && arena.reviver(job.index);
  const area = arena.area(capacity);
  job.logits = logits();
  if (cotangent) job.cotangent = cotangent();
  if (out) job.out = out();
  if (index) job.index = index();
  return area;
}

//  Finds every error that the job would, and writes nothing.
function rehearse(engine: Engine, job: Job): void {
  const { kernels, arena } = engine;
  if (job.cotangent) {
    const area = arena.area(0);
    for (let at = 0; at < job.cotangent.length; at += PIECE) {
      const n = Math.min(PIECE, job.cotangent.length - at);
      arena.floats.set(job.cotangent.subarray(at, at + n), area.cotangent / 4);
      const found = kernels.firstNotFinite(area.cotangent, n);
      if (found >= 0) throw notFinite(job, at + found);
    }
  }
  if (job.mark) return;
  const { axis, logits } = job;
  const quiet = { scale: 0, tau: 1, mark: false, guarded: false };
  carryOut(engine, { kind: INDEX, axis, logits, stream: NO_STREAM, ...quiet });
}

//  One range of neighbouring rows too long for the work area: maximum, sum, result, each over all ranges of classes.
function passes(kernels: Kernels, arena: Arena, job: Job, o: number, i: number, inner: number): void {
  const { classes } = job.axis;
  const area = arena.area(0);
  const step = inner === 1 ? PIECE : SUM_BLOCK;
  const first = o * job.axis.inner + i;
  for (const pass of [PASS_MAX, PASS_SUM, PASS_WRITE]) {
    if ((pass === PASS_SUM && job.kind < SOFT) || (pass === PASS_WRITE && job.kind === INDEX)) continue;
    if (pass === PASS_SUM) arena.floats.fill(0, area.sums / 4, area.sums / 4 + STRIP_ROWS * 4);
    for (let c = 0; c < classes; c += step) {
      const range = { o, outer: 1, c, classes: Math.min(step, classes - c), i, inner };
      call(kernels, arena, area, job, range, pass, area.out);
      if (pass === PASS_WRITE) copyOut(job.out!, arena.floats, area.out / 4, job.axis, range);
    }
    if (pass !== PASS_MAX) continue;
    const invalid = arena.indices.subarray(area.index / 4, area.index / 4 + inner).findIndex((winner) => winner < 0);
    if (invalid >= 0 && !job.mark) throw invalidRow(job, first + invalid);
    copyWinners(arena, area, job, first, inner);
  }
}

// Works through a call piece by piece, so that memory does not grow with the input. Three ways, by the size of a slab, the
// classes * inner elements that belong together:
//
//   slabs   as many whole slabs at a time as a piece holds
//   strips  a slab too large: all classes of a few neighbouring rows at a time
//   passes  rows too long even for that: a range of classes of one row at a time, several times over
//
// With workers, shared.ts does the larger calls.

import type { NumericArray } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";
import { INDEX, PASS_MAX, PASS_WRITE } from "../kernels/abi.ts";
import type { Kernels } from "../kernels/instance.ts";
import type { Arena, Place } from "../memory/arena.ts";
import { copy, copyOut } from "../memory/copies.ts";
import { LONGEST_ROW, PIECE, SUMS, type WorkArea } from "../memory/work-area.ts";
import { NO_STREAM } from "../stream.ts";
import { type Engine, exclusively } from "./engine.ts";
import type { Call, Job } from "./job.ts";
import { call, copyWinners, invalidRow, isResident, notFinite, passesOf, piece } from "./piece.ts";
import { share, WrongInput } from "./shared.ts";
import { STRIP_ROWS, worthSharing } from "./shares.ts";

/**
 * Carries out sample, softmax, argmax and the gradients; a RangeError for an invalid row unless it is to be marked. Gives the
 * arrays as they are after it: views of the module's memory are new if that has grown.
 */
export function run(engine: Engine, given: Call): Job {
  const { kind, axis, logits, cotangent, out, index, scores, stream, scale, tau, mark, guarded } = given;
  const { arena } = engine;
  const z = arena.place(logits);
  const c = cotangent && arena.place(cotangent);
  const target = guarded ? arena.place(out!) : undefined;
  // All fields, always in this order: the engine then reads them the same way for every operation.
  const job: Job = {
    kind,
    axis,
    logits,
    logitsAt: z.at,
    cotangent,
    cotangentAt: c ? c.at : -1,
    out,
    outAt: target ? target.at : -1,
    index,
    scores,
    // Without noise seeds are of no use, and rows need not be done one by one.
    stream: scale === 0 ? NO_STREAM : stream,
    scale,
    tau,
    mark,
    guarded,
    inPlace: target !== undefined && liesOn(arena, target, z, "logits"),
    onCotangent: target !== undefined && c !== undefined && liesOn(arena, target, c, "cotangent"),
  };
  const count = axis.rows * axis.classes;
  // Arrays can shrink after their check: code of the user has run since, or time has passed since the forward call.
  if (logits.length !== count) throw shrunk("logits", count, logits);
  if (cotangent && cotangent.length !== count) throw shrunk("cotangent", count, cotangent);
  if (out && out.length !== count) throw shrunk("out", count, out);
  if (count > 0) exclusively(engine, () => carryOut(engine, job));
  return job;
}

/** Whether an output lies just on an input; it may not overlap it otherwise. */
export function liesOn(arena: Arena, out: Place, input: Place, name: string): boolean {
  if (!arena.overlaps(out, input)) return false;
  const { data: a } = out;
  const { data: b } = input;
  if (a.byteOffset === b.byteOffset && a.byteLength === b.byteLength) return true;
  throw expectedBut(RangeError, "out", `memory apart from ${name}, or just that of ${name}`, "an overlap");
}

function shrunk(name: string, count: number, { length }: NumericArray): Error {
  return expectedBut(Error, name, `${count} elements as before`, `${length}`);
}

function carryOut(engine: Engine, job: Job): void {
  const { kernels, arena, pool } = engine;
  const { outer, classes, inner, rows } = job.axis;
  // With a seed of its own, each row is a piece of its own.
  const alone = job.stream.seeds !== undefined;
  if (!alone && worthSharing(pool, job.axis, job.scale)) {
    try {
      share(engine, pool, job, rehearse);
      return;
    } catch (error) {
      if (!(error instanceof WrongInput)) throw error;
    }
  }
  const slab = classes * inner;
  const { logits, cotangent, out } = job;
  const resident =
    !job.onCotangent &&
    isResident(logits, job.logitsAt) &&
    (cotangent === undefined || isResident(cotangent, job.cotangentAt)) &&
    (out === undefined || isResident(out, job.outAt));
  const slabs =
    (!alone || inner === 1) &&
    (slab <= PIECE || (inner === 1 && classes <= LONGEST_ROW) || (resident && inner <= PIECE));
  const strips = !slabs && classes * STRIP_ROWS <= LONGEST_ROW;
  const area = reserve(arena, job, strips ? classes * STRIP_ROWS : slabs && !resident ? slab : 0);
  const step = alone ? 1 : Math.max(1, Math.floor(PIECE / slab));
  // What is one piece is written when it has succeeded, unless the kernel writes it where it is to be.
  const once = slabs && outer <= step && (job.outAt < 0 || rows * classes <= PIECE);
  if (job.guarded && !once) rehearse(engine, job);
  if (slabs) {
    for (let o = 0; o < outer; o += step) {
      piece(kernels, arena, area, job, { o, outer: Math.min(step, outer - o), c: 0, classes, i: 0, inner });
    }
    return;
  }
  const width = strips && !alone ? Math.max(STRIP_ROWS, Math.floor(PIECE / classes / STRIP_ROWS) * STRIP_ROWS) : 1;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i += width) {
      const neighbours = Math.min(width, inner - i);
      if (strips) piece(kernels, arena, area, job, { o, outer: 1, c: 0, classes, i, inner: neighbours });
      else passes(kernels, arena, job, o, i);
    }
  }
}

//  The work area, and the job's views of the module's memory anew if the memory grew for it.
function reserve(arena: Arena, job: Job, capacity: number): WorkArea {
  if (arena.area(0).capacity >= capacity) return arena.area(0);
  const logits = arena.reviver(job.logits);
  const cotangent = job.cotangent && arena.reviver(job.cotangent);
  const out = job.out && arena.reviver(job.out);
  const area = arena.area(capacity);
  job.logits = logits();
  if (cotangent) job.cotangent = cotangent();
  if (out) job.out = out();
  return area;
}

//  Finds every error that the job would, and writes nothing.
function rehearse(engine: Engine, job: Job): void {
  const { cotangent, logits } = job;
  if (cotangent && !allFinite(engine, cotangent, job.cotangentAt)) throw notFinite(job);
  // Where all logits are finite, all rows are valid; else each row is looked at.
  if (job.mark || allFinite(engine, logits, job.logitsAt)) return;
  const nothing = { cotangent: undefined, out: undefined, index: undefined, scores: undefined, onCotangent: false };
  carryOut(engine, { ...job, ...nothing, kind: INDEX, stream: NO_STREAM, scale: 0, tau: 1, guarded: false });
}

function allFinite({ kernels, arena }: Engine, data: NumericArray, at: number): boolean {
  if (isResident(data, at)) return kernels.firstNotFinite(at, data.length) < 0;
  const { logits: stage } = arena.area(0);
  for (let start = 0; start < data.length; start += PIECE) {
    const n = Math.min(PIECE, data.length - start);
    copy(arena.floats, stage / 4, data, start, n);
    if (kernels.firstNotFinite(stage, n) >= 0) return false;
  }
  return true;
}

//  One row too long for the work area: maximum, sum, result, each over all ranges of its classes.
function passes(kernels: Kernels, arena: Arena, job: Job, o: number, i: number): void {
  const { classes } = job.axis;
  const area = arena.area(0);
  const row = o * job.axis.inner + i;
  arena.floats.fill(0, area.sums / 4, area.sums / 4 + 2 * SUMS);
  for (const pass of passesOf(job.kind)) {
    for (let c = 0; c < classes; c += PIECE) {
      const range = { o, outer: 1, c, classes: Math.min(PIECE, classes - c), i, inner: 1 };
      call(kernels, arena, area, job, range, pass, area.out);
      if (pass === PASS_WRITE) copyOut(job.out!, arena.floats, area.out / 4, job.axis, range);
    }
    if (pass !== PASS_MAX) continue;
    if (arena.indices[area.index / 4]! < 0 && !job.mark) throw invalidRow(job, row);
    copyWinners(arena, area, job, row, 1);
  }
}

// Works through a call piece by piece, so that memory does not grow with the input. Three ways, by the size of a slab, the
// classes * inner elements that belong together:
//
//   slabs   as many whole slabs at a time as a piece holds
//   strips  a slab too large: all classes of a few neighbouring rows at a time
//   passes  rows too long even for that: a range of classes at a time, three times over
//
// An operand that lies in the module's memory is used where it lies, if its slabs are not cut; others are copied.

import { type Arena, LONGEST_ROW, PIECE, type WorkArea } from "./arena.ts";
import { expectedBut } from "./check.ts";
import type { Kernels } from "./instance.ts";
import { copy, copyIn, copyOut, overlaps, type Piece, position, size } from "./pieces.ts";
import type { Halves } from "./seed.ts";
import type { Axis } from "./shape.ts";
import type { NumericArray } from "./tensor.ts";

/** The kinds of result, as the kernels number them. */
export const INDEX = 0;
export const HARD = 1;
export const SOFT = 2;
export const LOG = 3;
export const GRADIENT = 4;
export const LOG_GRADIENT = 5;

const PASS_ALL = 0;
const PASS_MAX = 1;
const PASS_SUM = 2;
const PASS_WRITE = 3;

/** Neighbouring rows of a strip at the least, one cache line of them. */
export const STRIP_ROWS = 16;

/** Classes whose exponentials are summed on their own (assembly/softmax.ts): where the pieces of a row may start. */
const SUM_BLOCK = 4096;

/** Where a call's noise lies in the stream. */
export interface Stream {
  readonly seed: Halves;
  readonly row: Halves;
  readonly firstClass: number;
}

/** One call: what is read, what is written, and the parameters of the kernels. */
export interface Job {
  readonly kind: number;
  readonly axis: Axis;
  logits: NumericArray;
  cotangent?: NumericArray | undefined;
  out?: Float32Array | undefined;
  index?: Int32Array | undefined;
  readonly scores?: Float32Array | undefined;
  readonly stream: Stream;
  readonly scale: number;
  readonly tau: number;
  /** Invalid rows become zeros and index -1; otherwise the first one throws. */
  readonly mark: boolean;
  /** `out` or `index` is the caller's own: nothing may be written before it is sure that the call succeeds. */
  readonly guarded: boolean;
}

/** The stream of a call without noise. */
export const NO_STREAM: Stream = { seed: { lo: 0, hi: 0 }, row: { lo: 0, hi: 0 }, firstClass: 0 };

/** Carries out sample, softmax, argmax and the gradients; a RangeError for an invalid row unless it is to be marked. */
export function run(kernels: Kernels, arena: Arena, job: Job): void {
  const { outer, classes, inner, rows } = job.axis;
  if (rows === 0) return;
  const slab = classes * inner;
  const operands = [job.logits, job.cotangent, job.out];
  const resident = operands.every((data) => data === undefined || arena.holds(data)) && !shared(job);
  const slabs = slab <= PIECE || (inner === 1 && classes <= LONGEST_ROW) || (resident && inner <= PIECE);
  const strips = !slabs && classes * STRIP_ROWS <= LONGEST_ROW;
  const area = reserve(arena, job, strips ? classes * STRIP_ROWS : slabs && !resident ? slab : 0);
  if (job.guarded && rows * classes > PIECE) rehearse(kernels, arena, job);
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
function rehearse(kernels: Kernels, arena: Arena, job: Job): void {
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
  run(kernels, arena, { kind: INDEX, axis, logits, stream: NO_STREAM, ...quiet });
}

//  All classes of some rows.
function piece(kernels: Kernels, arena: Arena, area: WorkArea, job: Job, range: Piece): void {
  const rows = range.outer * range.inner;
  const first = range.o * job.axis.inner + range.i;
  const out = job.out === undefined ? 0 : (address(arena, job, job.out, range) ?? area.out);
  const invalid = call(kernels, arena, area, job, range, PASS_ALL, out);
  if (invalid >= 0 && !job.mark) throw invalidRow(job, first + invalid);
  if (job.out !== undefined && out === area.out) copyOut(job.out, arena.floats, out / 4, job.axis, range);
  copyWinners(arena, area, job, first, rows);
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

//  Brings a range in and calls the kernel on it; gives the first invalid row of the range, or -1.
function call(
  kernels: Kernels,
  arena: Arena,
  area: WorkArea,
  job: Job,
  range: Piece,
  pass: number,
  out: number,
): number {
  const { axis, stream } = job;
  const logits = operand(arena, area.logits, job, job.logits, range);
  let cotangent = 0;
  if (job.cotangent) {
    cotangent = operand(arena, area.cotangent, job, job.cotangent, range);
    const found = pass > PASS_MAX ? -1 : kernels.firstNotFinite(cotangent, size(range));
    if (found >= 0) throw notFinite(job, position(axis, range, found));
  }
  const [rowLo, rowHi, block, lead] = counter(stream, axis, range);
  return kernels.sample(
    job.kind,
    pass,
    out,
    area.max,
    area.index,
    area.sums,
    logits,
    cotangent,
    arena.scratch,
    range.outer,
    range.classes,
    range.inner,
    range.c,
    rowLo,
    rowHi,
    block,
    lead,
    stream.seed.lo,
    stream.seed.hi,
    job.scale,
    job.tau,
  );
}

/** Where a range's noise begins: the halves of its row number, its block of four classes, its class in the block. */
export function counter(stream: Stream, axis: Axis, range: Piece): [number, number, number, number] {
  const row = stream.row.lo + range.o * axis.inner + range.i;
  const number = stream.firstClass + range.c;
  return [row % 2 ** 32, stream.row.hi + Math.floor(row / 2 ** 32), Math.floor(number / 4), number % 4];
}

//  Where an input's range lies: in the module's memory as it is, or copied to `stage`.
function operand(arena: Arena, stage: number, job: Job, data: NumericArray, range: Piece): number {
  const found = address(arena, job, data, range);
  if (found !== undefined) return found;
  copyIn(arena.floats, stage / 4, data, job.axis, range);
  return stage;
}

//  Where the range lies in the module's memory, if it does, and packed. An output does not count if a cotangent lies there
//  too, or if it fits a piece: what is copied to it when the call has succeeded needs no rehearsal.
function address(arena: Arena, job: Job, data: NumericArray, range: Piece): number | undefined {
  const { classes, inner, rows } = job.axis;
  if (!arena.holds(data) || range.classes !== classes || range.inner !== inner) return undefined;
  if (data === job.out && (shared(job) || rows * classes <= PIECE)) return undefined;
  return data.byteOffset + range.o * classes * inner * 4;
}

function shared({ out, cotangent }: Job): boolean {
  return out !== undefined && cotangent !== undefined && overlaps(out, cotangent);
}

//  The indices and scores of `rows` rows, to rows from `first` on, where they are wanted.
function copyWinners(arena: Arena, area: WorkArea, { index, scores }: Job, first: number, rows: number): void {
  const winners = area.index / 4;
  if (index) copy(index, first, arena.indices, winners, rows);
  if (scores) {
    copy(scores, first, arena.floats, area.max / 4, rows);
    for (let r = 0; r < rows; r++) {
      if (arena.indices[winners + r]! < 0) scores[first + r] = Number.NEGATIVE_INFINITY;
    }
  }
}

function invalidRow({ axis, logits }: Job, row: number): Error {
  const { classes, inner } = axis;
  const start = Math.floor(row / inner) * classes * inner + (row % inner);
  const wanted = "numbers below Infinity, not all of a row -Infinity";
  for (let c = 0; c < classes; c++) {
    const value = Math.fround(logits[start + c * inner]!);
    if (!(value < Number.POSITIVE_INFINITY)) {
      return expectedBut(RangeError, "logits", wanted, `${value} in row ${row} at class ${c}`);
    }
  }
  return expectedBut(RangeError, "logits", wanted, `only -Infinity in row ${row}`);
}

function notFinite({ axis, cotangent }: Job, position: number): Error {
  const { classes, inner } = axis;
  const row = Math.floor(position / (classes * inner)) * inner + (position % inner);
  const value = Math.fround(cotangent![position]!);
  return expectedBut(RangeError, "cotangent", "finite numbers", `${value} in row ${row}`);
}

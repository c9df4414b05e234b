// One call of an operation as numbers, and one piece of it through the kernels. An operand that lies in the module's memory
// is used where it lies, if its slabs are not cut; others are copied.

import { rowOfElement, rowStart } from "../arguments/shape.ts";
import type { NumericArray } from "../arguments/tensor-like.ts";
import { expectedBut, invalidLogits } from "../check.ts";
import {
  GRADIENT,
  HARD,
  INDEX,
  PASS_ALL,
  PASS_DOT,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  SOFT_GRADIENT,
} from "../kernels/abi.ts";
import type { Kernels } from "../kernels/instance.ts";
import type { Arena } from "../memory/arena.ts";
import { copy, copyIn, copyOut, type Piece, size } from "../memory/copies.ts";
import { PIECE, type WorkArea } from "../memory/work-area.ts";
import { counter } from "../stream.ts";
import type { Job } from "./job.ts";

/** The passes over the pieces of a long row. */
export function passesOf(kind: number): readonly number[] {
  if (kind === INDEX) return [PASS_MAX];
  if (kind === HARD) return [PASS_MAX, PASS_WRITE];
  if (kind === GRADIENT) return [PASS_MAX, PASS_SUM, PASS_DOT, PASS_WRITE];
  return kind === SOFT_GRADIENT ? [PASS_DOT, PASS_WRITE] : [PASS_MAX, PASS_SUM, PASS_WRITE];
}

/** All classes of some rows. */
export function piece(kernels: Kernels, arena: Arena, area: WorkArea, job: Job, range: Piece): void {
  const rows = range.outer * range.inner;
  const first = range.o * job.axis.inner + range.i;
  const out = job.out === undefined ? 0 : (address(job, job.out, job.outAt, range) ?? area.out);
  const invalid = call(kernels, arena, area, job, range, PASS_ALL, out);
  if (invalid >= 0 && !job.mark) throw invalidRow(job, first + invalid);
  if (job.out !== undefined && out === area.out) copyOut(job.out, arena.floats, out / 4, job.axis, range);
  copyWinners(arena, area, job, first, rows);
}

/** Brings a range in and calls the kernel on it; gives the first invalid row of the range, or -1. */
export function call(
  kernels: Kernels,
  arena: Arena,
  area: WorkArea,
  job: Job,
  range: Piece,
  pass: number,
  out: number,
): number {
  const { axis, stream } = job;
  const logits = operand(arena, area.logits, job, job.logits, job.logitsAt, range);
  let cotangent = 0;
  if (job.cotangent) {
    cotangent = operand(arena, area.cotangent, job, job.cotangent, job.cotangentAt, range);
    const first = pass === PASS_ALL || pass === passesOf(job.kind)[0];
    const found = first ? kernels.firstNotFinite(cotangent, size(range)) : -1;
    if (found >= 0) throw notFinite(job);
  }
  const { rowLo, rowHi, block, lead, seedLo, seedHi } = counter(stream, axis, range);
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
    seedLo,
    seedHi,
    job.scale,
    job.tau,
  );
}

/** Where an input's range lies: in the module's memory as it is, or copied to `stage`, if it is not there already. */
export function operand(
  arena: Arena,
  stage: number,
  job: Job,
  data: NumericArray,
  at: number,
  range: Piece,
  bring: boolean = true,
): number {
  const found = address(job, data, at, range);
  if (found !== undefined) return found;
  if (bring) copyIn(arena.floats, stage / 4, data, job.axis, range);
  return stage;
}

//  Where the range lies in the module's memory, if it does, and packed. An output does not count if a cotangent lies there
//  too, or if it fits a piece: what is copied to it when the call has succeeded needs no rehearsal.
function address(job: Job, data: NumericArray, at: number, range: Piece): number | undefined {
  const { classes, inner, rows } = job.axis;
  if (!isResident(data, at) || range.inner !== inner) return undefined;
  if (data === job.out && (job.onCotangent || rows * classes <= PIECE)) return undefined;
  return at + (range.o * classes + range.c) * inner * 4;
}

/** Whether the kernels can work on an array where it lies. */
export function isResident(data: NumericArray, at: number): boolean {
  return at >= 0 && data instanceof Float32Array;
}

/** The indices and scores of `rows` rows, to rows from `first` on, where they are wanted. */
export function copyWinners(arena: Arena, area: WorkArea, { index, scores }: Job, first: number, rows: number): void {
  const winners = area.index / 4;
  if (index) copy(index, first, arena.indices, winners, rows);
  if (scores) {
    copy(scores, first, arena.floats, area.max / 4, rows);
    for (let r = 0; r < rows; r++) {
      if (arena.indices[winners + r]! < 0) scores[first + r] = -Infinity;
    }
  }
}

/** The error of an invalid row; of the cotangent, if that is wrong too: which one is found first depends on the pieces. */
export function invalidRow(job: Job, row: number): Error {
  const { axis, logits } = job;
  if (job.cotangent && firstWild(job.cotangent) >= 0) return notFinite(job);
  return invalidLogits(row, logits, rowStart(row, axis), axis.classes, axis.inner);
}

/** The error of a cotangent that is not finite, for its first such element: which one is found first depends on the pieces. */
export function notFinite({ axis, cotangent }: Job): Error {
  const position = firstWild(cotangent!);
  const row = rowOfElement(position, axis);
  const value = Math.fround(cotangent![position]!);
  return expectedBut(RangeError, "cotangent", "finite numbers", `${value} in row ${row}`);
}

function firstWild(values: NumericArray): number {
  return values.findIndex((value) => !Number.isFinite(Math.fround(value)));
}

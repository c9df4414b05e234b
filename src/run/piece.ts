// One piece of a call through the kernels. They use an operand where it lies, if that is in the module's memory and the piece
// has whole slabs of it; other operands are copied to a work area.

import { invalidRow } from "../arguments/invalid-row.ts";
import { classOfElement, rowOfElement, rowStart } from "../arguments/shape.ts";
import type { NumericArray } from "../arguments/tensor-like.ts";
import { rowError } from "../check.ts";
import {
  GRADIENT,
  HARD,
  INDEX,
  LOG,
  NOT_FINITE,
  PASS_ALL,
  PASS_DOT,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  SOFT,
  SOFT_GRADIENT,
} from "../kernels/abi.ts";
import type { Arena, Place } from "../memory/arena.ts";
import { addOut, copy, copyIn, copyOut, type Piece, size } from "../memory/copies.ts";
import type { WorkArea } from "../memory/work-area.ts";
import type { Pool } from "../threads/pool.ts";
import type { Engine } from "./engine.ts";
import type { Job } from "./job.ts";
import { type TaskParameters, writeTask } from "./task.ts";

/** Passes over the pieces of a long row. */
export function passesOf(kind: number): readonly number[] {
  if (kind === INDEX) return [PASS_MAX];
  if (kind === HARD) return [PASS_MAX, PASS_WRITE];
  if (kind === GRADIENT) return [PASS_MAX, PASS_SUM, PASS_DOT, PASS_WRITE];
  return kind === SOFT_GRADIENT ? [PASS_DOT, PASS_WRITE] : [PASS_MAX, PASS_SUM, PASS_WRITE];
}

/** Carries out a piece that has all classes of its rows, on this thread. Without `bring`, its logits are staged still. */
export function runPiece(engine: Engine, job: Job, piece: Piece, bring: boolean = true): void {
  const { arena } = engine;
  const first = piece.o * job.axis.inner + piece.i;
  const staged = arena.area.out;
  const out = job.out ? addressOf(job, job.outAt, piece, staged) : job.sums ? staged : 0;
  const invalid = runPass(engine, job, piece, PASS_ALL, out, bring);
  if (invalid >= 0 && !job.mark) throw invalidLogits(job, first + invalid);
  if (out === staged) deliver(job, arena.floats, out / 4, piece);
  copyWinners(arena, arena.area, job, first, piece.outer * piece.inner);
}

/** Carries out one pass over a piece on this thread; gives the first invalid row of the piece, or VALID. */
export function runPass(
  { kernels, arena }: Engine,
  job: Job,
  piece: Piece,
  pass: number,
  out: number,
  bring: boolean = true,
): number {
  const { area, scratch } = arena;
  const logits = operand(arena, area.logits, job, job.logits, piece, bring);
  const cotangent = job.cotangent ? operand(arena, area.cotangent, job, job.cotangent, piece, true) : 0;
  const parameters = job.taus ? ofRow(job, job.taus, piece) : job;
  const task = writeTask(arena, parameters, piece, piece.c, pass, area, out, logits, cotangent);
  const result = kernels.sample(task, scratch);
  if (result === NOT_FINITE) throw wrongCotangent(job);
  return result;
}

//  The parameters of a row with a temperature of its own; at 0 it is the limit, as for a call with that temperature.
function ofRow({ kind, axis, stream, scale }: Job, taus: Float64Array, { o, i }: Piece): TaskParameters {
  const tau = taus[(o * axis.inner + i) % taus.length]!;
  return { kind: limitOf(kind, tau), axis, stream, scale, tau };
}

/** The kind of a forward result at a temperature: one-hot at 0. */
export function limitOf(kind: number, tau: number): number {
  return tau === 0 && (kind === SOFT || kind === LOG) ? HARD : kind;
}

/** Takes the result of a piece, at element `at` of the module's memory, to where the job wants it. */
export function deliver({ out, sums, axis }: Job, floats: Float32Array, at: number, piece: Piece): void {
  if (out) copyOut(out.data, floats, at, axis, piece);
  else if (sums) addOut(sums, floats, at, axis, piece);
}

/** Posts one pass over a piece. Its operands are copied to the slot, unless they are there still (`bring` is false). */
export function postPass(
  arena: Arena,
  pool: Pool,
  slot: WorkArea,
  job: Job,
  piece: Piece,
  pass: number,
  bring: boolean = true,
): number {
  const logits = operand(arena, slot.logits, job, job.logits, piece, bring);
  const cotangent = job.cotangent ? operand(arena, slot.cotangent, job, job.cotangent, piece, bring) : 0;
  return pool.post(writeTask(arena, job, piece, piece.c, pass, slot, slot.out, logits, cotangent));
}

//  Address of a piece of an input: where it lies, or `staged`, to which it is copied.
function operand(arena: Arena, staged: number, job: Job, { data, at }: Place, piece: Piece, bring: boolean): number {
  const address = addressOf(job, at, piece, staged, data.length);
  if (address === staged && bring) copyIn(arena.floats, staged / 4, data, job.axis, piece);
  return address;
}

//  Address of a piece of an array at `at`; `staged`, if the array is not in the module's memory or the piece not packed there.
function addressOf({ axis }: Job, at: number, piece: Piece, staged: number, length: number = Infinity): number {
  if (at < 0 || piece.inner !== axis.inner) return staged;
  const first = ((piece.o * axis.classes + piece.c) * axis.inner) % length;
  return first + size(piece) <= length ? at + first * 4 : staged;
}

/** Copies the indices and scores of `rows` rows to rows from `first` on, where they are wanted. */
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

/** Error of an invalid row; of the cotangent, if that is wrong too: which of them a task finds first depends on the pieces. */
export function invalidLogits(job: Job, row: number): Error {
  const { axis, logits, cotangent } = job;
  if (cotangent && firstNotFinite(cotangent.data) >= 0) return wrongCotangent(job);
  return invalidRow(row, logits.data, rowStart(row, axis) % logits.data.length, axis.classes, axis.inner);
}

/** Error of a cotangent that is not finite, for its first such element: which one a task finds first depends on the pieces. */
export function wrongCotangent({ axis, cotangent }: Job): Error {
  const { data } = cotangent!;
  const position = firstNotFinite(data);
  const row = rowOfElement(position, axis);
  const value = Math.fround(data[position]!);
  return rowError(
    RangeError,
    "cotangent",
    "finite numbers",
    `${value} in row ${row}`,
    row,
    classOfElement(position, axis),
  );
}

//  Position of the first element that is no finite f32, or -1.
function firstNotFinite(values: NumericArray): number {
  return values.findIndex((value) => !Number.isFinite(Math.fround(value)));
}

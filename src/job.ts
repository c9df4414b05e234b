// One call of an operation as numbers, and one piece of it through the kernels. An operand that lies in the module's memory
// is used where it lies, if its slabs are not cut; others are copied.

import { type Arena, PIECE, type WorkArea } from "./arena.ts";
import { expectedBut, invalidLogits } from "./check.ts";
import type { Kernels } from "./instance.ts";
import { copy, copyIn, copyOut, type Piece } from "./pieces.ts";
import type { Pool } from "./pool.ts";
import type { Halves } from "./seed.ts";
import { type Axis, rowOfElement, rowStart } from "./shape.ts";
import type { NumericArray } from "./tensor.ts";

/** The kinds of result, as the kernels number them. */
export const INDEX = 0;
export const HARD = 1;
export const SOFT = 2;
export const LOG = 3;
export const GRADIENT = 4;
export const LOG_GRADIENT = 5;
/** The gradient of soft samples that stand in the place of the logits. */
export const SOFT_GRADIENT = 6;

export const PASS_ALL = 0;
export const PASS_MAX = 1;
export const PASS_SUM = 2;
export const PASS_DOT = 3;
export const PASS_WRITE = 4;

/** Result of a kernel that found a NaN or an Infinity in the cotangent. */
const NOT_FINITE = -2;

/** The passes over the pieces of a long row. */
export function passesOf(kind: number): readonly number[] {
  if (kind === INDEX) return [PASS_MAX];
  if (kind === HARD) return [PASS_MAX, PASS_WRITE];
  if (kind === GRADIENT) return [PASS_MAX, PASS_SUM, PASS_DOT, PASS_WRITE];
  return kind === SOFT_GRADIENT ? [PASS_DOT, PASS_WRITE] : [PASS_MAX, PASS_SUM, PASS_WRITE];
}

/** Neighbouring rows of a strip at the least, one cache line of them. */
export const STRIP_ROWS = 16;

/** Classes whose exponentials are summed on their own (assembly/softmax.ts): where the pieces of a row may start. */
export const SUM_BLOCK = 4096;

/** Where a call's noise lies among all noise. */
export interface Stream {
  readonly seed: Halves;
  readonly row: Halves;
  readonly firstClass: number;
  /** Rows of the whole call before the first one. */
  readonly before: number;
  /** The halves of a seed for each row, low ones first: rows that share a number then differ by it. */
  readonly seeds: Uint32Array | undefined;
}

/** One call: what is read, what is written, and the parameters of the kernels. */
export interface Call {
  readonly kind: number;
  readonly axis: Axis;
  readonly logits: NumericArray;
  readonly cotangent?: NumericArray | undefined;
  readonly out?: Float32Array | undefined;
  readonly index?: Int32Array | undefined;
  readonly scores?: Float32Array | undefined;
  readonly stream: Stream;
  readonly scale: number;
  readonly tau: number;
  /** Invalid rows become zeros and index -1; otherwise the first one throws. */
  readonly mark: boolean;
  /** `out` is the caller's own: nothing may be written before it is sure that the call succeeds. */
  readonly guarded: boolean;
}

/** A call whose arrays have been found: their addresses in the module's memory, or -1. */
export interface Job extends Call {
  logits: NumericArray;
  cotangent: NumericArray | undefined;
  out: Float32Array | undefined;
  readonly logitsAt: number;
  readonly cotangentAt: number;
  readonly outAt: number;
  /** `out` lies on the logits, or on the cotangent. */
  readonly inPlace: boolean;
  readonly onCotangent: boolean;
}

/** The kernels, the memory they work in, and the workers if there are any. */
export interface Engine {
  /** In the middle of a call. */
  busy: boolean;
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly pool?: Pool | undefined;
}

/** The stream of a call without noise. */
export const NO_STREAM: Stream = {
  seed: { lo: 0, hi: 0 },
  row: { lo: 0, hi: 0 },
  firstClass: 0,
  before: 0,
  seeds: undefined,
};

/** Carries out a call by itself: code of the user that a call may run into, such as a species constructor, cannot begin another. */
export function exclusively(engine: Engine, work: () => void): void {
  if (engine.busy) throw expectedBut(Error, "instance", "one call at a time", "a call from inside another");
  engine.busy = true;
  try {
    work();
  } finally {
    engine.busy = false;
  }
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
  }
  const { rowLo, rowHi, block, lead, seedLo, seedHi } = counter(stream, axis, range);
  const found = kernels.sample(
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
  if (found === NOT_FINITE) throw notFinite(job);
  return found;
}

/** Where a range's noise begins: the halves of its row number, its block of four classes, its class in the block, its seed. */
interface Counter {
  readonly rowLo: number;
  readonly rowHi: number;
  readonly block: number;
  readonly lead: number;
  readonly seedLo: number;
  readonly seedHi: number;
}

export function counter(stream: Stream, axis: Axis, range: Piece): Counter {
  const { seeds, before } = stream;
  let { lo: seedLo, hi: seedHi } = stream.seed;
  let row = before + range.o * axis.inner + range.i;
  if (seeds) {
    // Every draw takes all seeds again, with the next row number.
    const at = 2 * row;
    row = Math.floor(at / seeds.length);
    seedLo = seeds[at % seeds.length]!;
    seedHi = seeds[(at % seeds.length) + 1]!;
  }
  row += stream.row.lo;
  const number = stream.firstClass + range.c;
  const rowHi = stream.row.hi + Math.floor(row / 2 ** 32);
  return { rowLo: row >>> 0, rowHi, block: Math.floor(number / 4), lead: number & 3, seedLo, seedHi };
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

// Pieces of an array seen along an axis, and their way in and out of the module's memory.

import type { Axis } from "../arguments/shape.ts";
import type { NumericArray } from "../arguments/tensor-like.ts";

/** Sizes of pieces: `outer` slabs (classes * inner elements that belong together), or of one slab a part of it. */
export interface PieceSize {
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
}

/**
 * The part of an array that one kernel call gets: `outer` slabs from slab `o`, `classes` from class `c`, `inner` neighbours from
 * neighbour `i`; only of one slab a part of the classes or of the neighbours. In the module's memory a piece is packed, in C-order.
 */
export interface Piece extends PieceSize {
  readonly o: number;
  readonly c: number;
  readonly i: number;
}

/** An array, or its slabs from `first` on, cut into pieces of one size, in C-order. */
export function piecesOf({ outer, classes, inner }: Axis, size: PieceSize, first: number = 0): Piece[] {
  const pieces: Piece[] = [];
  for (let o = first; o < outer; o += size.outer) {
    for (let i = 0; i < inner; i += size.inner) {
      for (let c = 0; c < classes; c += size.classes) {
        pieces.push({
          o,
          outer: Math.min(size.outer, outer - o),
          c,
          classes: Math.min(size.classes, classes - c),
          i,
          inner: Math.min(size.inner, inner - i),
        });
      }
    }
  }
  return pieces;
}

/** Elements of a piece. */
export function size({ outer, classes, inner }: Piece): number {
  return outer * classes * inner;
}

//  Element `n` of a piece, as an element of the whole.
function position(axis: Axis, { o, c, classes, i, inner }: Piece, n: number): number {
  const slab = classes * inner;
  const rest = n % slab;
  const line = Math.floor(rest / inner);
  return ((o + Math.floor(n / slab)) * axis.classes + c + line) * axis.inner + i + (rest % inner);
}

/**
 * Copies a piece of `data` to element `at` of the module's memory. Data of fewer slabs than the axis has stands for several draws:
 * behind its last slab comes the first again.
 */
export function copyIn(floats: Float32Array, at: number, data: NumericArray, axis: Axis, piece: Piece): void {
  const run = runOf(axis, piece);
  const { length } = data;
  let from = position(axis, piece, 0) % length;
  const count = size(piece);
  if (from + count > length && piece.inner === axis.inner) {
    // The rest of this draw, the beginning of the next, then all of that again and again.
    const rest = Math.min(length - from, count);
    copy(floats, at, data, from, rest);
    if (count > rest) copy(floats, at + rest, data, 0, Math.min(from, count - rest));
    for (let n = length; n < count; n *= 2) floats.copyWithin(at + n, at, at + Math.min(n, count - n));
    return;
  }
  for (let n = 0; n < count; n += run, from += axis.inner) copy(floats, at + n, data, from, run);
}

/** Copies a piece at element `at` of the module's memory to its place in `out`. */
export function copyOut(out: Float32Array, floats: Float32Array, at: number, axis: Axis, piece: Piece): void {
  const run = runOf(axis, piece);
  let to = position(axis, piece, 0);
  const count = size(piece);
  for (let n = 0; n < count; n += run, to += axis.inner) copy(out, to, floats, at + n, run);
}

/** Adds a piece at element `at` of the module's memory to `sums`, which has the elements of one draw. */
export function addOut(sums: Float64Array, floats: Float32Array, at: number, axis: Axis, piece: Piece): void {
  const run = runOf(axis, piece);
  const { length } = sums;
  let to = position(axis, piece, 0);
  const count = size(piece);
  for (let n = 0; n < count; n += run, to += axis.inner) {
    // Up to the end of the draw, then from the beginning of the next.
    for (let done = 0, sum = to % length; done < run; sum = 0) {
      const few = Math.min(run - done, length - sum);
      add(sums, sum, floats, at + n + done, few);
      done += few;
    }
  }
}

function add(sums: Float64Array, to: number, floats: Float32Array, from: number, count: number): void {
  const end = to + count;
  for (; to < end; to++, from++) sums[to]! += floats[from]!;
}

//  Elements of a piece that lie side by side in the whole: all of it, or one line of neighbours.
function runOf(axis: Axis, piece: Piece): number {
  return piece.inner === axis.inner ? size(piece) : piece.inner;
}

/** Below this a loop is quicker than a view and a set. */
const FEW = 48;

/** Copies `n` elements. */
export function copy(to: Float32Array | Int32Array, at: number, from: NumericArray, start: number, n: number): void {
  if (start === 0 && n === from.length) {
    to.set(from, at);
  } else if (n < FEW) {
    for (let k = 0; k < n; k++) to[at + k] = from[start + k]!;
  } else {
    to.set(from.subarray(start, start + n), at);
  }
}

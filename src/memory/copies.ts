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

/** An array cut into pieces of one size, in C-order. */
export function piecesOf({ outer, classes, inner }: Axis, size: PieceSize): Piece[] {
  const pieces: Piece[] = [];
  for (let o = 0; o < outer; o += size.outer) {
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

/** Copies a piece of `data` to element `at` of the module's memory. */
export function copyIn(floats: Float32Array, at: number, data: NumericArray, axis: Axis, piece: Piece): void {
  const run = runOf(axis, piece);
  let from = position(axis, piece, 0);
  const count = size(piece);
  for (let n = 0; n < count; n += run, from += axis.inner) copy(floats, at + n, data, from, run);
}

/** Copies a piece at element `at` of the module's memory to its place in `out`. */
export function copyOut(out: Float32Array, floats: Float32Array, at: number, axis: Axis, piece: Piece): void {
  const run = runOf(axis, piece);
  let to = position(axis, piece, 0);
  const count = size(piece);
  for (let n = 0; n < count; n += run, to += axis.inner) copy(out, to, floats, at + n, run);
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

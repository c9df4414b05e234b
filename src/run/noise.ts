// Gumbel noise over a shape, piece by piece on this thread or on all of them.

import type { Axis } from "../arguments/shape.ts";
import { NOISE, PASS_ALL } from "../kernels/abi.ts";
import type { Place } from "../memory/arena.ts";
import { copyOut, type Piece, type PieceSize, piecesOf } from "../memory/copies.ts";
import { PIECE } from "../memory/work-area.ts";
import type { Stream } from "../stream.ts";
import { type Engine, exclusively } from "./engine.ts";
import { STRIP_ROWS, shareSize, worthSharing } from "./shares.ts";
import { sweep } from "./sweep.ts";
import { type TaskParameters, writeTask } from "./task.ts";

interface Noise extends TaskParameters {
  readonly number: number;
}

/** Writes noise loc + scale*g over `axis` to `out`, g from the stream of that number. */
export function fillGumbel(
  engine: Engine,
  axis: Axis,
  out: Place<Float32Array>,
  stream: Stream,
  number: number,
  loc: number,
  scale: number,
): void {
  const noise = { kind: NOISE, axis, stream, scale, tau: loc, number };
  if (axis.rows * axis.classes > 0) exclusively(engine, () => fillAll(engine, noise, out));
}

function fillAll(engine: Engine, noise: Noise, out: Place<Float32Array>): void {
  const { arena, pool } = engine;
  const { axis, stream, number } = noise;
  const { data, at } = out;
  if (!stream.seeds && worthSharing(pool, axis, 1)) {
    const pieceSize = shareSize(axis, pool.threads);
    sweep(pool, pieceSize, piecesOf(axis, pieceSize), {
      post: (slot, piece) => pool.post(writeTask(arena, noise, piece, number, PASS_ALL, slot, slot.out, 0, 0)),
      check() {},
      take: (slot, piece) => copyOut(data, arena.floats, slot.out / 4, axis, piece),
      redo: (piece) => fillPiece(engine, noise, piece, data),
    });
  } else if (at >= 0) {
    const slab = axis.classes * axis.inner;
    const whole = { outer: Math.max(1, Math.floor(PIECE / slab)), classes: axis.classes, inner: axis.inner };
    for (const piece of piecesOf(axis, whole)) fillAt(engine, noise, piece, at + piece.o * slab * 4);
  } else {
    for (const piece of piecesOf(axis, sizeOf(axis, stream))) fillPiece(engine, noise, piece, data);
  }
}

function fillPiece(engine: Engine, noise: Noise, piece: Piece, out: Float32Array): void {
  const { arena } = engine;
  fillAt(engine, noise, piece, arena.area.out);
  copyOut(out, arena.floats, arena.area.out / 4, noise.axis, piece);
}

function fillAt({ kernels, arena }: Engine, noise: Noise, piece: Piece, at: number): void {
  const task = writeTask(arena, noise, piece, noise.number, PASS_ALL, arena.area, at, 0, 0);
  kernels.sample(task, arena.scratch);
}

function sizeOf({ classes, inner }: Axis, { seeds }: Stream): PieceSize {
  const slab = classes * inner;
  if (seeds) return { outer: 1, classes: Math.min(classes, PIECE), inner: 1 };
  if (slab <= PIECE) return { outer: Math.floor(PIECE / slab), classes, inner };
  const width = Math.min(inner, STRIP_ROWS);
  return { outer: 1, classes: Math.floor(PIECE / width / 4) * 4, inner: width };
}

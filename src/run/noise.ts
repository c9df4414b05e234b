// Works through the noise of a shape, piece by piece on this thread or by all of them.

import type { Axis } from "../arguments/shape.ts";
import { NOISE } from "../kernels/abi.ts";
import { type Cut, copyOut, type Piece } from "../memory/copies.ts";
import { PIECE } from "../memory/work-area.ts";
import { counter, type Stream } from "../stream.ts";
import { type Engine, exclusively } from "./engine.ts";
import { chunksOf, cutOf, STRIP_ROWS, worthSharing } from "./shares.ts";
import { sweep } from "./sweep.ts";

/** loc + scale*g, g of the stream of that number, over `axis` into `out`, which lies at `outAt` in the module's memory or, with -1, does not. */
export function fillGumbel(
  engine: Engine,
  axis: Axis,
  out: Float32Array,
  outAt: number,
  stream: Stream,
  number: number,
  loc: number,
  scale: number,
): void {
  if (axis.rows > 0) exclusively(engine, () => fillAll(engine, axis, out, outAt, stream, number, loc, scale));
}

function fillAll(
  { kernels, arena, pool }: Engine,
  axis: Axis,
  out: Float32Array,
  outAt: number,
  stream: Stream,
  number: number,
  loc: number,
  scale: number,
): void {
  const area = arena.area(0);
  const fill = (at: number, range: Piece) => {
    const { outer, classes, inner } = range;
    const { rowLo, rowHi, block, lead, seedLo, seedHi } = counter(stream, axis, range);
    kernels.gumbel(
      at,
      arena.scratch,
      outer,
      classes,
      inner,
      rowLo,
      rowHi,
      block,
      lead,
      seedLo,
      seedHi,
      number,
      loc,
      scale,
    );
  };
  const fillOut = (range: Piece) => {
    fill(area.out, range);
    copyOut(out, arena.floats, area.out / 4, axis, range);
  };
  if (!stream.seeds && worthSharing(pool, axis, 1)) {
    const cut = cutOf(axis, pool.threads);
    sweep(pool, cut, chunksOf(axis, cut), {
      post(slot, range) {
        const { outer, classes, inner } = range;
        const { rowLo, rowHi, block, lead, seedLo, seedHi } = counter(stream, axis, range);
        const kind = NOISE;
        return pool.kernels.post(
          pool.at,
          kind,
          0,
          slot.out,
          0,
          0,
          0,
          0,
          0,
          outer,
          classes,
          inner,
          number,
          rowLo,
          rowHi,
          block,
          lead,
          seedLo,
          seedHi,
          scale,
          loc,
        );
      },
      check() {},
      take: (slot, range) => copyOut(out, arena.floats, slot.out / 4, axis, range),
      redo: fillOut,
    });
  } else if (outAt >= 0) {
    const slab = axis.classes * axis.inner;
    const whole = { outer: Math.max(1, Math.floor(PIECE / slab)), classes: axis.classes, inner: axis.inner };
    for (const range of chunksOf(axis, whole)) fill(outAt + range.o * slab * 4, range);
  } else {
    for (const range of chunksOf(axis, pieceOf(axis, stream))) fillOut(range);
  }
}

function pieceOf({ classes, inner }: Axis, { seeds }: Stream): Cut {
  const slab = classes * inner;
  if (seeds) return { outer: 1, classes: Math.min(classes, PIECE), inner: 1 };
  if (slab <= PIECE) return { outer: Math.floor(PIECE / slab), classes, inner };
  const width = Math.min(inner, STRIP_ROWS);
  return { outer: 1, classes: Math.floor(PIECE / width / 4) * 4, inner: width };
}

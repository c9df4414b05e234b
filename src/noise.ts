// Works through the noise of a shape piece by piece.

import { type Arena, PIECE } from "./arena.ts";
import type { Kernels } from "./instance.ts";
import { copyOut } from "./pieces.ts";
import type { Axis } from "./shape.ts";
import { counter, STRIP_ROWS, type Stream } from "./work.ts";

/** loc + scale*g over `axis` into `out`. */
export function fillGumbel(
  kernels: Kernels,
  arena: Arena,
  axis: Axis,
  out: Float32Array,
  stream: Stream,
  loc: number,
  scale: number,
): void {
  const { outer, classes, inner, rows } = axis;
  if (rows === 0) return;
  const area = arena.area(0);
  const slab = classes * inner;
  const resident = arena.holds(out);
  const whole = slab <= PIECE || resident;
  const width = whole ? inner : Math.min(inner, STRIP_ROWS);
  const reach = whole ? classes : Math.floor(PIECE / width / 4) * 4;
  const step = slab <= PIECE ? Math.floor(PIECE / slab) : 1;
  for (let o = 0; o < outer; o += step) {
    for (let i = 0; i < inner; i += width) {
      for (let c = 0; c < classes; c += reach) {
        const range = {
          o,
          outer: Math.min(step, outer - o),
          c,
          classes: Math.min(reach, classes - c),
          i,
          inner: Math.min(width, inner - i),
        };
        const at = resident ? out.byteOffset + o * slab * 4 : area.out;
        const [rowLo, rowHi, block, lead] = counter(stream, axis, range);
        kernels.gumbel(
          at,
          arena.scratch,
          range.outer,
          range.classes,
          range.inner,
          rowLo,
          rowHi,
          block,
          lead,
          stream.seed.lo,
          stream.seed.hi,
          loc,
          scale,
        );
        if (!resident) copyOut(out, arena.floats, at / 4, axis, range);
      }
    }
  }
}

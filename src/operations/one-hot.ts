// One-hot rows.

import { type IndexLike, indexSource } from "../arguments/indices.ts";
import type { OneHotOptions } from "../arguments/options.ts";
import { ONE_HOT_OPTIONS } from "../arguments/read-options.ts";
import { type Axis, axisOf, elements } from "../arguments/shape.ts";
import type { NumericArray } from "../arguments/tensor-like.ts";
import { allocate, checkSize, expected, expectedBut, ownOptions } from "../check.ts";
import { valuesOf } from "../memory/views.ts";
import type { Values } from "../results.ts";
import type { Engine } from "../run/engine.ts";
import { targetOf } from "./plan.ts";

/** One-hot rows of indices along a new axis. */
export function oneHot(engine: Engine, indices: IndexLike, classes: number, allOptions: OneHotOptions): Values {
  const { arena } = engine;
  const options = ownOptions(allOptions, ONE_HOT_OPTIONS);
  const { data: from, shape: rows } = indexSource(indices, "indices");
  if (checkSize(classes, "classes") === 0) throw expected(RangeError, "classes", "at least one class", classes);
  const ones = new Array<number>(rows.length + 1).fill(1);
  const { dim } = axisOf(ones, options.dim, "indices");
  const shape = [...rows.slice(0, dim), classes, ...rows.slice(dim)];
  const inner = elements(rows.slice(dim), "indices");
  for (let r = 0; r < from.length; r++) {
    const c = from[r]!;
    if (!Number.isInteger(c) || c < -1 || c >= classes) {
      throw expectedBut(RangeError, "indices", `integers from -1 to ${classes - 1}`, `${c} at position ${r}`);
    }
  }
  const count = elements(shape, "classes");
  const target = targetOf(engine, options.out, shape, count);
  if (target && arena.overlaps(target.place, arena.place(from)))
    throw expectedBut(RangeError, "out", "memory apart from indices", "an overlap");
  const data = target?.place.data ?? allocate(Float32Array, count);
  fillOneHot(data, from, { classes, inner });
  return valuesOf(arena, target, data, shape);
}

/** Writes one-hot rows of classes, -1 for a row of zeros. */
export function fillOneHot(
  out: Float32Array,
  index: NumericArray,
  { classes, inner }: Pick<Axis, "classes" | "inner">,
): void {
  out.fill(0);
  for (let o = 0, r = 0; r < index.length; o += classes * inner) {
    for (let i = 0; i < inner; i++, r++) {
      const c = index[r]!;
      if (c >= 0) out[o + c * inner + i] = 1;
    }
  }
}

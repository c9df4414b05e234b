// One-hot rows.

import type { Axis } from "../arguments/shape.ts";
import type { NumericArray } from "../arguments/tensor-like.ts";

/** One-hot rows of classes, -1 for a row of zeros. */
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

// What is known of a row whose classes are done range by range.

import { PASS_DOT, PASS_MAX, PASS_SUM } from "../kernels/abi.ts";
import type { Arena } from "../memory/arena.ts";
import { DOT, SUMS, type WorkArea } from "../memory/work-area.ts";

/** Its maximum so far, the class of that, its sums. */
export class RowState {
  index = -1;
  #max: number = Number.NEGATIVE_INFINITY;
  readonly #sums: Float64Array = new Float64Array(SUMS);
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Before a pass: what it starts from, or has to know. */
  store({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    const first = pass === PASS_MAX;
    floats[max / 4] = first ? Number.NEGATIVE_INFINITY : this.#max;
    indices[index / 4] = first ? -1 : this.index;
    const to = new Float64Array(floats.buffer, sums, SUMS);
    to.set(this.#sums);
    // A range's own part alone is merged later.
    if (pass === PASS_SUM) to.fill(0);
    if (pass === PASS_DOT) to[DOT] = 0;
  }

  /** After a range of classes, in their order: a later equal maximum does not win, and sums are added in turn. */
  merge({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    const from = new Float64Array(floats.buffer, sums, SUMS);
    if (pass === PASS_SUM) this.#sums[0]! += from[0]!;
    if (pass === PASS_SUM || pass === PASS_DOT) {
      this.#sums[DOT]! += from[DOT]!;
    } else if (floats[max / 4]! > this.#max) {
      this.#max = floats[max / 4]!;
      this.index = indices[index / 4]!;
    }
  }
}

// State of a row whose classes are done piece by piece: its largest perturbed logit so far, the class of that, and its sums.

import { DOT, LARGEST, PASS_DOT, PASS_MAX, PASS_SUM, SUMS } from "../kernels/abi.ts";
import type { Arena } from "../memory/arena.ts";
import type { WorkArea } from "../memory/work-area.ts";

export class RowState {
  index = -1;
  #max: number = Number.NEGATIVE_INFINITY;
  readonly #sums: Float64Array = new Float64Array(SUMS);
  #largest = 0;
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Writes the state that a pass starts from to a work area. */
  store({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    const first = pass === PASS_MAX;
    floats[max / 4] = first ? Number.NEGATIVE_INFINITY : this.#max;
    indices[index / 4] = first ? -1 : this.index;
    const to = new Float64Array(floats.buffer, sums, SUMS);
    to.set(this.#sums);
    // Of these passes the piece's own part alone is merged later.
    if (pass === PASS_SUM) to.fill(0);
    if (pass === PASS_DOT) to[DOT] = 0;
    indices[(sums + 8 * LARGEST) / 4] = this.#largest;
  }

  /** Adds the result of a piece, in the order of the classes: a later equal maximum does not win, and sums are added in turn. */
  merge({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    const from = new Float64Array(floats.buffer, sums, SUMS);
    if (pass === PASS_SUM) this.#sums[0]! += from[0]!;
    if (pass === PASS_SUM || pass === PASS_DOT) {
      this.#sums[DOT]! += from[DOT]!;
      this.#largest = Math.max(this.#largest, indices[(sums + 8 * LARGEST) / 4]! >>> 0);
    } else if (floats[max / 4]! > this.#max) {
      this.#max = floats[max / 4]!;
      this.index = indices[index / 4]!;
    }
  }
}

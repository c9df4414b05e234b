// What is known of a few neighbouring rows whose classes are done range by range.

import { type Arena, SUMS, type WorkArea } from "./arena.ts";
import { PASS_MAX, PASS_SUM } from "./job.ts";

/** Their maxima so far, the classes of these, their sums. */
export class RowState {
  readonly index: Int32Array;
  readonly #max: Float32Array;
  readonly #sums: Float64Array = new Float64Array(SUMS);
  readonly #arena: Arena;

  constructor(arena: Arena, rows: number) {
    this.#arena = arena;
    this.#max = new Float32Array(rows).fill(Number.NEGATIVE_INFINITY);
    this.index = new Int32Array(rows).fill(-1);
  }

  /** Before a pass: what it starts from, or has to know. */
  store({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    const rows = this.index.length;
    if (pass === PASS_MAX) {
      floats.fill(Number.NEGATIVE_INFINITY, max / 4, max / 4 + rows);
      indices.fill(-1, index / 4, index / 4 + rows);
    } else {
      floats.set(this.#max, max / 4);
      indices.set(this.index, index / 4);
      const to = new Float64Array(floats.buffer, sums, SUMS);
      if (pass === PASS_SUM) to.fill(0);
      else to.set(this.#sums);
    }
  }

  /** After a range of classes, in their order: a later equal maximum does not win, and sums are added in turn. */
  merge({ max, index, sums }: WorkArea, pass: number): void {
    const { floats, indices } = this.#arena;
    if (pass === PASS_SUM) {
      const from = new Float64Array(floats.buffer, sums, SUMS);
      for (let n = 0; n < SUMS; n++) this.#sums[n]! += from[n]!;
      return;
    }
    for (let r = 0; r < this.index.length; r++) {
      if (!(floats[max / 4 + r]! > this.#max[r]!)) continue;
      this.#max[r] = floats[max / 4 + r]!;
      this.index[r] = indices[index / 4 + r]!;
    }
  }
}

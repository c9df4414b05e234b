// A tensor inside the module's memory: operations on it copy nothing in or out.

import { elements } from "../arguments/shape.ts";
import { detached, expectedBut } from "../check.ts";
import { jsonOf, type ResultJson } from "../results.ts";
import type { Arena } from "./arena.ts";

/**
 * A tensor inside the module's memory. Read `data` each time: a view taken before `empty` made the memory grow has length 0. A
 * view would take all of that memory along to another thread; `toArray()` gives a copy of the values alone.
 */
export class Tensor {
  readonly shape: number[];
  readonly #arena: Arena;
  readonly #at: number;
  readonly #count: number;
  #data: Float32Array;
  #freed = false;

  /** @internal */
  constructor(arena: Arena, shape: number[]) {
    this.shape = shape;
    this.#arena = arena;
    this.#count = elements(shape, "shape");
    this.#at = arena.allocate(this.#count * 4);
    this.#data = arena.view(this.#at, this.#count).fill(0);
  }

  /** f32 values in C-order, zero at first. */
  get data(): Float32Array {
    if (!(#arena in this)) throw detached("data", "tensor", this);
    if (this.#freed) throw expectedBut(Error, "tensor", "one that is not freed", "a freed one");
    if (this.#data.length !== this.#count) this.#data = this.#arena.view(this.#at, this.#count);
    return this.#data;
  }

  /** A copy of `data` that belongs to the caller. */
  toArray(): Float32Array {
    return new Float32Array(this.data);
  }

  /** The tensor as JSON carries it: `data` and `shape`, numbers that are not finite as strings. */
  toJSON(): ResultJson {
    return jsonOf(this);
  }

  /** Tells Vue to leave a tensor as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  /**
   * Gives the memory back. The tensor and views of its `data` cannot be used after it. A second call does nothing. A tensor that is
   * dropped without it keeps its memory, since a view of `data` may still be in use.
   */
  free(): void {
    if (typeof this !== "object" || this === null || !(#arena in this)) throw detached("free", "tensor", this);
    if (this.#freed) return;
    this.#freed = true;
    this.#arena.free(this.#at);
  }

  /** The same as `free`, at the end of a block: `using z = gs.empty([2, 3])`. */
  [Symbol.dispose](): void {
    this.free();
  }
}

// Addresses inside the module's memory: the kernels' scratch, the area that a call works in, and the tensors that `empty` gives.
//
// The memory grows when an instance is loaded and when `empty` asks for a tensor, never inside a call: a view of it stays good
// from a call's beginning to its end.

import type { NumericArray } from "../arguments/tensor-like.ts";
import { expectedBut, isRangeError } from "../check.ts";
import { SLACK_BYTES, TASK_BYTES } from "../kernels/abi.ts";
import type { Kernels } from "../kernels/instance.ts";
import { aligned, areaAt, areaBytes, LONGEST_ROW, PIECE, type WorkArea } from "./work-area.ts";

const PAGE_BYTES = 65536;

interface Gap {
  at: number;
  bytes: number;
}

/** An array, and where it lies: asked once a call, because `buffer` is the slowest thing to ask of a typed array. */
export interface Place<T extends NumericArray = NumericArray> {
  readonly data: T;
  /** Undefined for an array that no one else has, and so overlaps none. */
  readonly buffer: ArrayBufferLike | undefined;
  /** Whether it lies in the module's memory. */
  readonly inside: boolean;
  /** Its address, if kernels can use it where it lies (f32 in the module's memory), or -1. */
  readonly at: number;
}

/** The place of an array that has just been made. */
export function fresh<T extends NumericArray>(data: T): Place<T> {
  return { data, buffer: undefined, inside: false, at: -1 };
}

export class Arena {
  /** Address of the kernels' scratch. */
  readonly scratch: number = PAGE_BYTES;
  /** Memory as f32: a view of today's buffer, which ends when the memory grows. Only this class makes it grow. */
  floats: Float32Array<ArrayBuffer>;
  /** Memory as i32. */
  indices: Int32Array<ArrayBuffer>;
  /** Memory as f64. */
  doubles: Float64Array<ArrayBuffer>;
  /** Address of the record that a task is written to (src/run/task.ts). */
  readonly task: number;
  /** Area that the calling thread works in, large enough for the longest row that is held whole. */
  readonly area: WorkArea;
  readonly #memory: WebAssembly.Memory;
  #buffer: ArrayBuffer;
  /** Views of shared memory stay good when it grows, but each growth gives it another buffer. */
  #earlier: WeakSet<ArrayBufferLike> | undefined;
  #free: Gap[];
  readonly #sizes: Map<number, number> = new Map();
  #end: number;

  constructor(kernels: Kernels, memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#buffer = memory.buffer as ArrayBuffer;
    this.floats = new Float32Array(this.#buffer);
    this.indices = new Int32Array(this.#buffer);
    this.doubles = new Float64Array(this.#buffer);
    this.#end = memory.buffer.byteLength;
    const start = aligned(this.scratch + kernels.scratchBytes());
    this.#free = [{ at: start, bytes: this.#end - start }];
    this.task = this.allocate(TASK_BYTES);
    this.indices.fill(0, this.task / 4, (this.task + TASK_BYTES) / 4);
    this.area = areaAt(this.allocate(areaBytes(LONGEST_ROW, PIECE)), LONGEST_ROW, PIECE);
  }

  /** `count` f32 values at an address. */
  view(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer, at, count);
  }

  /** The place of an array. */
  place<T extends NumericArray>(data: T): Place<T> {
    const { buffer } = data;
    const inside = buffer === this.#buffer || this.#earlier?.has(buffer) === true;
    return { data, buffer, inside, at: inside && data instanceof Float32Array ? data.byteOffset : -1 };
  }

  /** Whether two arrays share memory. */
  overlaps({ data: a, buffer, inside }: Place, { data: b, buffer: other, inside: otherInside }: Place): boolean {
    const together = (buffer !== undefined && buffer === other) || (inside && otherInside);
    return together && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
  }

  /** An address with `bytes` behind it. Grows the memory when no gap is large enough; an Error when it cannot. */
  allocate(bytes: number): number {
    const size = aligned(bytes + SLACK_BYTES);
    let gap = this.#free.find((free) => free.bytes >= size);
    if (gap === undefined) {
      this.#grow(size, bytes);
      gap = this.#free.at(-1)!;
    }
    const { at } = gap;
    gap.at += size;
    gap.bytes -= size;
    if (gap.bytes === 0) this.#free.splice(this.#free.indexOf(gap), 1);
    this.#sizes.set(at, size);
    return at;
  }

  //  Adds to the gap at the end of the memory, or makes one, of at least `size` bytes.
  #grow(size: number, asked: number): void {
    const last = this.#free.at(-1);
    const atEnd = last !== undefined && last.at + last.bytes === this.#end ? last : undefined;
    const pages = Math.ceil((size - (atEnd?.bytes ?? 0)) / PAGE_BYTES);
    const before = this.#memory.buffer;
    try {
      this.#memory.grow(pages);
    } catch (error) {
      if (!isRangeError(error)) throw error;
      const held = `${this.#end} bytes and no more to be had`;
      throw expectedBut(RangeError, "memory", `room for another ${asked} bytes`, held);
    }
    if (before.byteLength > 0) {
      this.#earlier ??= new WeakSet();
      this.#earlier.add(before);
    }
    if (atEnd) atEnd.bytes += pages * PAGE_BYTES;
    else this.#free.push({ at: this.#end, bytes: pages * PAGE_BYTES });
    this.#end += pages * PAGE_BYTES;
    this.#buffer = this.#memory.buffer as ArrayBuffer;
    this.floats = new Float32Array(this.#buffer);
    this.indices = new Int32Array(this.#buffer);
    this.doubles = new Float64Array(this.#buffer);
  }

  /** Gives an address back; gaps that touch become one. */
  free(at: number): void {
    const bytes = this.#sizes.get(at)!;
    this.#sizes.delete(at);
    const next = this.#free.findIndex((gap) => gap.at > at);
    const place = next < 0 ? this.#free.length : next;
    this.#free.splice(place, 0, { at, bytes });
    for (const i of [place, place - 1]) {
      const left = this.#free[i];
      const right = this.#free[i + 1];
      if (left && right && left.at + left.bytes === right.at) {
        left.bytes += right.bytes;
        this.#free.splice(i + 1, 1);
      }
    }
  }
}

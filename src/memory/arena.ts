// Addresses inside the module's memory: the kernels' scratch, the area that a call on the caller's arrays works in, and
// the tensors that `empty` gives.

import type { NumericArray } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";
import type { Kernels } from "../kernels/instance.ts";
import { aligned, areaAt, areaBytes, LONGEST_ROW, PIECE, SLACK_BYTES, type WorkArea } from "./work-area.ts";

const PAGE_BYTES = 65536;

interface Block {
  at: number;
  bytes: number;
}

/** An array, and where it lies: asked once a call, because `buffer` is the slowest thing to ask of a typed array. */
export interface Place {
  readonly data: NumericArray;
  readonly buffer: ArrayBufferLike;
  /** Its address in the module's memory, or -1. */
  readonly at: number;
}

export class Arena {
  /** The kernels' scratch. */
  readonly scratch: number = PAGE_BYTES;
  /** The memory as f32: a view of today's buffer, which ends when the memory grows. Only this class makes it grow. */
  floats: Float32Array<ArrayBuffer>;
  /** The memory as i32. */
  indices: Int32Array<ArrayBuffer>;
  readonly #memory: WebAssembly.Memory;
  #buffer: ArrayBuffer;
  /** Views of shared memory stay good when it grows, but each growth gives it another buffer. */
  #earlier: WeakSet<ArrayBufferLike> | undefined;
  #free: Block[];
  readonly #sizes: Map<number, number> = new Map();
  #end: number;
  #area: WorkArea;

  constructor(kernels: Kernels, memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#buffer = memory.buffer as ArrayBuffer;
    this.floats = new Float32Array(this.#buffer);
    this.indices = new Int32Array(this.#buffer);
    this.#end = memory.buffer.byteLength;
    const start = aligned(this.scratch + kernels.scratchBytes());
    this.#free = [{ at: start, bytes: this.#end - start }];
    this.#area = this.#reserve(PIECE);
  }

  /** `count` f32 values at an address. */
  view(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer, at, count);
  }

  /** Where an array lies. */
  place(data: NumericArray): Place {
    const { buffer } = data;
    const inside = buffer === this.#buffer || this.#earlier?.has(buffer) === true;
    return { data, buffer, at: inside ? data.byteOffset : -1 };
  }

  /** Whether two arrays share memory. */
  overlaps({ data: a, buffer, at }: Place, { data: b, buffer: other, at: otherAt }: Place): boolean {
    const together = buffer === other || (at >= 0 && otherAt >= 0);
    return together && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
  }

  /** How to get at an array later on: as it is, or where it lies in the memory, a new view if that has grown. */
  reviver<T extends NumericArray>(data: T): () => T {
    const { buffer, byteOffset, length } = data;
    if (buffer !== this.#buffer) return () => data;
    const Kind = data.constructor as new (buffer: ArrayBuffer, at: number, length: number) => T;
    return () => (buffer === this.#buffer ? data : new Kind(this.#buffer, byteOffset, length));
  }

  /** The work area, made large enough for operands of `capacity` elements; at most LONGEST_ROW. */
  area(capacity: number): WorkArea {
    if (capacity > this.#area.capacity) {
      const larger = this.#reserve(LONGEST_ROW);
      this.free(this.#area.out);
      this.#area = larger;
    }
    return this.#area;
  }

  #reserve(capacity: number): WorkArea {
    return areaAt(this.allocate(areaBytes(capacity, PIECE)), capacity, PIECE);
  }

  /** An address with `bytes` behind it; grows the memory when no gap is large enough, an Error when it cannot. */
  allocate(bytes: number): number {
    const size = aligned(bytes + SLACK_BYTES);
    let block = this.#free.find((free) => free.bytes >= size);
    if (block === undefined) {
      this.#grow(size, bytes);
      block = this.#free.at(-1)!;
    }
    const { at } = block;
    block.at += size;
    block.bytes -= size;
    if (block.bytes === 0) this.#free.splice(this.#free.indexOf(block), 1);
    this.#sizes.set(at, size);
    return at;
  }

  //  Adds to the gap at the end of the memory, or makes one, of at least `size` bytes.
  #grow(size: number, asked: number): void {
    const last = this.#free.at(-1);
    const open = last !== undefined && last.at + last.bytes === this.#end ? last : undefined;
    const pages = Math.ceil((size - (open?.bytes ?? 0)) / PAGE_BYTES);
    const before = this.#memory.buffer;
    try {
      this.#memory.grow(pages);
    } catch {
      const held = `${this.#end} bytes and no more to be had`;
      throw expectedBut(RangeError, "memory", `room for another ${asked} bytes`, held);
    }
    if (before.byteLength > 0) {
      this.#earlier ??= new WeakSet();
      this.#earlier.add(before);
    }
    if (open) open.bytes += pages * PAGE_BYTES;
    else this.#free.push({ at: this.#end, bytes: pages * PAGE_BYTES });
    this.#end += pages * PAGE_BYTES;
    this.#buffer = this.#memory.buffer as ArrayBuffer;
    this.floats = new Float32Array(this.#buffer);
    this.indices = new Int32Array(this.#buffer);
  }

  /** Gives an address back; gaps that touch become one. */
  free(at: number): void {
    const bytes = this.#sizes.get(at)!;
    this.#sizes.delete(at);
    const next = this.#free.findIndex((block) => block.at > at);
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

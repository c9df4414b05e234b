// NumPy's .npy: f4 and f8 of either byte order are read, in C-order batch by batch, in Fortran order as a whole;
// f4 (samples) and i4 (class numbers) are written. npyjs 1.2, the usual reader, holds the whole file and writes nothing.

import { endianness } from "node:os";
import { DataError } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { makeHeader, readHeader } from "./npy-header.ts";
import type { Output } from "./output.ts";
import { product, type Reader, slabs, UNKNOWN, type Writer } from "./tensors.ts";

const NATIVE = endianness() === "LE" ? "<" : ">";

export async function openNpy(bytes: Bytes): Promise<Reader> {
  const { dtype, fortran, shape } = await readHeader(bytes);
  if (!/^[<>]f[48]$/.test(dtype)) {
    throw new DataError(`${bytes.name}: expected dtype <f4, >f4, <f8 or >f8, got ${dtype}: save x.astype("float32")`);
  }
  const width = Number(dtype[2]);
  const promised = product(shape) * width;
  const headerSize = (bytes.fraction() ?? 0) * (bytes.size ?? 0);
  const held = bytes.size === undefined ? undefined : Math.round(bytes.size - headerSize);
  if (held !== undefined && held < promised) throw truncated(bytes, promised, held);

  let read = 0;
  async function take(elements: number): Promise<Float32Array> {
    const values = allocate(bytes, width, elements);
    const raw = new Uint8Array(values.buffer);
    const filled = await bytes.fill(raw);
    read += filled;
    if (filled < raw.length) throw truncated(bytes, promised, read);
    if (dtype[0] !== NATIVE) swap(raw, width);
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }

  async function* batches(dim: number): ReturnType<Reader["batches"]> {
    if (fortran) {
      const whole = fromFortran(await take(product(shape)), shape);
      let at = 0;
      yield* slabs(shape, dim, (elements) => {
        at += elements;
        return whole.subarray(at - elements, at);
      });
    } else {
      yield* slabs(shape, dim, take);
    }
    if ((await bytes.peek()) !== undefined) throw new DataError(`${bytes.name}: more data than its header says`);
  }
  return { shape, fraction: () => bytes.fraction(), batches };
}

/** Writes .npy. If the shape has an UNKNOWN length, `end` puts `leading` in its place. */
export class NpyWriter implements Writer {
  #output: Output;
  #dtype: string;
  #shape: readonly number[];
  #begun = false;

  constructor(output: Output, dtype: "f4" | "i4", shape: readonly number[]) {
    this.#output = output;
    this.#dtype = `${NATIVE}${dtype}`;
    this.#shape = shape;
  }

  async write(data: Float32Array | Int32Array): Promise<void> {
    await this.#begin();
    await this.#output.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  async end(leading: number): Promise<void> {
    await this.#begin();
    if (this.#shape.includes(UNKNOWN)) await this.#output.rewrite(makeHeader(this.#dtype, this.#shape, leading));
    await this.#output.commit();
  }

  discard(): Promise<void> {
    return this.#output.discard();
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    await this.#output.write(makeHeader(this.#dtype, this.#shape, 0));
  }
}

function truncated(bytes: Bytes, promised: number, held: number): DataError {
  return new DataError(`${bytes.name}: truncated: expected ${promised} bytes of data, got ${held}`);
}

function allocate(bytes: Bytes, width: number, elements: number): Float32Array | Float64Array {
  try {
    return width === 4 ? new Float32Array(elements) : new Float64Array(elements);
  } catch {
    throw new DataError(`${bytes.name}: no memory for ${elements * width} bytes at once`);
  }
}

function swap(raw: Uint8Array, width: number): void {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  if (width === 4) buffer.swap32();
  else buffer.swap64();
}

// In Fortran order the first axis runs fastest. Walks the C-order positions with an index per axis, the last fastest.
function fromFortran(data: Float32Array, shape: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => product(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  const out = new Float32Array(data.length);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

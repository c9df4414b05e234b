// NumPy's .npy: dtypes of npy-dtypes.ts are read, in C-order batch by batch, in Fortran order as a whole; f4 (samples) and
// i4 (class numbers), or both in pairs, are written. npyjs 1.2, the usual reader, holds the whole file and writes nothing.

import { DataError } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { dtypeOf, KNOWN, NATIVE } from "./npy-dtypes.ts";
import { makeHeader, readHeader } from "./npy-header.ts";
import type { Output } from "./output.ts";
import { outsideF32, product, type Reader, slabs, UNKNOWN, type Values, type Writer } from "./tensors.ts";

export async function openNpy(bytes: Bytes): Promise<Reader> {
  const { dtype: name, fortran, shape } = await readHeader(bytes);
  const dtype = dtypeOf(name);
  if (dtype === undefined) {
    throw new DataError(`${bytes.name}: expected dtype ${KNOWN}, got ${name}: save x.astype("float32")`);
  }
  const { width } = dtype;
  const promised = product(shape) * width;
  const held = bytes.size === undefined ? undefined : bytes.size - bytes.taken;
  if (held !== undefined && held < promised) throw truncated(bytes, promised, held);

  let read = 0;
  async function take(elements: number): Promise<Float32Array> {
    const raw = allocate(bytes, elements * width);
    const before = read / width;
    const filled = await bytes.fill(raw);
    read += filled;
    if (filled < raw.length) throw truncated(bytes, promised, read);
    return dtype!.toFloats(raw, (index, value) => {
      throw new DataError(`${bytes.name}: ${outsideF32(String(value))} in element ${before + index}`);
    });
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

/** The dtypes as they stand in a header. Pairs are a structure: `x["index"]` and `x["score"]` in NumPy. */
const DTYPES: Record<Values, string> = {
  floats: `'${NATIVE}f4'`,
  indices: `'${NATIVE}i4'`,
  pairs: `[('index', '${NATIVE}i4'), ('score', '${NATIVE}f4')]`,
};

/** Writes .npy. If the shape has an UNKNOWN length, `end` puts `leading` in its place. */
export class NpyWriter implements Writer {
  #output: Output;
  #dtype: string;
  #shape: readonly number[];
  #begun = false;

  constructor(output: Output, values: Values, shape: readonly number[]) {
    this.#output = output;
    this.#dtype = DTYPES[values];
    this.#shape = shape;
  }

  async write(data: Float32Array | Int32Array): Promise<void> {
    await this.#begin();
    await this.#output.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  async endDraw(): Promise<void> {}

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

function allocate(bytes: Bytes, size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch {
    throw new DataError(`${bytes.name}: no memory for ${size} bytes at once`);
  }
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

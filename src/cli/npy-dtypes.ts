// The dtypes of .npy files, brought to f32: f2, f4, f8, i1 to i8, u1 to u8 and bool, of either byte order. Each value is rounded
// once, as astype("float32") does it.

import { endianness } from "node:os";

export const NATIVE: "<" | ">" = endianness() === "LE" ? "<" : ">";

export interface Dtype {
  /** Bytes of an element. */
  width: number;
  /** Gives the elements in these bytes, which it may change. `outside` is told the first finite one that f32 cannot hold. */
  toFloats(raw: Uint8Array, outside: (index: number, value: number) => never): Float32Array;
}

type Values = Float64Array | Int8Array | Uint8Array | Int16Array | Int32Array | Uint32Array;
type View<T> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T;

function plain(type: View<Values>): (raw: Uint8Array, width: number) => Float32Array {
  return (raw, width) => Float32Array.from(view(type, raw, width));
}

const READERS: Record<string, (raw: Uint8Array, width: number) => Float32Array> = {
  f2: (raw, width) => Float32Array.from(view(Uint16Array, raw, width), (bits) => halves()[bits]!),
  f4: (raw, width) => view(Float32Array, raw, width),
  f8: plain(Float64Array),
  i1: plain(Int8Array),
  i2: plain(Int16Array),
  i4: plain(Int32Array),
  i8: (raw, width) => fromBigInts(view(BigInt64Array, raw, width)),
  u1: plain(Uint8Array),
  u2: (raw, width) => Float32Array.from(view(Uint16Array, raw, width)),
  u4: plain(Uint32Array),
  u8: (raw, width) => fromBigInts(view(BigUint64Array, raw, width)),
  b1: (raw) => Float32Array.from(raw, (byte) => Number(byte !== 0)),
};

/** The names of all that can be read, for messages. */
export const KNOWN: string = Object.keys(READERS).join(", ").replace("b1", "bool");

/** The dtype of a header's text: "<f4", ">i8", "|b1", …; undefined if it cannot be read. */
export function dtypeOf(text: string): Dtype | undefined {
  const [, order, kind] = /^([<>=|])(\w\d+)$/.exec(text) ?? [];
  if (order === undefined || kind === undefined || !Object.hasOwn(READERS, kind)) return undefined;
  const width = Number(kind.slice(1));
  if (order === "|" && width > 1) return undefined;
  const swapped = width > 1 && order !== "=" && order !== NATIVE;
  return {
    width,
    toFloats(raw, outside) {
      if (swapped) swap(raw, width);
      const floats = READERS[kind]!(raw, width);
      // Integers of 64 bits end far below the largest f32.
      if (kind === "f8") checkRange(view(Float64Array, raw, width), floats, outside);
      return floats;
    },
  };
}

function view<T>(type: View<T>, raw: Uint8Array, width: number): T {
  return new type(raw.buffer, raw.byteOffset, raw.length / width);
}

function checkRange(
  doubles: Float64Array,
  floats: Float32Array,
  outside: (index: number, value: number) => never,
): void {
  for (let index = 0; index < floats.length; index++) {
    if (!Number.isFinite(floats[index]!) && Number.isFinite(doubles[index]!)) outside(index, doubles[index]!);
  }
}

function swap(raw: Uint8Array, width: number): void {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
}

let table: Float32Array | undefined;

/** All 65,536 halves by their bits. */
function halves(): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const sign = bits < 32768 ? 1 : -1;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
  return table;
}

// Above 2^53, Number() would round to f64 first. The lowest 11 bits are replaced by one that says whether any was set: 53 bits are
// left, an exact f64, and f32 rounds it as it would round the integer.
function fromBigInts(integers: BigInt64Array | BigUint64Array): Float32Array {
  const floats = new Float32Array(integers.length);
  for (const [index, integer] of integers.entries()) {
    const size = integer < 0n ? -integer : integer;
    const exact = size < 2n ** 53n ? Number(size) : Number((size >> 11n) | ((size & 2047n) === 0n ? 0n : 1n)) * 2048;
    floats[index] = integer < 0n ? -exact : exact;
  }
  return floats;
}

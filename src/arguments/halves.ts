// 16-bit floats as bits, brought to f32, which holds all of them exactly.
//
// Method:  float16 to f32 moves exponent and fraction up by 13 bits and the bias from 15 to 127; what has no exponent is a multiple
//          of 2^-24, what has the largest one is infinite or NaN. bfloat16 is the upper half of an f32
// Source:  IEEE 754-2019, section 3.4, binary16 and binary32

/** Difference of the two biases, 127 - 15, in the place of an f32's exponent. */
const REBIAS = 0x38000000;
const LEAST_NORMAL = 0x400;
const INFINITE = 0x7c00;

/** From so many elements on, a table of all halves pays, which no bits make a processor guess wrong about. */
const MANY = 0x80000;

/** f32 values of float16 bits; NaNs keep their payload. */
export function fromFloat16(bits: Uint16Array, out: Float32Array): Float32Array {
  if (out.length < MANY) return convert(bits, out);
  const all = new Uint16Array(0x10000);
  for (let half = 0; half < all.length; half++) all[half] = half;
  const table = new Int32Array(convert(all, new Float32Array(all.length)).buffer);
  const words = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) words[i] = table[bits[i]!]!;
  return out;
}

/** f32 values of bfloat16 bits. */
export function fromBfloat16(bits: Uint16Array, out: Float32Array): Float32Array {
  const words = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) words[i] = bits[i]! << 16;
  return out;
}

function convert(bits: Uint16Array, out: Float32Array): Float32Array {
  const words = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) {
    const half = bits[i]!;
    const size = half & 0x7fff;
    const sign = (half & 0x8000) << 16;
    if (size >= LEAST_NORMAL && size < INFINITE) words[i] = sign | ((size << 13) + REBIAS);
    else if (size >= INFINITE) words[i] = sign | ((size << 13) + 2 * REBIAS);
    else out[i] = (sign < 0 ? -size : size) * 2 ** -24;
  }
  return out;
}

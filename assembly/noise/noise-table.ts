// Gumbel noise g = -ln(-ln(1 - v)), v = (x + 1/2)/2^32, of a random word x, by a table of cubics.
//
// Method:  h = min(x, ~x) + 1/2 in f32, so that neither end loses precision. The exponent of h and four bits of its mantissa
//          choose a piece, its other 19 bits are the place t in it: g = c0 + t*(c1 + t*(c2 + t*c3)). The table has two sides, one
//          for words below 2^31, one for the others. One loop computes the addresses of the pieces and a second one reads
//          them: a single loop would wait for each address.
// Source:  interpolation at the Chebyshev nodes of each piece, in f64, by fillNoiseTable
// Error:   NOISE in tests/tolerance.ts for all 2^32 words: at most 1.8207e-7 * max(1, |g|), at x = 1265140288. From -3.13
//          (x = 2^32 - 1) to 22.87 (x = 0). For 13 words g is above that of the word before; else it never rises.

import { log } from "../lanes/log";

/** Pieces of a side: 16 for each octave from 1/2 to 2^31, and one for 2^31 itself, to which the largest h are rounded. */
const PIECES: i32 = 513;
const PIECE_BYTES: usize = 16;
const SIDE_BYTES: usize = <usize>PIECES * PIECE_BYTES;

//  Zeros, which the shipped .wasm leave out of their data (asconfig.json, zeroFilledMemory): a worker's instance, the second in
//  the same memory, therefore does not overwrite the table that fillNoiseTable has written.
const TABLE = memory.data(2 * 513 * 16, 16);

const HALF_BITS: u32 = 0x3f000000; // of h = 1/2, the least
/** Bits of h from a piece to the next. */
const STEP_BITS: i32 = 19;
const STEP: f64 = 524288; // 2^19

//  The bits of 1/2; the mask of the place in h; the mask of the piece's address in h >> 15; the bytes from a side to the other.
const LANES = memory.data<u32>([HALF_BITS, 0x0007ffff, 0x0001fff0, 513 * 16], 16);
/** Added to the masked bits of h >> 15, this gives the address of a piece: h = 1/2 has the first. */
const FIRST: usize = TABLE - (<usize>HALF_BITS >> 15);

/** Chebyshev nodes of degree 4 on [0, 1]: (1 - cos((2k + 1)*pi/8))/2. */
const X0: f64 = 0.03806023374435663;
const X1: f64 = 0.3086582838174551;
const X2: f64 = 0.6913417161825449;
const X3: f64 = 0.9619397662556434;

/**
 * Fills the table. The host calls this once for each memory, before any kernel makes noise and before a second instance starts.
 */
export function fillNoiseTable(): void {
  for (let i = 0; i < PIECES; i++) {
    fillPiece(i, false);
    fillPiece(i, true);
  }
}

//  Newton's interpolation, expanded to powers of t, which counts in steps of the last bit of h.
function fillPiece(i: i32, upper: bool): void {
  const at = TABLE + (upper ? SIDE_BYTES : 0) + <usize>i * PIECE_BYTES;
  const bits = HALF_BITS + (<u32>i << STEP_BITS);
  const low = <f64>reinterpret<f32>(bits);
  const width = <f64>reinterpret<f32>(bits + (1 << STEP_BITS)) - low;
  const y0 = noiseOf(low + X0 * width, upper);
  const y1 = noiseOf(low + X1 * width, upper);
  const y2 = noiseOf(low + X2 * width, upper);
  const y3 = noiseOf(low + X3 * width, upper);
  const d01 = (y1 - y0) / (X1 - X0);
  const d12 = (y2 - y1) / (X2 - X1);
  const d23 = (y3 - y2) / (X3 - X2);
  const d02 = (d12 - d01) / (X2 - X0);
  const d13 = (d23 - d12) / (X3 - X1);
  const d03 = (d13 - d02) / (X3 - X0);
  store<f32>(at, <f32>(y0 - d01 * X0 + d02 * (X0 * X1) - d03 * (X0 * X1 * X2)));
  store<f32>(at, <f32>((d01 - d02 * (X0 + X1) + d03 * (X0 * X1 + X0 * X2 + X1 * X2)) / STEP), 4);
  store<f32>(at, <f32>((d02 - d03 * (X0 + X1 + X2)) / (STEP * STEP)), 8);
  store<f32>(at, <f32>(d03 / (STEP * STEP * STEP)), 12);
}

//  -ln(E) with E = -ln(1 - v), v = h/2^32; on the upper side 1 - v = h/2^32.
function noiseOf(h: f64, upper: bool): f64 {
  const v = h / 4294967296.0;
  // Below 1e-5 the difference 1 - v would cost digits that the series does not need.
  const e = upper ? -log(v) : v < 1e-5 ? v * (1.0 + v * (1.0 / 2.0 + v * (1.0 / 3.0))) : -log(1.0 - v);
  return -log(e);
}

/**
 * Turns random words into noise, in place; whole pairs of vectors up to `end`.
 * Layout: `places` has room for as many bytes as words; all are multiples of 16.
 */
export function noiseFromWords(at: usize, end: usize, places: usize): void {
  for (let i = at, p = places; i < end; i += 32, p += 32) {
    locate(i, p);
    locate(i + 16, p + 16);
  }
  for (let i = at, p = places; i < end; i += 32, p += 32) {
    const a = cubic(p, v128.load(i));
    const b = cubic(p + 16, v128.load(i, 16));
    v128.store(i, a);
    v128.store(i, b, 16);
  }
}

//  Replaces four words by t, their places in their pieces, and writes the addresses of the pieces to `places`.
@inline
function locate(at: usize, places: usize): void {
  const x = v128.load(at);
  const upper = i32x4.shr_s(x, 31);
  const h = f32x4.add(f32x4.convert_i32x4_s(v128.xor(x, upper)), v128.load32_splat(LANES));
  const piece = v128.and(i32x4.shr_u(h, 15), v128.load32_splat(LANES, 8));
  v128.store(places, i32x4.add(piece, v128.and(upper, v128.load32_splat(LANES, 12))));
  v128.store(at, f32x4.convert_i32x4_s(v128.and(h, v128.load32_splat(LANES, 4))));
}

@inline
function cubic(places: usize, t: v128): v128 {
  const a = piece(places);
  const b = piece(places + 4);
  const c = piece(places + 8);
  const d = piece(places + 12);
  const p = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const q = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const r = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const s = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  const c0 = v128.shuffle<i64>(p, q, 0, 2);
  const c1 = v128.shuffle<i64>(p, q, 1, 3);
  const c2 = v128.shuffle<i64>(r, s, 0, 2);
  const c3 = v128.shuffle<i64>(r, s, 1, 3);
  return f32x4.add(c0, f32x4.mul(t, f32x4.add(c1, f32x4.mul(t, f32x4.add(c2, f32x4.mul(t, c3))))));
}

@inline
function piece(place: usize): v128 {
  return v128.load(FIRST + <usize>load<u32>(place));
}

// Four f32 lanes at a time: partial loads and stores for tails, horizontal reductions, pairs of f64. Imports nothing.

// Sixteen lanes of ones, then sixteen of zeros. The mask of the first n of sixteen lanes begins n lanes before the middle.
const MASKS = memory.data<i32>(
  [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  16,
);
const MIDDLE: usize = MASKS + 64;
// -Infinity, Infinity; 1 in f64, low half first; 1 in f32.
const SPLAT = memory.data<u32>([0xff800000, 0x7f800000, 0, 0x3ff00000, 0x3f800000], 8);

export const NEGATIVE_INFINITY: f32 = reinterpret<f32>(0xff800000);
export const POSITIVE_INFINITY: f32 = reinterpret<f32>(0x7f800000);

/** Address of a vector of zeros. */
export const ZEROS: usize = MIDDLE;

// Constants are read from memory: a v128.const takes 18 bytes, and an engine builds it anew at every use.

@inline
export function zeros(): v128 {
  return v128.load(ZEROS);
}

@inline
export function allOnes(): v128 {
  return v128.load(MASKS);
}

@inline
export function lowest4(): v128 {
  return v128.load32_splat(SPLAT);
}

@inline
export function infinity4(): v128 {
  return v128.load32_splat(SPLAT, 4);
}

/** 1 in f32. */
@inline
export function one4(): v128 {
  return v128.load32_splat(SPLAT, 16);
}

/** 1 in f64. */
@inline
export function one2(): v128 {
  return v128.load64_splat(SPLAT, 8);
}

/** All ones in the first `n` lanes, 0 <= n <= 4. */
@inline
export function firstLanes(n: i32): v128 {
  assert(n >= 0 && n <= 4, "n: expected 0 to 4 lanes");
  return firstOfSixteen(n, 0);
}

/** Vector `k` of the four that hold sixteen lanes, of which the first `n` are all ones, 0 <= n <= 16. */
@inline
export function firstOfSixteen(n: i32, k: usize): v128 {
  return v128.load(MIDDLE - (<usize>n << 2) + (k << 4));
}

/** `v` with -Infinity in the lanes from `n` on: padding that loses every maximum and adds nothing to a sum of exponentials. */
@inline
export function padded(v: v128, n: i32): v128 {
  return n >= 4 ? v : v128.bitselect(v, lowest4(), firstLanes(n));
}

/** Stores the first `n` lanes and touches nothing behind them. */
@inline
export function storeLanes(at: usize, v: v128, n: i32): void {
  if (n >= 4) {
    v128.store(at, v);
  } else {
    storePart(at, v, n);
  }
}

/** storeLanes as a function that is not inlined, for places where size counts more than speed. */
export function storeSome(at: usize, v: v128, n: i32): void {
  storeLanes(at, v, n);
}

@inline
function storePart(at: usize, v: v128, n: i32): void {
  if (n & 2) {
    v128.store_lane<i64>(at, v, 0);
    if (n & 1) v128.store_lane<i32>(at, v, 2, 8);
  } else if (n & 1) {
    v128.store_lane<i32>(at, v, 0);
  }
}

//  a b c d  ->  max(a, c) max(b, d) . .  ->  max of all
@inline
export function horizontalMax(v: v128): f32 {
  const half = f32x4.pmax(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(half, v128.shuffle<i32>(half, half, 1, 0, 3, 2)), 0);
}

/** Lanes 0 and 1 as f64. */
@inline
export function low2(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** Lanes 2 and 3 as f64. */
@inline
export function high2(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
}

/** Two pairs of f64 back to four f32. */
@inline
export function join4(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

//  a0 a1 | a2 a3  ->  (a0 + a2) + (a1 + a3)
@inline
export function sum2(low: v128, high: v128): f64 {
  const pair = f64x2.add(low, high);
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** 4 x 4 transpose between rows that lie `inBytes` apart and rows that lie `outBytes` apart; out may be `from`. */
export function transpose4(out: usize, outBytes: usize, from: usize, inBytes: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + inBytes);
  const c = v128.load(from + 2 * inBytes);
  const d = v128.load(from + 3 * inBytes);
  const p = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const q = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const r = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const s = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(p, q, 0, 2));
  v128.store(out + outBytes, v128.shuffle<i64>(p, q, 1, 3));
  v128.store(out + 2 * outBytes, v128.shuffle<i64>(r, s, 0, 2));
  v128.store(out + 3 * outBytes, v128.shuffle<i64>(r, s, 1, 3));
}

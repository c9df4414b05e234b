// Rounds four to ten of Philox4x32-10, and the constants of all rounds. philox-table.ts has the first three.
//
// Source:  Salmon, Moraes, Dror, Shaw, SC 2011, section 3.3: multipliers 0xD2511F53 and 0xCD9E8D57, key
//          increments 0x9E3779B9 (the golden ratio) and 0xBB67AE85 (sqrt(3) - 1), ten rounds

const M0: u32 = 0xd2511f53;
export const M1: u32 = 0xcd9e8d57;
// Read by load32_splat: an engine rebuilds a v128.const at every use.
const MULTIPLIERS = memory.data<u32>([M0, M1], 8);
export const WEYL0: i32 = 0x9e3779b9;
export const WEYL1: i32 = 0xbb67ae85;
export const ROUNDS: i32 = 10;
export const ROUND_BYTES: usize = 32;

/** Bytes of the keys of all rounds: a schedule begins with these, and its tables follow. */
export const TABLES: usize = <usize>ROUNDS * ROUND_BYTES;

/** Multiplier `i`, 0 or 1, in every lane. */
@inline
export function multiplier(i: usize): v128 {
  return v128.load32_splat(MULTIPLIERS + (i << 2));
}

/** Key `word`, 0 or 1, of a round, in every lane. */
@inline
export function key(schedule: usize, round: usize, word: usize): v128 {
  return v128.load(schedule + round * ROUND_BYTES + (word << 4));
}

/**
 * The high halves of four products, two to a vector. The low halves are a product of their own: a shuffle would cost as much, and
 * processors have fewer units for it.
 */
@inline
export function highs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/**
 * Rounds four to ten of blocks * groups vectors of four counters, in place. Two vectors are done at a time: one alone would
 * wait for its own products. The words lie as in philoxColumns; `transposed` stores the four words of a counter side by side.
 */
export function lastRounds(words: usize, schedule: usize, groups: i32, blocks: i32, transposed: bool): void {
  const lineBytes = <usize>groups << 4;
  const end = schedule + TABLES;
  let at = words;
  let group = 0;
  for (let left = blocks * groups; left > 0; left -= 2) {
    let next = at;
    if (left > 1) {
      next += 16;
      if (++group == groups) {
        group = 0;
        next += 3 * lineBytes;
      }
    }
    let a0 = v128.load(at);
    let a1 = v128.load(at + lineBytes);
    let a2 = v128.load(at + 2 * lineBytes);
    let a3 = v128.load(at + 3 * lineBytes);
    let b0 = v128.load(next);
    let b1 = v128.load(next + lineBytes);
    let b2 = v128.load(next + 2 * lineBytes);
    let b3 = v128.load(next + 3 * lineBytes);
    for (let keys = schedule + 3 * ROUND_BYTES; keys < end; keys += ROUND_BYTES) {
      const m0 = multiplier(0);
      const m1 = multiplier(1);
      const a = i64x2.extmul_low_i32x4_u(m0, a0);
      const b = i64x2.extmul_high_i32x4_u(m0, a0);
      const c = i64x2.extmul_low_i32x4_u(m1, a2);
      const d = i64x2.extmul_high_i32x4_u(m1, a2);
      const e = i64x2.extmul_low_i32x4_u(m0, b0);
      const f = i64x2.extmul_high_i32x4_u(m0, b0);
      const g = i64x2.extmul_low_i32x4_u(m1, b2);
      const h = i64x2.extmul_high_i32x4_u(m1, b2);
      const k0 = v128.load(keys);
      const k1 = v128.load(keys, 16);
      const lowA = i32x4.mul(a0, m0);
      const lowC = i32x4.mul(a2, m1);
      const lowE = i32x4.mul(b0, m0);
      const lowG = i32x4.mul(b2, m1);
      a0 = v128.xor(highs(c, d), v128.xor(a1, k0));
      a2 = v128.xor(highs(a, b), v128.xor(a3, k1));
      b0 = v128.xor(highs(g, h), v128.xor(b1, k0));
      b2 = v128.xor(highs(e, f), v128.xor(b3, k1));
      a1 = lowC;
      a3 = lowA;
      b1 = lowG;
      b3 = lowE;
    }
    if (transposed) {
      storeTransposed(at, a0, a1, a2, a3);
      storeTransposed(next, b0, b1, b2, b3);
    } else {
      storeLines(at, lineBytes, a0, a1, a2, a3);
      storeLines(next, lineBytes, b0, b1, b2, b3);
    }
    at = next + 16;
    if (++group == groups) {
      group = 0;
      at += 3 * lineBytes;
    }
  }
}

@inline
function storeLines(at: usize, lineBytes: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(at, a);
  v128.store(at + lineBytes, b);
  v128.store(at + 2 * lineBytes, c);
  v128.store(at + 3 * lineBytes, d);
}

@inline
function storeTransposed(at: usize, a: v128, b: v128, c: v128, d: v128): void {
  const p = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const q = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const r = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const s = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  storeLines(
    at, 16, v128.shuffle<i64>(p, q, 0, 2), v128.shuffle<i64>(p, q, 1, 3), v128.shuffle<i64>(r, s, 0, 2),
    v128.shuffle<i64>(r, s, 1, 3),
  );
}

// Philox4x32-10: the random words, addressed by (seed, row, class, stream) and never drawn in sequence.
//
// Method:  ten rounds over the counter (class >> 2, lo32(row), hi32(row), stream) under the key (lo32(seed), hi32(seed))
// Source:  Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3
// Layout:  four counters side by side, one to a lane; word j of the four is one vector
// Error:   none; known answers in tests/vectors/philox4x32.txt

const M0: i32 = 0xd2511f53;
const M1: i32 = 0xcd9e8d57;
const WEYL0: i32 = 0x9e3779b9;
const WEYL1: i32 = 0xbb67ae85;

/** Bytes of a key schedule: two round keys, splat, for each of ten rounds. */
export const SCHEDULE_BYTES: usize = 320;

/** Round keys for a seed, each already splat: a load from L1 is cheaper than rebuilding a constant in every round. */
export function keySchedule(schedule: usize, seedLo: i32, seedHi: i32): void {
  for (let round = 0; round < 10; round++) {
    const at = schedule + <usize>(round << 5);
    v128.store(at, i32x4.splat(seedLo + round * WEYL0));
    v128.store(at, i32x4.splat(seedHi + round * WEYL1), 16);
  }
}

/**
 * Words of four counters a step.
 * Layout: row r starts at words + r * blocks * 16; a block is the four words of one counter.
 * Shape:  rows * blocks >= 1; up to three blocks past the end are written.
 */
export function philoxRows(
  words: usize,
  schedule: usize,
  rows: i32,
  blocks: i32,
  rowLo: i32,
  rowHi: i32,
  block: i32,
  stream: i32,
): void {
  const stepRow = i32x4.splat(4 / blocks);
  const stepBlock = i32x4.splat(4 % blocks);
  const width = i32x4.splat(blocks);
  const last = i32x4.splat(blocks - 1);
  const first = i32x4.splat(block);
  const high = i32x4.splat(rowHi);
  const streams = i32x4.splat(stream);
  let lane = i32x4(0, 1 % blocks, 2 % blocks, 3 % blocks);
  let row = i32x4(rowLo, rowLo + 1 / blocks, rowLo + 2 / blocks, rowLo + 3 / blocks);
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  const end = words + (<usize>(rows * blocks) << 4);
  for (; words < end; words += 64) {
    let c0 = i32x4.add(first, lane);
    let c1 = row;
    let c2 = high;
    let c3 = streams;
    for (let round = 0; round < 10; round++) {
      const a = i64x2.extmul_low_i32x4_u(m0, c0);
      const b = i64x2.extmul_high_i32x4_u(m0, c0);
      const c = i64x2.extmul_low_i32x4_u(m1, c2);
      const d = i64x2.extmul_high_i32x4_u(m1, c2);
      const at = schedule + <usize>(round << 5);
      c0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), c1), v128.load(at));
      c2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), c3), v128.load(at, 16));
      c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
      c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
    }
    const p = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
    const q = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const r = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
    const s = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    v128.store(words, v128.shuffle<i32>(p, q, 0, 1, 4, 5));
    v128.store(words, v128.shuffle<i32>(p, q, 2, 3, 6, 7), 16);
    v128.store(words, v128.shuffle<i32>(r, s, 0, 1, 4, 5), 32);
    v128.store(words, v128.shuffle<i32>(r, s, 2, 3, 6, 7), 48);
    lane = i32x4.add(lane, stepBlock);
    const carry = i32x4.gt_s(lane, last);
    lane = i32x4.sub(lane, v128.and(carry, width));
    row = i32x4.sub(i32x4.add(row, stepRow), carry);
  }
}

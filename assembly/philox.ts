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
const ROUNDS: i32 = 10;

/** Bytes of a key schedule: two round keys, splat, for each round. */
export const SCHEDULE_BYTES: usize = 320;

/** Round keys of a seed, each already splat: a load from L1 is cheaper than building a constant in every round. */
export function keySchedule(schedule: usize, seedLo: i32, seedHi: i32): void {
  for (let round = 0; round < ROUNDS; round++) {
    const at = schedule + (<usize>round << 5);
    v128.store(at, i32x4.splat(seedLo + round * WEYL0));
    v128.store(at, i32x4.splat(seedHi + round * WEYL1), 16);
  }
}

/**
 * Words for classes side by side: `blocks` counters for each of `rows` rows, from class 4*block on.
 * Layout: row r starts at words + r * blocks * 16 bytes.
 * Shape:  rows * blocks >= 1; up to three blocks past the end are written.
 */
export function philoxRows(
  words: usize,
  schedule: usize,
  rows: i32,
  blocks: i32,
  row: u64,
  block: i32,
  stream: i32,
): void {
  assert(rows >= 1 && blocks >= 1, "rows, blocks: expected at least 1");
  const stepRow = i32x4.splat(4 / blocks);
  const stepBlock = i32x4.splat(4 % blocks);
  const width = i32x4.splat(blocks);
  const last = i32x4.splat(blocks - 1);
  const first = i32x4.splat(block);
  const rowLo = <i32>row;
  const lows = i32x4.splat(rowLo);
  const wraps = (row >> 32) != ((row + rows + 3) >> 32);
  let high = i32x4.splat(<i32>(row >> 32));
  let lane = i32x4(0, 1 % blocks, 2 % blocks, 3 % blocks);
  let low = i32x4.add(lows, i32x4(0, 1 / blocks, 2 / blocks, 3 / blocks));
  const end = words + (<usize>(rows * blocks) << 4);
  for (; words < end; words += 64) {
    // A low half that went past 2^32 is below where it started.
    const carried = wraps ? i32x4.sub(high, i32x4.lt_u(low, lows)) : high;
    rounds(words, 16, true, schedule, i32x4.add(first, lane), low, carried, i32x4.splat(stream));
    lane = i32x4.add(lane, stepBlock);
    const carry = i32x4.gt_s(lane, last);
    lane = i32x4.sub(lane, v128.and(carry, width));
    low = i32x4.sub(i32x4.add(low, stepRow), carry);
  }
}

/**
 * Words for rows side by side: `blocks` counters for each of 4 * groups neighbouring rows, from class 4*block on.
 * Layout: class c, row group g is the vector at words + (c * groups + g) * 16 bytes.
 */
export function philoxColumns(
  words: usize,
  schedule: usize,
  groups: i32,
  blocks: i32,
  row: u64,
  block: i32,
  stream: i32,
): void {
  const lineBytes = <usize>groups << 4;
  for (let g = 0; g < groups; g++) {
    const base = row + (<u64>g << 2);
    const low = i32x4.add(i32x4.splat(<i32>base), i32x4(0, 1, 2, 3));
    const high = i32x4.sub(i32x4.splat(<i32>(base >> 32)), i32x4.lt_u(low, i32x4.splat(<i32>base)));
    let at = words + (<usize>g << 4);
    for (let b = 0; b < blocks; b++) {
      rounds(at, lineBytes, false, schedule, i32x4.splat(block + b), low, high, i32x4.splat(stream));
      at += lineBytes << 2;
    }
  }
}

//  Lines of four words, lineBytes apart: line j holds word j of the four counters, or transposed the four words of counter j.
@inline
function rounds(
  words: usize,
  lineBytes: usize,
  transposed: bool,
  schedule: usize,
  c0: v128,
  c1: v128,
  c2: v128,
  c3: v128,
): void {
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  for (let round = 0; round < ROUNDS; round++) {
    const a = i64x2.extmul_low_i32x4_u(m0, c0);
    const b = i64x2.extmul_high_i32x4_u(m0, c0);
    const c = i64x2.extmul_low_i32x4_u(m1, c2);
    const d = i64x2.extmul_high_i32x4_u(m1, c2);
    const at = schedule + (<usize>round << 5);
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), c1), v128.load(at));
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), c3), v128.load(at, 16));
    c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
  }
  if (transposed) {
    const p = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
    const q = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const r = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
    const s = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    c0 = v128.shuffle<i64>(p, q, 0, 2);
    c1 = v128.shuffle<i64>(p, q, 1, 3);
    c2 = v128.shuffle<i64>(r, s, 0, 2);
    c3 = v128.shuffle<i64>(r, s, 1, 3);
  }
  v128.store(words, c0);
  v128.store(words + lineBytes, c1);
  v128.store(words + 2 * lineBytes, c2);
  v128.store(words + 3 * lineBytes, c3);
}

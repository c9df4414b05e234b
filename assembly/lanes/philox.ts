// Philox4x32-10: the random words, addressed by (seed, row, class, stream) and never drawn in sequence.
//
// Method:  ten rounds over the counter (class >> 2, lo32(row), hi32(row), stream) under the key (lo32(seed), hi32(seed)).
//          In the first three what comes from the block, class >> 2, and what comes from the row meet in exclusive ors
//          alone: the block's part is kept in a table, where the next row finds it. The other seven follow in place.
// Source:  Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3
// Layout:  four counters side by side, one to a lane; word j of the four is one vector
// Error:   none; known answers in tests/vectors/philox4x32.txt

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
// Read by load32_splat: an engine rebuilds a v128.const at every use.
const MULTIPLIERS = memory.data<u32>([M0, M1], 8);
const WEYL0: i32 = 0x9e3779b9;
const WEYL1: i32 = 0xbb67ae85;
const ROUNDS: i32 = 10;
const ROUND_BYTES: usize = 32;

/** Blocks of a row, or row groups times blocks, that one call does at most. */
export const MOST_BLOCKS: i32 = 128;

//  A schedule: the keys of the rounds, two splat vectors each, then SLOTS tables. The stream, a counter's fourth word, meets
//  nothing but the second key of the first round, so it stands there. A table: its first block, how many, the high half of the
//  row, 0; then four arrays with an entry for each block and, behind the last, for the first ones again,
//  so that four counters in a row find theirs side by side.
const SLOTS: i32 = 4;
const SLOT_BLOCKS_LOG2: i32 = 7;
const TABLES: usize = <usize>ROUNDS * ROUND_BYTES;
const HEAD_BYTES: usize = 16;
const ARRAY_BYTES: usize = (<usize>MOST_BLOCKS << 2) + 16; // and three entries more
const TABLE_BYTES: usize = HEAD_BYTES + 4 * ARRAY_BYTES;

/** Bytes of a key schedule with its tables. */
export const SCHEDULE_BYTES: usize = TABLES + <usize>SLOTS * TABLE_BYTES;

/** Round keys of a seed and a stream, each already splat: a load from L1 is cheaper than a constant built in every round. */
export function keySchedule(schedule: usize, seedLo: i32, seedHi: i32, stream: i32): void {
  for (let round = 0; round < ROUNDS; round++) {
    const at = schedule + <usize>round * ROUND_BYTES;
    v128.store(at, i32x4.splat(seedLo + round * WEYL0));
    v128.store(at, i32x4.splat((seedHi + round * WEYL1) ^ stream), 16);
    stream = 0;
  }
  for (let slot = 0; slot < SLOTS; slot++) store<i32>(schedule + TABLES + <usize>slot * TABLE_BYTES, 0, 4);
}

/** How many of `rows` rows, from number `row` on, have the high half of their number in common, as those of a call must. */
export function alike(row: u64, rows: i32): i32 {
  return <i32>min<u64>(<u64>rows, 0x100000000 - (row & 0xffffffff));
}

/**
 * Words for classes side by side: `blocks` counters for each of `rows` rows, from class 4*block on.
 * Layout: row r starts at words + r * blocks * 16 bytes.
 * Shape:  1 <= rows * blocks <= MOST_BLOCKS; up to three blocks past the end are written.
 */
export function philoxRows(
  words: usize,
  schedule: usize,
  rows: i32,
  blocks: i32,
  row: u64,
  block: i32,
): void {
  assert(rows >= 1 && blocks >= 1 && rows * blocks <= MOST_BLOCKS, "rows, blocks: expected 1 to MOST_BLOCKS");
  assert(alike(row, rows) == rows, "rows: expected one high half");
  fromTable(words, schedule, tableOf(schedule, blocks, row, block), rows, blocks, row);
}

/** The same for one row and the `blocks` blocks whose numbers, less `block`, stand in `list`. */
export function philoxListed(
  words: usize,
  schedule: usize,
  list: usize,
  blocks: i32,
  row: u64,
  block: i32,
): void {
  const head = schedule + TABLES;
  store<i32>(head, 0, 4);
  fillTable(head + HEAD_BYTES, schedule, list, blocks, row, block);
  fromTable(words, schedule, head + HEAD_BYTES, 1, blocks, row);
}

//  The row's part of three rounds, and what follows.
function fromTable(words: usize, schedule: usize, table: usize, rows: i32, blocks: i32, row: u64): void {
  const fixed = rowKey(schedule, row);
  const m0 = multiplier(0);
  const m1 = multiplier(1);
  const step = 4 % blocks;
  const stepRow = i32x4.splat(4 / blocks);
  const stepLane = i32x4.splat(step);
  const width = i32x4.splat(blocks);
  let lane = i32x4(0, 1 % blocks, 2 % blocks, 3 % blocks);
  let low = i32x4.add(i32x4.splat(<i32>row), i32x4(0, 1 / blocks, 2 / blocks, 3 / blocks));
  const vectors = (rows * blocks + 3) >> 2;
  for (let i = 0, first = 0; i < vectors; i++) {
    const at = words + (<usize>i << 6);
    const entry = table + (<usize>first << 2);
    const counter = v128.xor(low, fixed);
    const a = i64x2.extmul_low_i32x4_u(m0, counter);
    const b = i64x2.extmul_high_i32x4_u(m0, counter);
    const c0 = v128.xor(v128.xor(highs(a, b), key(schedule, 1, 1)), v128.load(entry));
    const c = i64x2.extmul_low_i32x4_u(m1, c0);
    const d = i64x2.extmul_high_i32x4_u(m1, c0);
    v128.store(at, v128.xor(highs(c, d), v128.load(entry, ARRAY_BYTES)));
    v128.store(at, i32x4.mul(m1, c0), 16);
    v128.store(at, v128.xor(v128.xor(i32x4.mul(m0, counter), key(schedule, 2, 1)), v128.load(entry, 2 * ARRAY_BYTES)), 32);
    v128.store(at, v128.load(entry, 3 * ARRAY_BYTES), 48);
    first += step;
    if (first >= blocks) first -= blocks;
    lane = i32x4.add(lane, stepLane);
    const carry = i32x4.ge_s(lane, width);
    lane = i32x4.sub(lane, v128.and(carry, width));
    low = i32x4.sub(i32x4.add(low, stepRow), carry);
  }
  lastRounds(words, schedule, 1, vectors, true);
}

/**
 * Words for rows side by side: `blocks` counters for each of 4 * groups neighbouring rows, from class 4*block on.
 * Layout: class c, row group g is the vector at words + (c * groups + g) * 16 bytes.
 * Shape:  1 <= blocks <= MOST_BLOCKS.
 */
export function philoxColumns(
  words: usize,
  schedule: usize,
  groups: i32,
  blocks: i32,
  row: u64,
  block: i32,
): void {
  assert(groups >= 1 && blocks >= 1 && blocks <= MOST_BLOCKS, "groups, blocks: expected 1 to MOST_BLOCKS");
  const table = tableOf(schedule, blocks, row, block);
  const fixed = rowKey(schedule, row);
  const m0 = multiplier(0);
  const m1 = multiplier(1);
  const lineBytes = <usize>groups << 4;
  let low = i32x4.add(i32x4.splat(<i32>row), i32x4(0, 1, 2, 3));
  for (let g = 0; g < groups; g++) {
    const counter = v128.xor(low, fixed);
    const a = i64x2.extmul_low_i32x4_u(m0, counter);
    const b = i64x2.extmul_high_i32x4_u(m0, counter);
    const first = v128.xor(highs(a, b), key(schedule, 1, 1));
    const second = v128.xor(i32x4.mul(m0, counter), key(schedule, 2, 1));
    let at = words + (<usize>g << 4);
    for (let entry = table; entry < table + (<usize>blocks << 2); entry += 4) {
      const c0 = v128.xor(first, v128.load32_splat(entry));
      const c = i64x2.extmul_low_i32x4_u(m1, c0);
      const d = i64x2.extmul_high_i32x4_u(m1, c0);
      v128.store(at, v128.xor(highs(c, d), v128.load32_splat(entry, ARRAY_BYTES)));
      v128.store(at + lineBytes, i32x4.mul(m1, c0));
      v128.store(at + 2 * lineBytes, v128.xor(second, v128.load32_splat(entry, 2 * ARRAY_BYTES)));
      v128.store(at + 3 * lineBytes, v128.load32_splat(entry, 3 * ARRAY_BYTES));
      at += lineBytes << 2;
    }
    low = i32x4.add(low, i32x4.splat(4));
  }
  lastRounds(words, schedule, groups, blocks, false);
}

//  The table of these blocks, made unless it is there.
function tableOf(schedule: usize, blocks: i32, row: u64, block: i32): usize {
  const head = schedule + TABLES + <usize>((block >> SLOT_BLOCKS_LOG2) & (SLOTS - 1)) * TABLE_BYTES;
  const table = head + HEAD_BYTES;
  const wanted = i32x4(block, blocks, <i32>(row >> 32), 0);
  if (i32x4.all_true(i32x4.eq(v128.load(head), wanted))) return table;
  v128.store(head, wanted);
  // The blocks in the order in which counters take them, from the first one on: 0 ... blocks - 1, 0, 1, 2.
  const end = table + (<usize>(blocks + 3) << 2);
  for (let at = table, i = 0; at < end; at += 4) {
    store<i32>(at, i);
    if (++i == blocks) i = 0;
  }
  fillTable(table, schedule, table, blocks + 3, row, block);
  return table;
}

//  The part of three rounds that `n` blocks have in common for all rows with one high half. list may be table.
function fillTable(table: usize, schedule: usize, list: usize, n: i32, row: u64, block: i32): void {
  const m0 = multiplier(0);
  const m1 = multiplier(1);
  const second = key(schedule, 0, 1);
  const third = v128.xor(key(schedule, 1, 0), i32x4.splat(<i32>((row >> 32) * <u64>M1)));
  for (; n > 0; n -= 4, table += 16, list += 16) {
    const c0 = i32x4.add(i32x4.splat(block), v128.load(list));
    const a = i64x2.extmul_low_i32x4_u(m0, c0);
    const b = i64x2.extmul_high_i32x4_u(m0, c0);
    const c2 = v128.xor(highs(a, b), second);
    const c = i64x2.extmul_low_i32x4_u(m1, c2);
    const d = i64x2.extmul_high_i32x4_u(m1, c2);
    const e0 = v128.xor(highs(c, d), third);
    const e = i64x2.extmul_low_i32x4_u(m0, e0);
    const f = i64x2.extmul_high_i32x4_u(m0, e0);
    v128.store(table, i32x4.mul(m0, c0));
    v128.store(table, v128.xor(i32x4.mul(m1, c2), key(schedule, 2, 0)), ARRAY_BYTES);
    v128.store(table, highs(e, f), 2 * ARRAY_BYTES);
    v128.store(table, i32x4.mul(m0, e0), 3 * ARRAY_BYTES);
  }
}

//  What the first round adds to the low half of a row's number.
@inline
function rowKey(schedule: usize, row: u64): v128 {
  return v128.xor(key(schedule, 0, 0), i32x4.splat(<i32>(((row >> 32) * <u64>M1) >> 32)));
}

//  Rounds four to ten of blocks * groups vectors of counters, two at a time: one alone would wait for its own products. Words
//  lie as in philoxColumns; transposed, the four words of a counter become neighbours.
function lastRounds(words: usize, schedule: usize, groups: i32, blocks: i32, transposed: bool): void {
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

@inline
function multiplier(i: usize): v128 {
  return v128.load32_splat(MULTIPLIERS + (i << 2));
}

@inline
function key(schedule: usize, round: usize, word: usize): v128 {
  return v128.load(schedule + round * ROUND_BYTES + (word << 4));
}

//  The high halves of four products, two to a vector. The low halves are a product of their own: a shuffle would cost as much,
//  and processors have fewer units for it.
@inline
function highs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

// Philox4x32-10: the random words, addressed by (seed, row, class, stream) and never drawn in sequence.
//
// Method:  ten rounds over the counter (class >> 2, lo32(row), hi32(row), stream) under the key (lo32(seed), hi32(seed)).
//          In the first three rounds the part of the block, class >> 2, and the part of the row meet only in exclusive ors,
//          so the part of the block is kept in a table for the next rows (philox-table.ts). The other seven rounds follow in
//          place (philox-rounds.ts).
// Source:  Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3
// Layout:  four counters side by side, one to a lane; word j of the four is one vector
// Error:   none; known answers in tests/vectors/philox4x32.txt

import { highs, key, lastRounds, multiplier, TABLES } from "./philox-rounds";
import { ARRAY_BYTES, fillTable, HEAD_BYTES, MOST_BLOCKS, rowKey, tableOf } from "./philox-table";

/** Number of rows, from number `row` on and at most `rows`, whose numbers have one high half. The functions below need one. */
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

/** philoxRows for one row and the `blocks` blocks whose numbers, less `block`, stand in `list`. */
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

//  Combines the entries of a table with the rows' part of the first three rounds, then does the other rounds.
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

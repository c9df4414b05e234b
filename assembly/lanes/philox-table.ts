// Tables of the first three rounds of Philox4x32-10. A counter has a block (class >> 2) and a row; in these rounds their parts
// meet only in exclusive ors, so the part of the block is computed once and serves all rows.

import { highs, key, M1, multiplier, ROUND_BYTES, ROUNDS, TABLES, WEYL0, WEYL1 } from "./philox-rounds";

/** Most counters of one call of philoxRows, and most blocks of one call of philoxColumns. */
export const MOST_BLOCKS: i32 = 128;

//  A schedule has the keys of the rounds, two vectors of equal lanes each, then SLOTS tables. The stream, a counter's fourth
//  word, is only ever combined with the second key of the first round, so it is combined with that key here. A table has a head
//  (number of its first block, number of blocks, high half of the row, 0) and four arrays with an entry for each block. Behind
//  the last block the first ones stand again, so that four successive counters find their entries side by side.
const SLOTS: i32 = 4;
const SLOT_BLOCKS_LOG2: i32 = 7;
export const HEAD_BYTES: usize = 16;
export const ARRAY_BYTES: usize = (<usize>MOST_BLOCKS << 2) + 16; // with room for the three entries that stand again
const TABLE_BYTES: usize = HEAD_BYTES + 4 * ARRAY_BYTES;

/** Bytes of a key schedule with its tables. */
export const SCHEDULE_BYTES: usize = TABLES + <usize>SLOTS * TABLE_BYTES;

/** Writes the round keys of a seed and a stream, each in all lanes: a load from L1 is cheaper than a splat in every round. */
export function keySchedule(schedule: usize, seedLo: i32, seedHi: i32, stream: i32): void {
  for (let round = 0; round < ROUNDS; round++) {
    const at = schedule + <usize>round * ROUND_BYTES;
    v128.store(at, i32x4.splat(seedLo + round * WEYL0));
    v128.store(at, i32x4.splat((seedHi + round * WEYL1) ^ stream), 16);
    stream = 0;
  }
  for (let slot = 0; slot < SLOTS; slot++) store<i32>(schedule + TABLES + <usize>slot * TABLE_BYTES, 0, 4);
}

/** Address of the table of `blocks` blocks from number `block` on; fills it unless the schedule has it already. */
export function tableOf(schedule: usize, blocks: i32, row: u64, block: i32): usize {
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

/**
 * Writes, for `n` blocks, the part of the first three rounds that is the same for all rows with this row's high half. `list`
 * has the numbers of the blocks less `block`; it may be the table.
 */
export function fillTable(table: usize, schedule: usize, list: usize, n: i32, row: u64, block: i32): void {
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

/** Word that the first round combines, by exclusive or, with the low half of a row's number. */
@inline
export function rowKey(schedule: usize, row: u64): v128 {
  return v128.xor(key(schedule, 0, 0), i32x4.splat(<i32>(((row >> 32) * <u64>M1) >> 32)));
}

import { alike, philoxColumns, philoxListed, philoxRows } from "../../assembly/lanes/philox";
import { keySchedule, MOST_BLOCKS, SCHEDULE_BYTES } from "../../assembly/lanes/philox-table";
import { bits, clear, expectIntact, int, place, setInt } from "./memory";
import { randomWord, seed } from "./random";
import { word } from "./reference";

const SEED: u64 = 0x0123456789abcdef;
const WRAP: u64 = 0x100000000;

/** A key schedule; the first place of a test. */
function schedule(key: u64, stream: i32 = 0): usize {
  clear();
  const at = place(<i32>SCHEDULE_BYTES >> 2);
  keySchedule(at, <i32>key, <i32>(key >> 32), stream);
  return at;
}

/** The four words of one counter both ways, rows side by side in all four lanes. */
function expectKnown(c0: u32, c1: u32, c2: u32, c3: u32, key: u64, w0: u32, w1: u32, w2: u32, w3: u32): void {
  const keys = schedule(key, c3);
  const rows = place(16);
  const columns = place(16);
  const row = (<u64>c2 << 32) | <u64>c1;
  philoxRows(rows, keys, 1, 1, row, c0);
  for (let lane = 0; lane < 4 && <u32>row >= <u32>lane; lane++) {
    philoxColumns(columns, keys, 1, 1, row - lane, c0);
    expect<u32>(bits(columns, lane)).toBe(w0);
    expect<u32>(bits(columns, lane + 4)).toBe(w1);
    expect<u32>(bits(columns, lane + 8)).toBe(w2);
    expect<u32>(bits(columns, lane + 12)).toBe(w3);
  }
  expect<u32>(bits(rows, 0)).toBe(w0);
  expect<u32>(bits(rows, 1)).toBe(w1);
  expect<u32>(bits(rows, 2)).toBe(w2);
  expect<u32>(bits(rows, 3)).toBe(w3);
}

/** Rows and columns of the same words, each word of the rows that are alike against the scalar generator. */
function expectWords(rows: i32, blocks: i32, row: u64, block: i32, stream: i32): void {
  expectMore(schedule(SEED, stream), rows, blocks, row, block, stream);
}

/** The same with a schedule whose tables other calls have filled; on a first one all tables are empty. */
function expectMore(keys: usize, rows: i32, blocks: i32, row: u64, block: i32, stream: i32): void {
  const groups = (rows + 3) >> 2;
  const side = place((rows * blocks + 3) * 4);
  const columns = place(groups * blocks * 16);
  philoxRows(side, keys, rows, blocks, row, block);
  philoxColumns(columns, keys, groups, blocks, row, block);
  const label = `${rows} rows of ${blocks} blocks from row ${row}, block ${block}`;
  for (let r = 0; r < alike(row, groups * 4); r++) {
    for (let c = 0; c < blocks * 4; c++) {
      const expected = word(SEED, row + r, 4 * block + c, stream);
      const found = bits(columns, (c * groups + (r >> 2)) * 4 + (r & 3));
      if (found != expected) expect<u32>(found).toBe(expected, `columns: ${label}, row ${r}, class ${c}`);
      if (r >= rows) continue;
      const beside = bits(side, r * blocks * 4 + c);
      if (beside != expected) expect<u32>(beside).toBe(expected, `rows: ${label}, row ${r}, class ${c}`);
    }
  }
  expectIntact("rows and three blocks: " + label, side, (rows * blocks + 3) * 4);
  expectIntact("columns: " + label, columns, groups * blocks * 16);
  expectIntact("schedule: " + label, keys, <i32>SCHEDULE_BYTES >> 2);
}

/** The words of some blocks of one row, `apart` from one to the next. */
function expectListed(keys: usize, blocks: i32, apart: i32, row: u64, block: i32, stream: i32): void {
  const list = place(blocks);
  const words = place((blocks + 3) * 4);
  for (let i = 0; i < blocks; i++) setInt(list, i, i * apart + (i & 1));
  philoxListed(words, keys, list, blocks, row, block);
  const label = `${blocks} listed blocks ${apart} apart from row ${row}, block ${block}`;
  for (let i = 0; i < blocks * 4; i++) {
    const expected = word(SEED, row, 4 * (block + int(list, i >> 2)) + (i & 3), stream);
    if (bits(words, i) != expected) expect<u32>(bits(words, i)).toBe(expected, `${label}, class ${i}`);
  }
  expectIntact(label, words, (blocks + 3) * 4);
  expectIntact("schedule: " + label, keys, <i32>SCHEDULE_BYTES >> 2);
}

describe("philox", () => {
  test("known answers (Random123, kat_vectors)", () => {
    expectKnown(0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    expectKnown(-1, -1, -1, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    expectKnown(
      0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0x299f31d0a4093822, // the digits of pi
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    );
  });

  test("the key schedule holds two Weyl sequences, splat", () => {
    const keys = schedule(0xfffffffe00000003);
    for (let i = 0; i < 10; i++) {
      for (let lane = 0; lane < 4; lane++) {
        expect<u32>(bits(keys, i * 8 + lane)).toBe(3 + i * 0x9e3779b9);
        expect<u32>(bits(keys, i * 8 + 4 + lane)).toBe(0xfffffffe + i * 0xbb67ae85);
      }
    }
    expectIntact("schedule", keys, <i32>SCHEDULE_BYTES >> 2);
  });

  test("rows and columns give the words of their addresses", () => {
    for (let rows = 1; rows <= 9; rows++) {
      for (let blocks = 1; blocks <= 9; blocks++) expectWords(rows, blocks, 1000, 7, 0);
    }
    expectWords(1, MOST_BLOCKS, 5, 0, 2);
    expectWords(MOST_BLOCKS / 2, 2, 5, 0, 3);
    expectWords(MOST_BLOCKS, 1, 5, 0, 3);
  });

  test("random addresses", () => {
    seed(1);
    for (let i = 0; i < 20; i++) {
      const row = (<u64>randomWord() << 32) | <u64>randomWord();
      expectWords(1 + (randomWord() & 7), 1 + (randomWord() & 7), row, randomWord() >>> 3, randomWord());
    }
  });

  test("rows up to 2^32 and 2^64, and from there on", () => {
    for (let blocks = 1; blocks <= 6; blocks++) {
      for (let before: u64 = 1; before <= 9; before++) {
        for (let i = 0; i < 3; i++) {
          const wrap: u64 = i == 0 ? WRAP : i == 1 ? 7 * WRAP : 0;
          const count = alike(wrap - before, 8);
          expect<i32>(count).toBe(<i32>min<u64>(before, 8));
          expectWords(count, blocks, wrap - before, 3 * i, 0);
        }
      }
      expectWords(8, blocks, WRAP, 0, 0);
      expectWords(8, blocks, 7 * WRAP, 3, 0);
    }
  });

  test("rows that have the high half of their number in common", () => {
    expect<i32>(alike(0, 5)).toBe(5);
    expect<i32>(alike(WRAP, i32.MAX_VALUE)).toBe(i32.MAX_VALUE);
    expect<i32>(alike(WRAP - 1, i32.MAX_VALUE)).toBe(1);
    expect<i32>(alike(9 * WRAP - 7, 7)).toBe(7);
    expect<i32>(alike(9 * WRAP - 7, 8)).toBe(7);
    expect<i32>(alike(u64.MAX_VALUE, 2)).toBe(1);
  });

  test("one schedule for many calls: a table serves only the blocks and rows that it was made for", () => {
    const keys = schedule(SEED);
    seed(3);
    for (let i = 0; i < 400; i++) {
      const x = randomWord();
      // Neighbours in every argument: what a table is told apart by changes one at a time, or not at all.
      const row = ((<u64>(x & 1) << 32) | <u64>((x >>> 1) & 3)) + 5;
      const block = (((x >>> 3) & 7) << 7) + ((x >>> 6) & 1);
      const blocks = 1 + ((x >>> 7) & 3);
      expectMore(keys, 1 + ((x >>> 9) & 3), blocks, row, block, 0);
      if (x & 0x1000) expectListed(keys, blocks, 1 + ((x >>> 13) & 3), row, block, 0);
    }
  });

  test("another seed finds nothing of the one before", () => {
    const keys = schedule(~SEED);
    const words = place((12 + 3) * 4);
    for (let block = 0; block < 512; block += 128) {
      philoxRows(words, keys, 3, 4, 5, block);
      keySchedule(keys, <i32>SEED, <i32>(SEED >> 32), 0);
      expectMore(keys, 3, 4, 5, block, 0);
      keySchedule(keys, <i32>~SEED, <i32>(~SEED >> 32), 0);
    }
  });

  test("listed blocks, one to as many as there are", () => {
    for (let blocks = 1; blocks <= MOST_BLOCKS; blocks += blocks < 20 ? 1 : 27) {
      expectListed(schedule(SEED), blocks, 1, 5 * WRAP - 1, 3, 0);
      expectListed(schedule(SEED, 2), blocks, 7, 77, 1000, 2);
    }
  });
});

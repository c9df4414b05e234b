import { keySchedule, philoxColumns, philoxRows, SCHEDULE_BYTES } from "../../assembly/philox";
import { bits, clear, expectIntact, place } from "./memory";
import { randomWord, seed } from "./random";
import { word } from "./reference";

const SEED: u64 = 0x0123456789abcdef;
const WRAP: u64 = 0x100000000;

/** A key schedule; the first place of a test. */
function schedule(key: u64): usize {
  clear();
  const at = place(<i32>SCHEDULE_BYTES >> 2);
  keySchedule(at, <i32>key, <i32>(key >> 32));
  return at;
}

/** The four words of one counter both ways, rows side by side in all four lanes. */
function expectKnown(c0: u32, c1: u32, c2: u32, c3: u32, key: u64, w0: u32, w1: u32, w2: u32, w3: u32): void {
  const keys = schedule(key);
  const rows = place(16);
  const columns = place(16);
  const row = (<u64>c2 << 32) | <u64>c1;
  philoxRows(rows, keys, 1, 1, row, c0, c3);
  for (let lane = 0; lane < 4; lane++) {
    philoxColumns(columns, keys, 1, 1, row - lane, c0, c3);
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

/** Rows and columns of the same words, each word against the scalar generator. */
function expectWords(rows: i32, blocks: i32, row: u64, block: i32, stream: i32): void {
  const keys = schedule(SEED);
  const groups = (rows + 3) >> 2;
  const side = place((rows * blocks + 3) * 4);
  const columns = place(groups * blocks * 16);
  philoxRows(side, keys, rows, blocks, row, block, stream);
  philoxColumns(columns, keys, groups, blocks, row, block, stream);
  const label = `${rows} rows of ${blocks} blocks from row ${row}`;
  for (let r = 0; r < groups * 4; r++) {
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
    expectWords(3, 128, 5, 0, 2);
    expectWords(65, 2, 5, 0, 3);
  });

  test("random addresses", () => {
    seed(1);
    for (let i = 0; i < 20; i++) {
      const row = (<u64>randomWord() << 32) | <u64>randomWord();
      expectWords(1 + (randomWord() & 7), 1 + (randomWord() & 7), row, randomWord() >>> 3, randomWord());
    }
  });

  test("rows cross 2^32 and 2^64", () => {
    for (let blocks = 1; blocks <= 6; blocks++) {
      for (let before: u64 = 0; before <= 9; before++) {
        expectWords(8, blocks, WRAP - before, 0, 0);
        expectWords(8, blocks, 7 * WRAP - before, 3, 0);
        expectWords(8, blocks, <u64>0 - before, 0, 0);
      }
    }
  });
});

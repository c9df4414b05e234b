import { oneHotColumn, oneHotRow, zeroRow } from "../../assembly/one-hot";
import { bits, clear, expectIntact, place, setInt, untouched } from "./memory";
import { TAILS } from "./reference";

const ONE: u32 = 0x3f800000;

function expectRow(n: i32, index: i32, skew: i32): void {
  clear();
  const out = place(n, skew);
  oneHotRow(out, n, index);
  for (let c = 0; c < n; c++) {
    const wanted = c == index ? ONE : 0;
    if (bits(out, c) != wanted) expect<u32>(bits(out, c)).toBe(wanted, `class ${c} of ${n}, one-hot(${index})`);
  }
  expectIntact("row", out, n);
}

/** Lane r has index + 3*r, lane 2 has -1; the classes are from to from + n - 1. */
function expectColumn(n: i32, from: i32, index: i32, lanes: i32): void {
  clear();
  const out = place(n * 7, 1);
  const winners = place(lanes);
  for (let r = 0; r < lanes; r++) setInt(winners, r, r == 2 ? -1 : index + 3 * r);
  oneHotColumn(out, winners, n, 28, from, lanes);
  for (let i = 0; i < n * 7; i++) {
    const r = i % 7;
    const hit = r != 2 && from + i / 7 == index + 3 * r;
    const wanted = hit ? ONE : 0;
    const fine = r >= lanes ? untouched(out, i) : bits(out, i) == wanted;
    if (!fine) expect<u32>(bits(out, i)).toBe(wanted, `lane ${r} of ${lanes}, ${n} classes`);
  }
  expectIntact("column", out, n * 7);
}

describe("one-hot", () => {
  test("rows of every length", () => {
    for (let i = 0; i < TAILS.length; i++) {
      const n = TAILS[i];
      for (let index = -1; index < n; index += n > 33 ? 33 : 1) expectRow(n, index, index & 3);
      expectRow(n, n - 1, 1);
    }
  });

  test("zeroRow", () => {
    for (let n = 0; n <= 17; n++) {
      clear();
      const out = place(n, n & 3);
      zeroRow(out, n);
      for (let c = 0; c < n; c++) expect<u32>(bits(out, c)).toBe(0);
      expectIntact("zeroRow", out, n);
    }
  });

  test("columns of every length, one to four lanes, whole or a piece of the classes", () => {
    for (let i = 0; i < TAILS.length; i++) {
      for (let lanes = 1; lanes <= 4; lanes++) {
        expectColumn(TAILS[i], 0, TAILS[i] >> 1, lanes);
        expectColumn(TAILS[i], 40, 43, lanes);
        expectColumn(TAILS[i], 40, 3, lanes);
      }
    }
  });
});

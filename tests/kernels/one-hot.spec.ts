import { oneHotLines, oneHotRow, zeroRow } from "../../assembly/stages/one-hot";
import { bits, clear, expectIntact, int, place, setInt, untouched } from "./memory";
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

/** `rows` neighbouring rows of line of rows + 3: row r has the class index + 3*r, every third row none. */
function expectLines(n: i32, index: i32, rows: i32): void {
  clear();
  const line = rows + 3;
  const out = place(n * line, 1);
  const winners = place(rows);
  for (let r = 0; r < rows; r++) setInt(winners, r, r % 3 == 2 ? -1 : (index + 3 * r) % n);
  oneHotLines(out, winners, n, <usize>line << 2, rows);
  for (let i = 0; i < n * line; i++) {
    const r = i % line;
    const hit = r < rows && i / line == int(winners, r);
    const wanted = hit ? ONE : 0;
    if (r >= rows) {
      if (!untouched(out, i)) expect<i32>(r).toBe(rows, `written behind ${rows} rows, ${n} classes`);
    } else if (bits(out, i) != wanted) {
      expect<u32>(bits(out, i)).toBe(wanted, `row ${r} of ${rows}, ${n} classes`);
    }
  }
  expectIntact("lines", out, n * line);
  expectIntact("winners", winners, rows);
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

  test("neighbouring rows of every length, one to seventeen", () => {
    for (let i = 0; i < TAILS.length; i++) {
      for (let rows = 1; rows <= 17; rows++) expectLines(TAILS[i], TAILS[i] >> 1, rows);
    }
  });
});

import { TAU_BYTES, tauConstants } from "../../assembly/lanes/exp";
import { exponentiateColumns, exponentiateRows } from "../../assembly/stages/exponentials";
import { exponentiateRow, normalizeRows, scaleColumns, scaleRow, sumColumn } from "../../assembly/stages/softmax";
import { SUM_BLOCK } from "../../src/kernels/abi";
import { clear, expectIntact, expectNear, expectSame, float, place, setFloat, untouched } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";
import { EXP } from "./tolerance";

/** The sum of `n` exponentials `stride` elements apart, in the order that the header of softmax.ts states. */
function orderedSum(e: usize, n: i32, stride: i32, total: f64): f64 {
  for (let block = 0; block < n; block += SUM_BLOCK) {
    const sums = new StaticArray<f64>(4);
    for (let c = block; c < min(n, block + SUM_BLOCK); c += 16) {
      for (let j = 0; j < 4; j++) {
        const s: f32 =
          there(e, c + j, n, stride) + there(e, c + j + 4, n, stride) +
          (there(e, c + j + 8, n, stride) + there(e, c + j + 12, n, stride));
        sums[j] += <f64>s;
      }
    }
    total += sums[0] + sums[2] + (sums[1] + sums[3]);
  }
  return total;
}

function there(e: usize, c: i32, n: i32, stride: i32): f32 {
  return c < n ? float(e, c * stride) : 0;
}

/** One row both ways, as a column the last of `width`: the exponentials against f64, the sum in its order. */
function expectExponentials(n: i32, width: i32, tau: f64): void {
  clear();
  const table = place(<i32>TAU_BYTES >> 2);
  const p = place(n, 1);
  const e = place(n, 2);
  const m: f32 = 3;
  tauConstants(table, tau);
  fill(p, n, -20, 3);
  setFloat(p, n >> 1, m);
  const label = `${n} classes, ${width} columns`;
  const at = place(1);
  setFloat(at, 0, m);
  const sum = exponentiateRow(e, 0, p, n, at, table, 0.25);
  expectIntact(label, e, n);
  for (let c = 0; c < n; c++) {
    const exact = NativeMath.exp((<f64>float(p, c) - 3.0) / tau);
    if (exact > 1e-37) expectNear(label, c, <f64>float(e, c), exact, EXP * exact);
  }
  expect<f64>(sum).toBe(orderedSum(e, n, 1, 0.25), label + ": sum in order");
  const room = min(n, SUM_BLOCK);
  const spare = place(room, 3);
  expect<f64>(exponentiateRow(0, spare, p, n, at, table, 0.25)).toBe(sum, label + ": sum alone");
  expectIntact(label + ": spare", spare, room);

  const line = width + 2;
  const columns = place(n * line, 3);
  const out = place(n * line, 1);
  const packed = place(n * 4);
  const maxima = place(width + 3);
  const sums = place(8);
  for (let c = 0; c < n * line; c++) setFloat(columns, c, -1);
  for (let c = 0; c < n; c++) setFloat(columns, c * line + width - 1, float(p, c));
  for (let r = 0; r < width + 3; r++) setFloat(maxima, r, r == width - 1 ? m : 0);
  const lineBytes = <usize>line << 2;
  exponentiateColumns(out, lineBytes, columns, lineBytes, n, width, maxima, table);
  for (let c = 0; c < n; c++) {
    const to = out + (<usize>(c * line) << 2);
    expectSame(label, to + (<usize>(width - 1) << 2), e + (<usize>c << 2), 1);
    if (!untouched(to, width)) expect<i32>(c).toBe(-1, label + ": written behind the columns");
  }
  expectIntact(label, out, n * line);

  const first = <usize>((width - 1) & ~3) << 2;
  const lane = <usize>((width - 1) & 3) << 3;
  for (let i: usize = 0; i < 32; i += 8) store<f64>(sums + i, 0.25);
  sumColumn(sums, out + first, n, lineBytes);
  expectIntact(label, sums, 8);
  expect<f64>(load<f64>(sums + lane)).toBe(sum, label + ": column");
  exponentiateColumns(packed, 16, columns + first, lineBytes, n, 4, maxima + first, table);
  for (let i: usize = 0; i < 32; i += 8) store<f64>(sums + i, 0.25);
  sumColumn(sums, packed, n, 16);
  expectIntact(label + ": packed", packed, n * 4);
  expect<f64>(load<f64>(sums + lane)).toBe(sum, label + ": column, packed");
  exponentiateColumns(columns, lineBytes, columns, lineBytes, n, width, maxima, table);
  for (let c = 0; c < n; c++) expectSame(label + ": in place", columns + <usize>c * lineBytes, out + <usize>c * lineBytes, width);

  exponentiateRow(p, 0, p, n, at, table, 0);
  expectSame(label + ": in place", p, e, n);
  expectIntact(label, p, n);
}

describe("softmax", () => {
  test("exponentials and their sum, rows and columns alike", () => {
    seed(21);
    for (let i = 0; i < TAILS.length; i++) {
      for (let width = 1; width <= 9; width++) expectExponentials(TAILS[i], width, width == 2 ? 0.4 : 1);
    }
  });

  test("blocks of the sum", () => {
    seed(22);
    expect<i32>(SUM_BLOCK).toBe(4096, "src/run/cuts.ts cuts long rows at multiples of it");
    expectExponentials(SUM_BLOCK, 2, 1);
    expectExponentials(SUM_BLOCK + 1, 1, 1);
    expectExponentials(2 * SUM_BLOCK + 33, 3, 10);
  });

  test("a row in pieces that start at blocks has the sum of the whole", () => {
    seed(23);
    clear();
    const n = 3 * SUM_BLOCK + 7;
    const table = place(<i32>TAU_BYTES >> 2);
    const p = place(n);
    tauConstants(table, 2);
    fill(p, n, -5, 0);
    const m = place(1);
    setFloat(m, 0, 0);
    const spare = place(SUM_BLOCK);
    const whole = exponentiateRow(0, spare, p, n, m, table, 0);
    const part = exponentiateRow(0, spare, p, 2 * SUM_BLOCK, m, table, 0);
    expect<f64>(exponentiateRow(0, spare, p + (2 * SUM_BLOCK << 2), SUM_BLOCK + 7, m, table, part)).toBe(whole);
  });

  test("short rows are exponentiated, then divided by their sums, as one by itself", () => {
    seed(25);
    for (let i = 0; i < TAILS.length; i++) {
      const n = TAILS[i];
      for (let rows = 1; rows <= 5; rows += 2) {
        clear();
        const table = place(<i32>TAU_BYTES >> 2);
        const apart = n + 3;
        const p = place(rows * apart, 1);
        const max = place(rows);
        const out = place(rows * n, 2);
        const alone = place(n);
        tauConstants(table, 0.6);
        fill(p, rows * apart, -20, 3);
        for (let r = 0; r < rows; r++) setFloat(max, r, 3 + <f32>r);
        exponentiateRows(out, p, rows, n, <usize>apart << 2, max, table);
        const label = `${rows} rows of ${n}`;
        for (let r = 0; r < rows; r++) {
          const at = <usize>r << 2;
          exponentiateRow(alone, 0, p + at * apart, n, max + at, table, 0);
          expectSame(label, out + at * n, alone, n);
        }
        expectIntact(label, out, rows * n);
        normalizeRows(out, rows, n);
        for (let r = 0; r < rows; r++) {
          const at = <usize>r << 2;
          const sum = exponentiateRow(alone, 0, p + at * apart, n, max + at, table, 0);
          scaleRow(alone, n, <f32>(1.0 / sum));
          expectSame(label + ", normalized", out + at * n, alone, n);
        }
        expectIntact(label + ", normalized", out, rows * n);
        const line = place(rows * n, 1);
        for (let r = 0; r < rows; r++) memory.copy(line + (<usize>(r * n) << 2), p + (<usize>(r * apart) << 2), <usize>n << 2);
        exponentiateRows(line, line, rows, n, <usize>n << 2, max, table);
        normalizeRows(line, rows, n);
        expectSame(label + ", in place", line, out, rows * n);
        expectIntact(label + ", in place", line, rows * n);
      }
    }
  });

  test("scaling multiplies n values and no more", () => {
    seed(24);
    for (let i = 0; i < TAILS.length; i++) {
      const n = TAILS[i];
      clear();
      const p = place(n);
      const row = place(n + 4, 1);
      const column = place(n * 5, 2);
      fill(p, n, 0, 1);
      memory.copy(row, p, <usize>n << 2);
      for (let c = n; c < n + 4; c++) setFloat(row, c, 1);
      for (let c = 0; c < n * 5; c++) setFloat(column, c, float(p, c / 5));
      scaleRow(row, n, 0.3);
      const factors = place(4);
      v128.store(factors, f32x4(0.3, 0.5, 2, 7));
      scaleColumns(column, n, 20, 3, factors);
      for (let c = 0; c < n; c++) {
        const v = float(p, c);
        expect<f32>(float(row, c)).toBe(v * <f32>0.3);
        expect<f32>(float(column, c * 5)).toBe(v * <f32>0.3);
        expect<f32>(float(column, c * 5 + 1)).toBe(v * 0.5);
        expect<f32>(float(column, c * 5 + 2)).toBe(v * 2);
        expect<f32>(float(column, c * 5 + 3)).toBe(v);
      }
      for (let c = n; c < n + 4; c++) expect<f32>(float(row, c)).toBe(1, "scaleRow behind its row");
      expectIntact("scaleColumns", column, n * 5);
    }
  });
});

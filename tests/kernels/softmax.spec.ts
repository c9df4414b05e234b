import { temper } from "../../assembly/exp";
import {
  exponentiateColumn,
  exponentiateRow,
  exponentiateRows,
  normalizeRows,
  scaleColumn,
  scaleRow,
  STEP_BYTES,
  SUM_BLOCK,
} from "../../assembly/softmax";
import { clear, expectIntact, expectNear, expectSame, float, place, setFloat, untouched } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";
import { EXP } from "./tolerance";

const STEP: i32 = <i32>STEP_BYTES >> 2;

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

/** One row both ways, the column in lane 1 of `lanes`: the exponentials against f64, the sum in its order. */
function expectExponentials(n: i32, lanes: i32, tau: f64): void {
  clear();
  const table = place(12);
  const p = place(n, 1);
  const e = place(n, 2);
  const m: f32 = 3;
  temper(table, tau);
  fill(p, n, -20, 3);
  setFloat(p, n >> 1, m);
  const label = `${n} classes, ${lanes} lanes`;
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

  const line = lanes + 2;
  const columns = place(n * line, 3);
  const out = place(n * line, 1);
  const sums = place(8);
  for (let c = 0; c < n * line; c++) setFloat(columns, c, -1);
  for (let c = 0; c < n; c++) setFloat(columns, c * line + lanes - 1, float(p, c));
  for (let i: usize = 0; i < 32; i += 8) store<f64>(sums + i, 0);
  const lane = <usize>(lanes - 1) << 2;
  store<f64>(sums + 2 * lane, 0.25);
  const step = place(STEP);
  exponentiateColumn(out, sums, step, columns, n, <usize>line << 2, lanes, f32x4.splat(m), table);
  for (let c = 0; c < n; c++) {
    const to = out + (<usize>(c * line) << 2);
    expectSame(label, to + lane, e + (<usize>c << 2), 1);
    if (!untouched(to, lanes)) expect<i32>(c).toBe(-1, label + ": written behind the lanes");
  }
  expectIntact(label, out, n * line);
  expectIntact(label, sums, 8);
  expectIntact(label + ": step", step, STEP);
  expect<f64>(load<f64>(sums + 2 * lane)).toBe(sum, label + ": column");
  for (let i: usize = 0; i < 32; i += 8) store<f64>(sums + i, 0.25);
  exponentiateColumn(0, sums, step, columns, n, <usize>line << 2, lanes, f32x4.splat(m), table);
  expect<f64>(load<f64>(sums + 2 * lane)).toBe(sum, label + ": sum of a column alone");

  exponentiateRow(p, 0, p, n, at, table, 0);
  expectSame(label + ": in place", p, e, n);
  expectIntact(label, p, n);
}

describe("softmax", () => {
  test("exponentials and their sum, rows and columns alike", () => {
    seed(21);
    for (let i = 0; i < TAILS.length; i++) {
      for (let lanes = 1; lanes <= 4; lanes++) expectExponentials(TAILS[i], lanes, lanes == 2 ? 0.4 : 1);
    }
  });

  test("blocks of the sum", () => {
    seed(22);
    expect<i32>(SUM_BLOCK).toBe(4096, "src/work.ts cuts long rows at multiples of it");
    expectExponentials(SUM_BLOCK, 2, 1);
    expectExponentials(SUM_BLOCK + 1, 1, 1);
    expectExponentials(2 * SUM_BLOCK + 33, 3, 10);
  });

  test("a row in pieces that start at blocks has the sum of the whole", () => {
    seed(23);
    clear();
    const n = 3 * SUM_BLOCK + 7;
    const table = place(12);
    const p = place(n);
    temper(table, 2);
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
        const table = place(12);
        const apart = n + 3;
        const p = place(rows * apart, 1);
        const max = place(rows);
        const out = place(rows * n, 2);
        const alone = place(n);
        temper(table, 0.6);
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
      scaleColumn(column, n, 20, 3, f32x4(0.3, 0.5, 2, 7));
      for (let c = 0; c < n; c++) {
        const v = float(p, c);
        expect<f32>(float(row, c)).toBe(v * <f32>0.3);
        expect<f32>(float(column, c * 5)).toBe(v * <f32>0.3);
        expect<f32>(float(column, c * 5 + 1)).toBe(v * 0.5);
        expect<f32>(float(column, c * 5 + 2)).toBe(v * 2);
        expect<f32>(float(column, c * 5 + 3)).toBe(v);
      }
      for (let c = n; c < n + 4; c++) expect<f32>(float(row, c)).toBe(1, "scaleRow behind its row");
      expectIntact("scaleColumn", column, n * 5);
    }
  });
});

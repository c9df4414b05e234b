import { dotColumn, dotRow, POWERS_BYTES, powers, powerSumColumn, powerSumRow } from "../../assembly/dot";
import { SUM_BLOCK } from "../../assembly/softmax";
import { clear, expectIntact, expectNear, expectSame, float, place, setFloat } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";

/** Of a sum in f64, relative to the largest that it can be. */
const EXACT: f64 = 1e-14;

const STEP: i32 = <i32>POWERS_BYTES >> 2;

/** Four sums in f64, `before` each. */
function placeSums(before: f64): usize {
  const sums = place(8);
  for (let i: usize = 0; i < 32; i += 8) store<f64>(sums + i, before);
  return sums;
}

/** <c, e>, <c, 1> and the sum of e^((p - m)*rate) of a row against f64, and as column `lane` the same bits. */
function expectSums(n: i32, lane: i32, rate: f64): void {
  clear();
  const label = `${n} classes, lane ${lane}`;
  const before: f64 = 0.375;
  const c = place(n, 1);
  const e = place(n, 2);
  const p = place(n, 3);
  fill(c, n, -1, 1);
  fill(e, n, 0, 1);
  fill(p, n, -30, 3);
  setFloat(p, n >> 1, reinterpret<f32>(0xff800000));
  let dot = before;
  let ones = before;
  let powers = before;
  for (let k = 0; k < n; k++) {
    dot += <f64>float(c, k) * <f64>float(e, k);
    ones += <f64>float(c, k);
    powers += NativeMath.exp((<f64>float(p, k) - 3.0) * rate);
  }
  const rowDot = dotRow(c, e, n, before);
  const rowOnes = dotRow(c, 0, n, before);
  const step = place(STEP);
  const rowPowers = powerSumRow(step, p, n, f32x4.splat(3), rate, before);
  expectIntact(label + ": step", step, STEP);
  expectNear(label + ": <c, e>", 0, rowDot, dot, EXACT * <f64>n);
  expectNear(label + ": <c, 1>", 0, rowOnes, ones, EXACT * <f64>n);
  expectNear(label + ": powers", 0, rowPowers, powers, EXACT * powers);

  const line = 5;
  const cs = place(n * line, 3);
  const es = place(n * line, 1);
  const ps = place(n * line, 2);
  for (let k = 0; k < n; k++) {
    setFloat(cs, k * line + lane, float(c, k));
    setFloat(es, k * line + lane, float(e, k));
    setFloat(ps, k * line + lane, float(p, k));
  }
  const dots = placeSums(before);
  const sums = placeSums(before);
  const powerSums = placeSums(before);
  dotColumn(dots, cs, es, n, <usize>line << 2);
  dotColumn(sums, cs, 0, n, <usize>line << 2);
  powerSumColumn(powerSums, step, ps, n, <usize>line << 2, f32x4.splat(3), rate);
  const at = <usize>lane << 3;
  expect<f64>(load<f64>(dots + at)).toBe(rowDot, label + ": column");
  expect<f64>(load<f64>(sums + at)).toBe(rowOnes, label + ": column of ones");
  expect<f64>(load<f64>(powerSums + at)).toBe(rowPowers, label + ": column of powers");
  expectIntact(label, dots, 8);
  expectIntact(label, sums, 8);
  expectIntact(label, powerSums, 8);
  expectIntact(label + ": step", step, STEP);
}

describe("dot", () => {
  test("sums of every length, rows and columns alike", () => {
    seed(61);
    for (let i = 0; i < TAILS.length; i++) {
      for (let lane = 0; lane < 4; lane++) expectSums(TAILS[i], lane, lane == 1 ? 0.1 : 1);
    }
  });

  test("blocks of the sum", () => {
    seed(62);
    expectSums(SUM_BLOCK, 0, 1);
    expectSums(SUM_BLOCK + 1, 1, 1);
    expectSums(2 * SUM_BLOCK + 3, 2, 0.1);
  });

  test("a row in pieces that start at blocks has the sums of the whole", () => {
    seed(63);
    clear();
    const n = 3 * SUM_BLOCK + 5;
    const c = place(n);
    const e = place(n);
    fill(c, n, -1, 1);
    fill(e, n, -5, 1);
    const at = 2 * SUM_BLOCK << 2;
    const part = dotRow(c, e, 2 * SUM_BLOCK, 0);
    expect<f64>(dotRow(c + at, e + at, SUM_BLOCK + 5, part)).toBe(dotRow(c, e, n, 0));
    const step = place(STEP);
    const m = f32x4.splat(1);
    const whole = powerSumRow(step, e, n, m, 0.5, 0);
    const first = powerSumRow(step, e, 2 * SUM_BLOCK, m, 0.5, 0);
    expect<f64>(powerSumRow(step, e + at, SUM_BLOCK + 5, m, 0.5, first)).toBe(whole);
  });

  test("powers of vectors that lie apart, 0 behind the last value", () => {
    seed(64);
    for (let n = 1; n <= 32; n++) {
      clear();
      const apart = 28;
      const vectors = (n + 3) >> 2;
      const p = place(vectors * 7, 1);
      const packed = place(n);
      const to = place(vectors * 8);
      const side = place(vectors * 8);
      fill(p, vectors * 7, -30, 2);
      for (let i = 0; i < n; i++) setFloat(packed, i, float(p, (i >> 2) * 7 + (i & 3)));
      const m = f32x4(2, 3, 4, 5);
      powers(to, p, apart, n, m, 0.7);
      powers(side, packed, 16, n, m, 0.7);
      for (let i = 0; i < vectors * 4; i++) {
        const exact = i < n ? NativeMath.exp((<f64>float(packed, i) - <f64>(2 + (i & 3))) * 0.7) : 0;
        expectNear(`${n} powers`, i, load<f64>(to + (<usize>i << 3)), exact, EXACT * exact);
      }
      expectSame("side by side", side, to, vectors * 8);
      expectIntact("powers", to, vectors * 8);
    }
  });

  test("terms are not rounded to f32", () => {
    clear();
    const c = place(4);
    const e = place(4);
    v128.store(c, f32x4(1, -1, 0, 0));
    v128.store(e, f32x4(1, 1, 0, 0));
    setFloat(c, 0, reinterpret<f32>(0x3f800001));
    setFloat(e, 0, reinterpret<f32>(0x3f800001));
    const ulp: f64 = 1.1920928955078125e-7; // 2^-23
    expect<f64>(dotRow(c, e, 2, 0)).toBe(2.0 * ulp + ulp * ulp);
  });
});

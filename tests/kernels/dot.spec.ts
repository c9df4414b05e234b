import { dotColumn, dotRow, dotRowsInF32, isSpoiled, LARGEST, suitsF32 } from "../../assembly/stages/dot";
import {
  powers,
  POWERS_BYTES,
  powerSumColumn,
  powerSumRow,
  totalColumn,
  totalRow,
} from "../../assembly/stages/sums-in-f64";
import { SUM_BLOCK } from "../../src/kernels/abi";
import { bits, clear, expectIntact, expectNear, expectSame, float, int, place, setFloat } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";
import { GRADIENT } from "./tolerance";

/** Of a sum in f64, relative to the largest that it can be. */
const EXACT: f64 = 1e-14;
const SUBNORMAL: f64 = 1.401298464324817e-45; // 2^-149

const STEP: i32 = <i32>POWERS_BYTES >> 2;

/** Four sums in f64, `before` each, and behind them four u32, 0. */
function placeSums(before: f64): usize {
  const sums = place(12);
  for (let i: usize = 0; i < 32; i += 8) store<f64>(sums + i, before);
  memory.fill(sums + 32, 0, 16);
  return sums;
}

/** A row's dot and its largest |c|, `before` and 0. */
function placeDot(before: f64): usize {
  const dot = place(4);
  memory.fill(dot, 0, 16);
  store<f64>(dot, before);
  return dot;
}

/** <c, y> in the order that the header of dot.ts states, its products in f32. */
function orderedDot(c: usize, y: usize, n: i32, total: f64): f64 {
  for (let block = 0; block < n; block += SUM_BLOCK) {
    const sums = new StaticArray<f64>(4);
    for (let k = block; k < min(n, block + SUM_BLOCK); k += 16) {
      for (let j = k; j < k + 4; j++) {
        const s: f32 =
          product(c, y, j, n) + product(c, y, j + 4, n) + (product(c, y, j + 8, n) + product(c, y, j + 12, n));
        sums[j - k] += <f64>s;
      }
    }
    total += sums[0] + sums[2] + (sums[1] + sums[3]);
  }
  return total;
}

function product(c: usize, y: usize, i: i32, n: i32): f32 {
  return i < n ? float(c, i) * float(y, i) : 0;
}

/** <c, y> of a row against f64 and in its order, as column `lane` and in a batch the same bits; `size` is the largest |c|. */
function expectDot(n: i32, lane: i32, size: f64): void {
  clear();
  const label = `${n} classes, lane ${lane}, cotangents up to ${size}`;
  const c = place(n, 1);
  const y = place(n, 2);
  fill(c, n, -size, size);
  fill(y, n, 0, 2.0 / <f64>n);
  let exact: f64 = 0;
  let largest: f32 = 0;
  for (let k = 0; k < n; k++) {
    exact += <f64>float(c, k) * <f64>float(y, k);
    largest = max(largest, abs(float(c, k)));
  }
  const dot = placeDot(0);
  dotRow(dot, c, y, n);
  const got = load<f64>(dot);
  expectNear(label, 0, got, exact, 0.5 * GRADIENT * size + SUBNORMAL);
  expect<u32>(load<u32>(dot, LARGEST)).toBe(reinterpret<u32>(largest) << 1, label + ": largest");
  const inF32 = suitsF32(load<u32>(dot, LARGEST));
  if (n <= SUM_BLOCK) expect<bool>(inF32).toBe(largest >= 8.077935669463161e-28 && largest < 1152921504606846976, label);
  if (inF32) expect<f64>(got).toBe(orderedDot(c, y, n, 0), label + ": order");
  expectIntact(label, dot, 4);

  const line = 5;
  const cs = place(n * line, 3);
  const ys = place(n * line, 1);
  for (let k = 0; k < n * line; k++) {
    setFloat(cs, k, NaN);
    setFloat(ys, k, NaN);
  }
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= lane; i++) {
      setFloat(cs, k * line + i, i == lane ? float(c, k) : 1);
      setFloat(ys, k * line + i, i == lane ? float(y, k) : 1);
    }
  }
  const dots = placeSums(0);
  const step = place(STEP);
  dotColumn(dots, dots + 32, step, cs, ys, n, <usize>line << 2, lane + 1);
  expect<f64>(load<f64>(dots + (<usize>lane << 3))).toBe(got, label + ": column");
  expect<u32>(bits(dots, 8 + lane)).toBe(load<u32>(dot, LARGEST), label + ": largest of a column");
  expectIntact(label, dots, 12);
  expectIntact(label + ": step", step, STEP);

  if (n > SUM_BLOCK) return;
  const batch = place(3);
  const cb = place(n * 3);
  const yb = place(n * 3);
  for (let row: usize = 0; row < 3; row++) {
    memory.copy(cb + row * (<usize>n << 2), c, <usize>n << 2);
    memory.copy(yb + row * (<usize>n << 2), y, <usize>n << 2);
  }
  // A batch may turn out unfit for f32 where each row by itself is not, never the other way round.
  const fit = dotRowsInF32(batch, cb, yb, 3, n);
  expect<bool>(fit && !inF32).toBe(false, label + ": a batch");
  if (fit) for (let row = 0; row < 3; row++) expect<f32>(float(batch, row)).toBe(<f32>got, label + ": a batch");
  if (size == 1) expect<bool>(fit).toBe(true, label + ": a batch");
  expectIntact(label, batch, 3);
}

/** <c, 1> and the sum of e^((p - m)*rate) of a row against f64, and as column `lane` the same bits. */
function expectSums(n: i32, lane: i32, rate: f64): void {
  clear();
  const label = `${n} classes, lane ${lane}`;
  const before: f64 = 0.375;
  const c = place(n, 1);
  const p = place(n, 3);
  fill(c, n, -1, 1);
  fill(p, n, -30, 3);
  setFloat(p, n >> 1, reinterpret<f32>(0xff800000));
  let ones = before;
  let powers = before;
  for (let k = 0; k < n; k++) {
    ones += <f64>float(c, k);
    powers += NativeMath.exp((<f64>float(p, k) - 3.0) * rate);
  }
  const rowOnes = totalRow(c, n, before);
  const step = place(STEP);
  const rowPowers = powerSumRow(step, p, n, f32x4.splat(3), rate, before);
  expectIntact(label + ": step", step, STEP);
  expectNear(label + ": <c, 1>", 0, rowOnes, ones, EXACT * <f64>n);
  expectNear(label + ": powers", 0, rowPowers, powers, EXACT * powers);

  const line = 5;
  const cs = place(n * line, 3);
  const ps = place(n * line, 2);
  for (let k = 0; k < n; k++) {
    setFloat(cs, k * line + lane, float(c, k));
    setFloat(ps, k * line + lane, float(p, k));
  }
  const sums = placeSums(before);
  const powerSums = placeSums(before);
  totalColumn(sums, cs, n, <usize>line << 2);
  powerSumColumn(powerSums, step, ps, n, <usize>line << 2, f32x4.splat(3), rate);
  const at = <usize>lane << 3;
  expect<f64>(load<f64>(sums + at)).toBe(rowOnes, label + ": column of ones");
  expect<f64>(load<f64>(powerSums + at)).toBe(rowPowers, label + ": column of powers");
  expectIntact(label, sums, 12);
  expectIntact(label, powerSums, 12);
  expectIntact(label + ": step", step, STEP);
}

describe("dot", () => {
  test("<c, y> of every length and size, rows, columns and batches alike", () => {
    seed(60);
    for (let i = 0; i < TAILS.length; i++) {
      for (let lane = 0; lane < 4; lane++) {
        expectDot(TAILS[i], lane, 1);
        expectDot(TAILS[i], lane, lane & 1 ? 1e-27 : 1.3e18);
        expectDot(TAILS[i], lane, lane & 1 ? 1e-40 : 3e38);
      }
    }
    expectDot(SUM_BLOCK, 1, 1);
    expectDot(SUM_BLOCK + 1, 0, 1);
    expectDot(2 * SUM_BLOCK + 3, 2, 1e-30);
    expectDot(2 * SUM_BLOCK + 3, 3, 1);
  });

  test("blocks choose for themselves: a tiny one beside a large one", () => {
    seed(65);
    clear();
    const n = 2 * SUM_BLOCK;
    const c = place(n);
    const y = place(n);
    fill(c, n, -1e-35, 1e-35);
    fill(c + (SUM_BLOCK << 2), SUM_BLOCK, -1, 1);
    fill(y, n, 0, 1e-4);
    const dot = placeDot(0);
    dotRow(dot, c, y, SUM_BLOCK);
    let exact: f64 = 0;
    for (let k = 0; k < SUM_BLOCK; k++) exact += <f64>float(c, k) * <f64>float(y, k);
    expectNear("tiny", 0, load<f64>(dot), exact, 1e-12 * 1e-35);
    expect<bool>(suitsF32(load<u32>(dot, LARGEST))).toBe(false);
    dotRow(dot, c + (SUM_BLOCK << 2), y + (SUM_BLOCK << 2), SUM_BLOCK);
    expect<bool>(suitsF32(load<u32>(dot, LARGEST))).toBe(true);
  });

  test("a NaN or an Infinity anywhere is seen, of either sign, and the largest finite number is not one", () => {
    for (let i = 0; i < TAILS.length; i++) {
      const n = TAILS[i];
      for (let k = 0; k < n; k += n > 40 ? 37 : 1) {
        for (let kind = 0; kind < 4; kind++) {
          clear();
          const c = place(n, 1);
          const y = place(n, 2);
          fill(c, n, -1, 1);
          fill(y, n, 0, 1);
          const value: u32 = kind == 0 ? 0x7fc00001 : kind == 1 ? 0xff800000 : kind == 2 ? 0x7f800000 : 0xff7fffff;
          store<u32>(c + (<usize>k << 2), value);
          setFloat(y, k, 0);
          const dot = placeDot(0);
          dotRow(dot, c, y, n);
          const label = `${n} classes, element ${k}, kind ${kind}`;
          expect<bool>(isSpoiled(load<u32>(dot, LARGEST))).toBe(kind < 3, label);
          expect<bool>(isFinite(totalRow(c, n, 0))).toBe(kind == 3, label);
          const batch = place(1);
          expect<bool>(dotRowsInF32(batch, c, y, 1, n)).toBe(false, label);
        }
      }
    }
  });

  test("a row of zeros goes in f32", () => {
    clear();
    const c = place(20);
    const y = place(20);
    fill(y, 20, 0, 1);
    memory.fill(c, 0, 80);
    for (let i = 1; i < 20; i += 3) setFloat(c, i, -0.0);
    const batch = place(2);
    expect<bool>(dotRowsInF32(batch, c, y, 2, 10)).toBe(true);
    expect<i32>(int(batch, 0)).toBe(0);
    expect<i32>(int(batch, 1)).toBe(0);
  });

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
    const pieces = placeDot(0);
    const whole = placeDot(0);
    dotRow(whole, c, e, n);
    dotRow(pieces, c, e, 2 * SUM_BLOCK);
    dotRow(pieces, c + at, e + at, SUM_BLOCK + 5);
    expectSame("<c, y>", pieces, whole, 4);
    const part = totalRow(c, 2 * SUM_BLOCK, 0);
    expect<f64>(totalRow(c + at, SUM_BLOCK + 5, part)).toBe(totalRow(c, n, 0));
    const step = place(STEP);
    const m = f32x4.splat(1);
    const all = powerSumRow(step, e, n, m, 0.5, 0);
    const first = powerSumRow(step, e, 2 * SUM_BLOCK, m, 0.5, 0);
    expect<f64>(powerSumRow(step, e + at, SUM_BLOCK + 5, m, 0.5, first)).toBe(all);
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
});

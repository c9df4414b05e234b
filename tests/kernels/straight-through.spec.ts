import {
  dotColumn,
  dotRow,
  gradientColumn,
  gradientRow,
  logGradientColumn,
  logGradientRow,
} from "../../assembly/straight-through";
import { SUM_BLOCK } from "../../assembly/softmax";
import { clear, expectIntact, expectNear, expectSame, float, place, SENTINEL, setFloat } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";
import { GRADIENT, LOG_GRADIENT } from "./tolerance";

const EXACT: f64 = 1e-14; // of a sum of products in f64, relative to its terms

/** Both gradients of one row against f64, and as column `lanes - 1` of a few the same bits. */
function expectGradients(n: i32, lanes: i32, tau: f64, size: f64): void {
  clear();
  const label = `${n} classes, ${lanes} lanes, cotangents up to ${size}`;
  const c = place(n, 1);
  const e = place(n, 2);
  fill(c, n, -size, size);
  fill(e, n, 0, 1);
  setFloat(e, n >> 1, 1);
  const sum = exactDot(0, e, n);
  const exact = exactDot(c, e, n);
  const ones = exactDot(c, 0, n);
  const dot = dotRow(c, e, n, 0);
  const dotOnes = dotRow(c, 0, n, 0);
  expectNear(label + ": <c, e>", 0, dot, exact, EXACT * size * <f64>n);
  expectNear(label + ": <c, 1>", 0, dotOnes, ones, EXACT * size * <f64>n);

  const soft = place(n, 3);
  const logs = place(n, 1);
  memory.copy(soft, e, <usize>n << 2);
  memory.copy(logs, e, <usize>n << 2);
  gradientRow(soft, c, n, dot / sum, 1.0 / (sum * tau));
  logGradientRow(logs, c, n, dotOnes / sum, 1.0 / tau);
  for (let k = 0; k < n; k++) {
    const y = <f64>float(e, k) / sum;
    const dz = (y * (<f64>float(c, k) - exact / sum)) / tau;
    const dl = (<f64>float(c, k) - y * ones) / tau;
    expectNear(label, k, <f64>float(soft, k), dz, (GRADIENT * size) / tau);
    expectNear(label + ": log", k, <f64>float(logs, k), dl, (LOG_GRADIENT * (size + abs(ones))) / tau);
  }
  expectIntact(label, soft, n);
  expectIntact(label, logs, n);

  const line = lanes + 2;
  const lane = lanes - 1;
  const lineBytes = <usize>line << 2;
  const cs = place(n * line, 3);
  const es = place(n * line, 1);
  const ls = place(n * line, 2);
  const dots = place(8);
  const sums = place(8);
  for (let i: usize = 0; i < 32; i += 8) store<f64>(dots + i, 0);
  for (let i: usize = 0; i < 32; i += 8) store<f64>(sums + i, 0);
  for (let k = 0; k < n; k++) {
    setFloat(cs, k * line + lane, float(c, k));
    setFloat(es, k * line + lane, float(e, k));
    setFloat(ls, k * line + lane, float(e, k));
  }
  dotColumn(dots, cs, es, n, lineBytes);
  dotColumn(sums, cs, 0, n, lineBytes);
  expect<f64>(load<f64>(dots + (<usize>lane << 3))).toBe(dot, label + ": column");
  expect<f64>(load<f64>(sums + (<usize>lane << 3))).toBe(dotOnes, label + ": column of ones");
  expectIntact(label, dots, 8);
  const mean = f64x2.splat(dot / sum);
  const rate = f64x2.splat(1.0 / (sum * tau));
  const share = f64x2.splat(dotOnes / sum);
  gradientColumn(es, cs, n, lineBytes, lanes, mean, mean, rate, rate);
  logGradientColumn(ls, cs, n, lineBytes, lanes, share, share, 1.0 / tau);
  for (let k = 0; k < n; k++) {
    const at = <usize>(k * line + lane) << 2;
    expectSame(label + ": column", es + at, soft + (<usize>k << 2), 1);
    expectSame(label + ": log, column", ls + at, logs + (<usize>k << 2), 1);
    for (let i: usize = 4; i <= 8; i += 4) {
      if (load<u32>(es + at + i) != SENTINEL) expect<u32>(load<u32>(es + at + i)).toBe(SENTINEL, label);
      if (load<u32>(ls + at + i) != SENTINEL) expect<u32>(load<u32>(ls + at + i)).toBe(SENTINEL, label);
    }
  }
  expectIntact(label, es, n * line);
  expectIntact(label, ls, n * line);
}

function exactDot(c: usize, e: usize, n: i32): f64 {
  let sum: f64 = 0;
  for (let k = 0; k < n; k++) sum += (c ? <f64>float(c, k) : 1.0) * (e ? <f64>float(e, k) : 1.0);
  return sum;
}

describe("straight-through", () => {
  test("gradients of every length, rows and columns alike", () => {
    seed(31);
    for (let i = 0; i < TAILS.length; i++) {
      for (let lanes = 1; lanes <= 4; lanes++) {
        expectGradients(TAILS[i], lanes, 1, 1);
        expectGradients(TAILS[i], lanes, 0.01, 100);
      }
    }
  });

  test("blocks of the sum", () => {
    seed(32);
    expectGradients(SUM_BLOCK, 1, 1, 1);
    expectGradients(2 * SUM_BLOCK + 3, 2, 3, 1);
  });

  test("a row in pieces that start at blocks has the <c, e> of the whole", () => {
    seed(33);
    clear();
    const n = 3 * SUM_BLOCK + 5;
    const c = place(n);
    const e = place(n);
    fill(c, n, -1, 1);
    fill(e, n, 0, 1);
    const at = 2 * SUM_BLOCK << 2;
    const part = dotRow(c, e, 2 * SUM_BLOCK, 0);
    expect<f64>(dotRow(c + at, e + at, SUM_BLOCK + 5, part)).toBe(dotRow(c, e, n, 0));
  });

  test("no finite cotangent leaves a NaN, and f32 overflows only where the product does", () => {
    clear();
    const big = reinterpret<f32>(0x7f7fffff);
    const c = place(4);
    const out = place(4);
    v128.store(c, f32x4(big, -big, big, big));
    v128.store(out, f32x4(0, 1, 1e-30, 0.5));
    gradientRow(out, c, 4, -<f64>big, 1);
    expect<f32>(float(out, 0)).toBe(0);
    expect<f32>(float(out, 1)).toBe(0);
    expectNear("e = 1e-30", 2, <f64>float(out, 2), 2e-30 * <f64>big, GRADIENT * 1e-30 * <f64>big);
    expect<f32>(float(out, 3)).toBe(big, "(big - -big) * 0.5");
  });

  test("a row of 1/tau = 1e300 keeps its zeros", () => {
    clear();
    const c = place(4);
    const out = place(4);
    v128.store(c, f32x4(1, 2, 0, 0));
    v128.store(out, f32x4(1, 0, 0, 0));
    gradientRow(out, c, 2, 1, 1e300);
    expect<f32>(float(out, 0)).toBe(0);
    expect<f32>(float(out, 1)).toBe(0);
  });
});

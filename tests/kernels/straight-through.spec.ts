import { gradientColumn, gradientRow } from "../../assembly/straight-through";
import { clear, expectIntact, expectNear, expectSame, float, place, setFloat, untouched } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";
import { GRADIENT, ROUNDING } from "./tolerance";

/** y*(c - <c, y>)/tau of one row against f64, and as column `lanes - 1` of a few the same bits. */
function expectGradient(n: i32, lanes: i32, tau: f64, size: f64): void {
  clear();
  const label = `${n} classes, ${lanes} lanes, cotangents up to ${size}`;
  const c = place(n, 1);
  const e = place(n, 2);
  const out = place(n, 3);
  fill(c, n, -size, size);
  fill(e, n, 0, 1);
  setFloat(e, n >> 1, 1);
  memory.copy(out, e, <usize>n << 2);
  let sum: f64 = 0;
  let dot: f64 = 0;
  for (let k = 0; k < n; k++) {
    sum += <f64>float(e, k);
    dot += <f64>float(e, k) * <f64>float(c, k);
  }
  gradientRow(out, c, n, dot / sum, 1.0 / (sum * tau));
  for (let k = 0; k < n; k++) {
    const dz = ((<f64>float(e, k) / sum) * (<f64>float(c, k) - dot / sum)) / tau;
    expectNear(label, k, <f64>float(out, k), dz, (1e-3 * GRADIENT * size) / tau + ROUNDING * abs(dz));
  }
  expectIntact(label, out, n);

  const line = lanes + 2;
  const lane = lanes - 1;
  const cs = place(n * line, 3);
  const es = place(n * line, 1);
  for (let k = 0; k < n; k++) {
    setFloat(cs, k * line + lane, float(c, k));
    setFloat(es, k * line + lane, float(e, k));
  }
  const mean = f64x2.splat(dot / sum);
  const rate = f64x2.splat(1.0 / (sum * tau));
  gradientColumn(es, cs, n, <usize>line << 2, lanes, mean, mean, rate, rate);
  for (let k = 0; k < n; k++) {
    const at = es + (<usize>(k * line + lane) << 2);
    expectSame(label + ": column", at, out + (<usize>k << 2), 1);
    if (!untouched(at, 1) || !untouched(at, 2)) expect<i32>(k).toBe(-1, label + ": written behind the lanes");
  }
  expectIntact(label, es, n * line);
}

describe("straight-through", () => {
  test("gradients of every length, rows and columns alike", () => {
    seed(31);
    for (let i = 0; i < TAILS.length; i++) {
      for (let lanes = 1; lanes <= 4; lanes++) {
        expectGradient(TAILS[i], lanes, 1, 1);
        expectGradient(TAILS[i], lanes, 0.01, 100);
      }
    }
  });

  test("each lane of a column has its own <c, y> and rate", () => {
    clear();
    const e = place(4);
    const c = place(4);
    v128.store(e, f32x4.splat(1));
    v128.store(c, f32x4(10, 10, 10, 10));
    gradientColumn(e, c, 1, 16, 4, f64x2(1, 2), f64x2(3, 4), f64x2(1, 2), f64x2(4, 8));
    expect<f32>(float(e, 0)).toBe(9);
    expect<f32>(float(e, 1)).toBe(16);
    expect<f32>(float(e, 2)).toBe(28);
    expect<f32>(float(e, 3)).toBe(48);
  });

  test("no finite cotangent leaves a NaN, and f32 overflows only where the product does", () => {
    clear();
    const c = place(4);
    const out = place(4);
    const big = f32.MAX_VALUE;
    v128.store(c, f32x4(big, -big, big, big));
    v128.store(out, f32x4(0, 1, 1e-30, 0.5));
    gradientRow(out, c, 4, -<f64>big, 1);
    expect<f32>(float(out, 0)).toBe(0);
    expect<f32>(float(out, 1)).toBe(0);
    expectNear("e = 1e-30", 2, <f64>float(out, 2), 2e-30 * <f64>big, GRADIENT * 1e-30 * <f64>big);
    expect<f32>(float(out, 3)).toBe(big, "(big - -big) * 0.5");
  });

  test("a rate of 1e300 keeps zeros", () => {
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

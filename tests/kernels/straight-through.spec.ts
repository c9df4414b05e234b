import { gradient } from "../../assembly/straight-through";
import { bits, clear, expectIntact, expectNear, expectSame, float, place, setFloat, untouched } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";
import { GRADIENT, ROUNDING } from "./tolerance";

const SUBNORMAL: f64 = 1.401298464324817e-45; // 2^-149

/** y*(c - <c, y>)/tau of one row against f64, and as column `lanes - 1` of a few the same bits. */
function expectGradient(n: i32, lanes: i32, tau: f64, size: f64): void {
  clear();
  const label = `${n} classes, ${lanes} lanes, cotangents up to ${size}`;
  const c = place(n, 1);
  const y = place(n, 2);
  const out = place(n, 3);
  fill(c, n, -size, size);
  fill(y, n, 0, 2.0 / <f64>n);
  let dot: f64 = 0;
  for (let k = 0; k < n; k++) dot += <f64>float(y, k) * <f64>float(c, k);
  const dots = f64x2.splat(dot);
  gradient(out, y, c, n, 16, 4, dots, dots, 1.0 / tau);
  for (let k = 0; k < n; k++) {
    const dz = (<f64>float(y, k) * (<f64>float(c, k) - dot)) / tau;
    expectNear(label, k, <f64>float(out, k), dz, ROUNDING * abs(dz) + SUBNORMAL);
  }
  expectIntact(label, out, n);

  const line = lanes + 2;
  const lane = lanes - 1;
  const cs = place(n * line, 3);
  const ys = place(n * line, 1);
  for (let k = 0; k < n; k++) {
    setFloat(cs, k * line + lane, float(c, k));
    setFloat(ys, k * line + lane, float(y, k));
  }
  gradient(ys, ys, cs, n * lanes, <usize>line << 2, lanes, dots, dots, 1.0 / tau);
  for (let k = 0; k < n; k++) {
    const at = ys + (<usize>(k * line + lane) << 2);
    expectSame(label + ": column", at, out + (<usize>k << 2), 1);
    if (!untouched(at, 1) || !untouched(at, 2)) expect<i32>(k).toBe(-1, label + ": written behind the lanes");
  }
  expectIntact(label, ys, n * line);
  gradient(y, y, c, n, 16, 4, dots, dots, 1.0 / tau);
  expectSame(label + ": in place", y, out, n);
  expectIntact(label, y, n);
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

  test("each lane of a column has its own <c, y>", () => {
    clear();
    const y = place(4);
    const c = place(4);
    v128.store(y, f32x4(1, 2, 4, 8));
    v128.store(c, f32x4(10, 10, 10, 10));
    gradient(y, y, c, 4, 16, 4, f64x2(1, 2), f64x2(3, 4), 0.5);
    expect<f32>(float(y, 0)).toBe(4.5);
    expect<f32>(float(y, 1)).toBe(8);
    expect<f32>(float(y, 2)).toBe(14);
    expect<f32>(float(y, 3)).toBe(24);
  });

  test("no finite cotangent leaves a NaN, and f32 overflows only where the product does", () => {
    clear();
    const c = place(4);
    const y = place(4);
    const big = f32.MAX_VALUE;
    v128.store(c, f32x4(big, -big, big, big));
    v128.store(y, f32x4(0, 1, 1e-30, 0.5));
    const dot = f64x2.splat(-<f64>big);
    gradient(y, y, c, 4, 16, 4, dot, dot, 1);
    expect<f32>(float(y, 0)).toBe(0);
    expect<f32>(float(y, 1)).toBe(0);
    expectNear("y = 1e-30", 2, <f64>float(y, 2), 2e-30 * <f64>big, GRADIENT * 1e-30 * <f64>big);
    expect<f32>(float(y, 3)).toBe(big, "(big - -big) * 0.5");
  });

  test("a rate of 1e300 keeps zeros, and none of them is negative", () => {
    clear();
    const c = place(4);
    const y = place(4);
    v128.store(c, f32x4(1, 2, -2, 0));
    v128.store(y, f32x4(1, 0, 0, 0));
    const dot = f64x2.splat(1);
    gradient(y, y, c, 4, 16, 4, dot, dot, 1e300);
    for (let i = 0; i < 4; i++) expect<u32>(bits(y, i)).toBe(0);
  });
});

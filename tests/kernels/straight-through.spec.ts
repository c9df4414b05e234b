import { gradientInF32, gradientInF64, gradientRowsInF32 } from "../../assembly/stages/soft-gradient";
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
  const dots4 = f32x4.splat(<f32>dot);
  const none = i32x4.splat(0);
  const all = i32x4.splat(-1);
  const inF32 = place(n);
  gradientInF64(out, y, c, n, 16, 4, dots, dots, 1.0 / tau, none);
  gradientInF32(inF32, y, c, n, 16, 4, dots4, <f32>(1.0 / tau));
  for (let k = 0; k < n; k++) {
    const dz = (<f64>float(y, k) * (<f64>float(c, k) - dot)) / tau;
    expectNear(label, k, <f64>float(out, k), dz, ROUNDING * abs(dz) + SUBNORMAL);
    expectNear(label + " in f32", k, <f64>float(inF32, k), dz, (GRADIENT / 4.0) * size / tau);
  }
  expectIntact(label, out, n);
  expectIntact(label + " in f32", inF32, n);
  const other = place(n);
  gradientInF64(other, y, c, n, 16, 4, dots, dots, 1.0 / tau, all);
  expectSame(label + ": lanes that suit f32", other, inF32, n);
  const rows = place(3 * n);
  const rowDots = place(3);
  const cs3 = place(3 * n);
  const ys3 = place(3 * n);
  for (let row: usize = 0; row < 3; row++) {
    setFloat(rowDots, <i32>row, <f32>dot);
    memory.copy(cs3 + row * (<usize>n << 2), c, <usize>n << 2);
    memory.copy(ys3 + row * (<usize>n << 2), y, <usize>n << 2);
  }
  gradientRowsInF32(rows, ys3, cs3, 3, n, rowDots, <f32>(1.0 / tau));
  gradientRowsInF32(ys3, ys3, cs3, 3, n, rowDots, <f32>(1.0 / tau));
  for (let row: usize = 0; row < 3; row++) expectSame(label + ": rows", rows + row * (<usize>n << 2), inF32, n);
  expectSame(label + ": rows in place", ys3, rows, 3 * n);
  expectIntact(label + ": rows", rows, 3 * n);

  const line = lanes + 2;
  const lane = lanes - 1;
  const cs = place(n * line, 3);
  const ys = place(n * line, 1);
  for (let k = 0; k < n; k++) {
    setFloat(cs, k * line + lane, float(c, k));
    setFloat(ys, k * line + lane, float(y, k));
  }
  const yf = place(n * line, 1);
  memory.copy(yf, ys, <usize>(n * line) << 2);
  gradientInF32(yf, yf, cs, n * lanes, <usize>line << 2, lanes, dots4, <f32>(1.0 / tau));
  gradientInF64(ys, ys, cs, n * lanes, <usize>line << 2, lanes, dots, dots, 1.0 / tau, none);
  for (let k = 0; k < n; k++) {
    const at = ys + (<usize>(k * line + lane) << 2);
    expectSame(label + ": column", at, out + (<usize>k << 2), 1);
    expectSame(label + ": column in f32", yf + (<usize>(k * line + lane) << 2), inF32 + (<usize>k << 2), 1);
    if (!untouched(at, 1) || !untouched(at, 2)) expect<i32>(k).toBe(-1, label + ": written behind the lanes");
  }
  expectIntact(label, ys, n * line);
  expectIntact(label + " in f32", yf, n * line);
  gradientInF64(y, y, c, n, 16, 4, dots, dots, 1.0 / tau, none);
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
    gradientInF64(y, y, c, 4, 16, 4, f64x2(1, 2), f64x2(3, 4), 0.5, i32x4(0, -1, 0, -1));
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
    gradientInF64(y, y, c, 4, 16, 4, dot, dot, 1, i32x4.splat(0));
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
    gradientInF64(y, y, c, 4, 16, 4, dot, dot, 1e300, i32x4.splat(0));
    for (let i = 0; i < 4; i++) expect<u32>(bits(y, i)).toBe(0);
  });
});

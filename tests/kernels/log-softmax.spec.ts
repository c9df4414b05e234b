import { affine } from "../../assembly/stages/affine";
import { logGradient } from "../../assembly/stages/log-softmax";
import { POWERS_BYTES } from "../../assembly/stages/sums-in-f64";
import { clear, expectIntact, expectNear, expectSame, float, place, setFloat, untouched } from "./memory";
import { fill, seed } from "./random";
import { TAILS } from "./reference";
import { GRADIENT, ROUNDING } from "./tolerance";

const STEP: i32 = <i32>POWERS_BYTES >> 2;

/** (p - shift)*factor - rest, rounded once, as a row and as a column of `lanes`. */
function expectAffine(n: i32, lanes: i32, shift: f64, factor: f64, rest: f64): void {
  clear();
  const line = lanes + 1;
  const p = place(n, 1);
  const out = place(n, 2);
  const columns = place(n * line, 3);
  fill(p, n, -20, 20);
  for (let c = 0; c < n; c++) for (let r = 0; r < line; r++) setFloat(columns, c * line + r, float(p, c));
  const s = f32x4.splat(<f32>shift);
  const r = f64x2.splat(rest);
  affine(out, p, n, 16, 4, s, factor, r, r);
  affine(columns, columns, n * lanes, <usize>line << 2, lanes, s, factor, r, r);
  for (let c = 0; c < n; c++) {
    const exact = <f32>((<f64>float(p, c) - shift) * factor - rest);
    if (float(out, c) != exact) expect<f32>(float(out, c)).toBe(exact, `affine, class ${c} of ${n}`);
    const at = columns + (<usize>(c * line) << 2);
    for (let i = 0; i < lanes; i++) expectSame("affine, columns", at + (<usize>i << 2), out + (<usize>c << 2), 1);
    expectSame("affine behind the lanes", at + (<usize>lanes << 2), p + (<usize>c << 2), 1);
  }
  expectIntact("affine", out, n);
}

/** (c - share*e^((p - m)*rate))*rate of a row against f64, and as column `lanes - 1` of a few the same bits. */
function expectGradient(n: i32, lanes: i32, rate: f64, share: f64): void {
  clear();
  const label = `${n} classes, ${lanes} lanes, rate ${rate}`;
  const m: f32 = 4;
  const p = place(n, 1);
  const c = place(n, 2);
  const out = place(n, 3);
  fill(p, n, -20, 4);
  fill(c, n, -1, 1);
  setFloat(p, n >> 1, m);
  if (n > 1) setFloat(p, 0, reinterpret<f32>(0xff800000));
  const step = place(STEP);
  const shares = f64x2.splat(share);
  const shift = f32x4.splat(m);
  logGradient(out, step, p, c, n, 16, 4, shift, rate, shares, shares);
  for (let k = 0; k < n; k++) {
    const exact = (<f64>float(c, k) - share * NativeMath.exp((<f64>float(p, k) - 4.0) * rate)) * rate;
    expectNear(label, k, <f64>float(out, k), exact, 1e-3 * GRADIENT * rate + ROUNDING * abs(exact));
  }
  expectIntact(label, out, n);

  const line = lanes + 2;
  const lane = lanes - 1;
  const ps = place(n * line, 1);
  const cs = place(n * line, 3);
  for (let k = 0; k < n; k++) {
    setFloat(ps, k * line + lane, float(p, k));
    setFloat(cs, k * line + lane, float(c, k));
  }
  logGradient(ps, step, ps, cs, n * lanes, <usize>line << 2, lanes, shift, rate, shares, shares);
  for (let k = 0; k < n; k++) {
    const at = ps + (<usize>(k * line + lane) << 2);
    expectSame(label + ": column", at, out + (<usize>k << 2), 1);
    if (!untouched(at, 1) || !untouched(at, 2)) expect<i32>(k).toBe(-1, label + ": written behind the lanes");
  }
  expectIntact(label, ps, n * line);
  logGradient(p, step, p, c, n, 16, 4, shift, rate, shares, shares);
  expectIntact(label + ": step", step, STEP);
  expectSame(label + ": in place", p, out, n);
}

describe("log-softmax", () => {
  test("affine in f64, rows and columns alike", () => {
    seed(25);
    for (let i = 0; i < TAILS.length; i++) {
      for (let lanes = 1; lanes <= 4; lanes++) {
        expectAffine(TAILS[i], lanes, 2.5, 1.0 / 0.3, 1.7);
        expectAffine(TAILS[i], lanes, 0.25, 1e35, 0);
      }
    }
  });

  test("gradients of every length, rows and columns alike", () => {
    seed(26);
    for (let i = 0; i < TAILS.length; i++) {
      for (let lanes = 1; lanes <= 4; lanes++) {
        expectGradient(TAILS[i], lanes, 1, 0.3);
        expectGradient(TAILS[i], lanes, 30, -200);
      }
    }
  });

  test("each lane of a column has its own maximum and share", () => {
    clear();
    const p = place(4);
    const c = place(4);
    v128.store(p, f32x4(1, 2, 3, 4));
    v128.store(c, f32x4.splat(0));
    logGradient(p, place(STEP), p, c, 4, 16, 4, f32x4(1, 2, 3, 4), 2, f64x2(1, 10), f64x2(100, 1000));
    let share: f32 = 1;
    for (let lane = 0; lane < 4; lane++, share *= 10) expect<f32>(float(p, lane)).toBe(-2 * share);
  });
});

import { exp4, expFar4, expPair, near, TAU_BYTES, tauConstants } from "../../assembly/lanes/exp";
import { clear, expectIntact, expectNear, float, place } from "./memory";
import { seed, uniform } from "./random";
import { EXP } from "./tolerance";

const INFINITY: f32 = reinterpret<f32>(0x7f800000);
const LEAST_TAU: f64 = 7.888609052210118e-31; // 2^-100
const GREATEST_TAU: f64 = 1152921504606846976.0; // 2^60
const TAUS: StaticArray<f64> = [1, 0.5, 2, 0.1, 0.3, 5, 1e-3, 1e6, LEAST_TAU, 1e-20, 1e15, GREATEST_TAU];

/** Below 2^-125.5 a result is 0; an exponent within its own rounding error of that may go either way. */
const LEAST_EXPONENT: f64 = -125.5 * 0.6931471805599453;

/** Of expPair, as its doc states it. */
const EXP_64: f64 = 1e-14;

function expectExp(p: f32, m: f32, tau: f64, at: usize): void {
  expectWithin(<f64>f32x4.extract_lane(exp4(f32x4.splat(p), f32x4.splat(m), at), 1), p, m, tau);
}

function expectFar(p: f32, m: f32, tau: f64, at: usize): void {
  expectWithin(<f64>f32x4.extract_lane(expFar4(f32x4.splat(p), f32x4.splat(m), at), 1), p, m, tau);
}

function expectWithin(got: f64, p: f32, m: f32, tau: f64): void {
  const x = (<f64>p - <f64>m) / tau;
  if (got == 0.0 && x < LEAST_EXPONENT * (1.0 - EXP)) return;
  const exact = NativeMath.exp(x);
  expectNear(`exp((${p} - ${m})/${tau})`, 1, got, exact, EXP * exact);
  if (x < LEAST_EXPONENT * (1.0 + EXP)) expect<f64>(got).toBe(0, `exp((${p} - ${m})/${tau})`);
}

describe("exp", () => {
  test("the constants of a tau are vectors of equal lanes", () => {
    clear();
    const n = <i32>TAU_BYTES >> 2;
    const at = place(n);
    tauConstants(at, 0.7);
    for (let i = 0; i < n; i += 4) {
      for (let lane = 1; lane < 4; lane++) expect<f32>(float(at, i + lane)).toBe(float(at, i));
    }
    for (let i = 4; i < 20; i += 8) {
      const unit = <f64>float(at, i) + <f64>float(at, i + 4);
      expectNear("tau * ln 2", i, unit, 0.7 * NativeMath.LN2, 1e-11);
    }
    expectIntact("constants", at, n);
  });

  test("which maxima are near", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    tauConstants(at, 1);
    expect<i32>(i32x4.bitmask(near(f32x4(0, -1316, 1316, 1), at))).toBe(15);
    expect<i32>(i32x4.bitmask(near(f32x4(1318, -1e30, INFINITY, -INFINITY), at))).toBe(0);
    tauConstants(at, 1e-6);
    expect<i32>(i32x4.bitmask(near(f32x4(0, 1e-30, 1, -1), at))).toBe(0);
    tauConstants(at, 1e6);
    expect<i32>(i32x4.bitmask(near(f32x4(0, 1e-30, 1, -1), at))).toBe(0);
  });

  test("both ways hold the bound where the one ends and the other begins", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    seed(10);
    for (let t = 0; t < 7; t++) {
      const tau = TAUS[t];
      tauConstants(at, tau);
      for (let i = 0; i < 500; i++) {
        const m = <f32>(uniform(1200, 1400) * tau) * (i & 1 ? -1 : 1);
        expectExp(m - <f32>(uniform(0, 85) * tau), m, tau, at);
        expectFar(m - <f32>(uniform(0, 85) * tau), m, tau, at);
        expectFar(<f32>(uniform(-89, 0) * tau), 0, tau, at);
      }
    }
  });

  test("nothing just below the maximum is above 1", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    seed(11);
    for (let t = 0; t < TAUS.length; t++) {
      tauConstants(at, TAUS[t]);
      for (let i = 0; i < 500; i++) {
        const m = <f32>(uniform(-1900, 1900) * TAUS[t]);
        const bits = reinterpret<u32>(m);
        for (let k: u32 = 1; k <= 4; k++) {
          const p = reinterpret<f32>(m > 0 ? bits - k : bits + k);
          const got = f32x4.extract_lane(exp4(f32x4.splat(p), f32x4.splat(m), at), 0);
          if (!(got <= 1)) expect<f32>(got).toBe(1, `exp((${p} - ${m})/${TAUS[t]})`);
        }
      }
    }
  });

  test("e^0 is 1 for every tau and every maximum", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    seed(8);
    for (let t = 0; t < TAUS.length; t++) {
      tauConstants(at, TAUS[t]);
      for (let i = 0; i < 100; i++) {
        const m = <f32>NativeMath.pow(10.0, uniform(-37, 38)) * (i & 1 ? -1 : 1);
        expect<f32>(f32x4.extract_lane(exp4(f32x4.splat(m), f32x4.splat(m), at), 0)).toBe(1);
      }
      expect<f32>(f32x4.extract_lane(exp4(f32x4.splat(0), f32x4.splat(0), at), 0)).toBe(1);
    }
  });

  test("against f64 over the range that is not 0", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    seed(5);
    for (let t = 0; t < TAUS.length; t++) {
      const tau = TAUS[t];
      tauConstants(at, tau);
      for (let i = 0; i < 1000; i++) expectExp(<f32>(uniform(-89, 0) * tau), 0, tau, at);
      for (let i = 0; i < 200; i++) expectExp(<f32>(uniform(-1, 0) * tau), 0, tau, at);
    }
  });

  test("against f64 under a maximum: the subtraction loses nothing", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    seed(6);
    for (let t = 0; t < 8; t++) {
      const tau = TAUS[t];
      tauConstants(at, tau);
      for (let i = 0; i < 500; i++) {
        const m = <f32>uniform(-100, 100);
        expectExp(m - <f32>(uniform(0, 89) * tau), m, tau, at);
        expectExp(m - <f32>uniform(0, 100), m, tau, at);
      }
    }
  });

  test("far below the maximum is 0, to the last f32", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    tauConstants(at, 1);
    const lanes = exp4(f32x4(-88, -1000, -1e30, reinterpret<f32>(0xff7fffff)), f32x4.splat(0), at);
    expect<bool>(v128.any_true(lanes)).toBe(false);
    expect<bool>(f32x4.extract_lane(exp4(f32x4.splat(-86.9), f32x4.splat(0), at), 0) > 0).toBe(true);
  });

  test("a masked class gives 0, and so does everything under m = Infinity", () => {
    clear();
    const at = place(<i32>TAU_BYTES >> 2);
    for (let t = 0; t < TAUS.length; t++) {
      tauConstants(at, TAUS[t]);
      const maxima = f32x4(-3, 0, 1e30, INFINITY);
      expect<bool>(v128.any_true(exp4(f32x4.splat(-INFINITY), maxima, at))).toBe(false);
      const invalid = f32x4(NaN, INFINITY, 0, 1e30);
      expect<bool>(v128.any_true(exp4(invalid, f32x4.splat(INFINITY), at))).toBe(false);
    }
  });

  test("expPair in f64", () => {
    expect<f64>(f64x2.extract_lane(expPair(f64x2.splat(0)), 0)).toBe(1);
    seed(9);
    for (let i = 0; i < 5000; i++) {
      const near = uniform(-3, 0);
      const far = uniform(-699, 0);
      const both = expPair(f64x2(near, far));
      expectNear(`expPair(${near})`, i, f64x2.extract_lane(both, 0), NativeMath.exp(near), EXP_64 * NativeMath.exp(near));
      expectNear(`expPair(${far})`, i, f64x2.extract_lane(both, 1), NativeMath.exp(far), EXP_64 * NativeMath.exp(far));
    }
    expect<bool>(v128.any_true(expPair(f64x2(-701, -1e300)))).toBe(false);
    expect<bool>(v128.any_true(expPair(f64x2(-<f64>INFINITY, NaN)))).toBe(false);
  });
});

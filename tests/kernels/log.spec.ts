import { exponential4, gumbel4, log as log64 } from "../../assembly/log";
import { clear, expectNear, float, place, setInt } from "./memory";
import { randomWord, seed } from "./random";
import { exponential } from "./reference";
import { LOG, NOISE } from "./tolerance";

/** Of the f64 logarithm, as its header states it: times max(1, ln y). */
const LOG_64: f64 = 1e-15;

/** E of a word alone in a lane, each lane in turn. A relative error of E is an absolute one of g = -ln E. */
function expectExponential(x: u32): void {
  clear();
  const words = place(4);
  const at = place(4);
  for (let lane = 0; lane < 4; lane++) {
    for (let i = 0; i < 4; i++) setInt(words, i, i == lane ? <i32>x : 12345);
    v128.store(at, exponential4(v128.load(words)));
    const exact = exponential(x);
    expectNear(`E of word ${x}`, lane, <f64>float(at, lane), exact, NOISE * exact);
  }
}

function expectLog(y: f32): void {
  clear();
  const at = place(4);
  const exact = -NativeMath.log(<f64>y);
  v128.store(at, gumbel4(f32x4(y, 1, 2, y)));
  expectNear(`-ln ${y}`, 0, <f64>float(at, 0), exact, LOG * max(1.0, abs(exact)));
  expectNear(`-ln ${y}`, 3, <f64>float(at, 3), exact, LOG * max(1.0, abs(exact)));
}

function expectLog64(y: f64): void {
  const exact = NativeMath.log(y);
  expectNear(`ln ${y}`, 0, log64(y), exact, LOG_64 * max(1.0, exact));
}

describe("log", () => {
  test("exponential4 at both ends and at the seam", () => {
    for (let i: u32 = 0; i < 100; i++) {
      expectExponential(i);
      expectExponential(0x7fffffff - i);
      expectExponential(0x80000000 + i);
      expectExponential(0xffffffff - i);
    }
  });

  test("exponential4 at powers of two and at random words", () => {
    for (let i: u32 = 0; i < 32; i++) {
      expectExponential(1 << i);
      expectExponential((1 << i) - 1);
      expectExponential(~(<u32>1 << i));
    }
    seed(2);
    for (let i = 0; i < 2000; i++) expectExponential(randomWord());
  });

  test("exponential4 is positive and finite at the ends", () => {
    clear();
    const at = place(4);
    v128.store(at, exponential4(i32x4(0, -1, 0x7fffffff, 0x80000000)));
    expect<f32>(float(at, 0)).toBe(reinterpret<f32>(0x2f000000), "2^-33");
    expectNear("largest", 1, <f64>float(at, 1), 33 * NativeMath.LN2, NOISE * 22.87);
    expect<bool>(float(at, 2) <= float(at, 3)).toBe(true);
  });

  test("gumbel4 over the normal numbers", () => {
    expect<f32>(f32x4.extract_lane(gumbel4(f32x4.splat(1)), 0)).toBe(0);
    for (let k: u32 = 1; k < 255; k++) {
      expectLog(reinterpret<f32>(k << 23));
      expectLog(reinterpret<f32>((k << 23) | 0x3504f2));
      expectLog(reinterpret<f32>((k << 23) | 0x3504f3));
      expectLog(reinterpret<f32>((k << 23) | 0x7fffff));
    }
    seed(3);
    for (let i = 0; i < 2000; i++) expectLog(reinterpret<f32>(0x00800000 + (randomWord() % 0x7f000000)));
  });

  test("gumbel4 around 1", () => {
    for (let i = -500; i <= 500; i++) expectLog(reinterpret<f32>(0x3f800000 + i));
    for (let i = -500; i <= 500; i++) expectLog(<f32>(1.0 + <f64>i / 1024.0));
  });

  test("the f64 logarithm", () => {
    expect<f64>(log64(1)).toBe(0);
    for (let i = 0; i < 1024; i++) {
      expectLog64(reinterpret<f64>(((<u64>1023 + <u64>(i & 1023) % 1000) << 52) | 0x6a09e667f3bcc));
      expectLog64(reinterpret<f64>(((<u64>1023 + <u64>(i & 1023) % 1000) << 52) | 0x6a09e667f3bcd));
      expectLog64(1.0 + <f64>i / 256.0);
      expectLog64(1.0 + <f64>i * 1e-15);
    }
    seed(4);
    for (let i = 0; i < 2000; i++) {
      expectLog64(reinterpret<f64>((<u64>(1023 + (randomWord() & 127)) << 52) | (<u64>randomWord() << 20)));
    }
  });
});

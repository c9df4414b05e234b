import { log } from "../../assembly/lanes/log";
import { expectNear } from "./memory";
import { randomWord, seed } from "./random";

/** As its header states it: times max(1, |ln y|). */
const LOG: f64 = 1e-15;

function expectLog(y: f64): void {
  const exact = NativeMath.log(y);
  expectNear(`ln ${y}`, 0, log(y), exact, LOG * max(1.0, abs(exact)));
}

describe("log", () => {
  test("exact at 1, and no digits lost around it", () => {
    expect<f64>(log(1)).toBe(0);
    for (let i = 1; i < 1024; i++) {
      expectLog(1.0 + <f64>i / 256.0);
      expectLog(1.0 / (1.0 + <f64>i / 256.0));
      // The difference y - 1 is exact, and what ln y is made of.
      const d = <f64>i * 2.220446049250313e-16;
      expectNear(`ln (1 + ${d})`, 0, log(1.0 + d), d - d * d * 0.5, LOG * d);
      expectNear(`ln (1 - ${d})`, 0, log(1.0 - d), -d - d * d * 0.5, LOG * d);
    }
  });

  test("both sides of every step of the exponent", () => {
    for (let k: u64 = 1; k < 2047; k++) {
      expectLog(reinterpret<f64>(k << 52));
      expectLog(reinterpret<f64>((k << 52) | 0x6a09e667f3bcc));
      expectLog(reinterpret<f64>((k << 52) | 0x6a09e667f3bcd));
      expectLog(reinterpret<f64>((k << 52) | 0xfffffffffffff));
    }
  });

  test("random numbers", () => {
    seed(4);
    for (let i = 0; i < 5000; i++) {
      expectLog(reinterpret<f64>((<u64>(1 + randomWord() % 2046) << 52) | (<u64>randomWord() << 20)));
    }
  });
});

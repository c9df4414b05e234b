import {
  firstLanes,
  high2,
  horizontalMax,
  join4,
  low2,
  NEGATIVE_INFINITY,
  padded,
  storeLanes,
  sum2,
  transpose4,
} from "../../assembly/lanes/lanes";
import { clear, expectIntact, float, place, setFloat, untouched } from "./memory";

const ABCD = f32x4(1, 2, 3, 4);

describe("lanes", () => {
  test("firstLanes sets all bits of the first n lanes", () => {
    for (let n = 0; n <= 4; n++) {
      const mask = firstLanes(n);
      expect<i32>(i32x4.bitmask(mask)).toBe((1 << n) - 1);
      expect<i32>(i8x16.bitmask(mask)).toBe((1 << (4 * n)) - 1);
    }
  });

  test("padded puts -Infinity into the lanes from n on", () => {
    clear();
    const at = place(4);
    for (let n = 0; n <= 6; n++) {
      v128.store(at, padded(ABCD, n));
      for (let i = 0; i < 4; i++) expect<f32>(float(at, i)).toBe(i < n ? <f32>(i + 1) : NEGATIVE_INFINITY);
    }
  });

  test("storeLanes writes n lanes at any address and nothing behind them", () => {
    for (let skew = 0; skew < 4; skew++) {
      for (let n = 0; n <= 4; n++) {
        clear();
        const at = place(n, skew);
        storeLanes(at, ABCD, n);
        for (let i = 0; i < n; i++) expect<f32>(float(at, i)).toBe(<f32>(i + 1));
        expectIntact("storeLanes", at, n);
      }
    }
  });

  test("horizontalMax finds the maximum in every lane", () => {
    expect<f32>(horizontalMax(f32x4(4, -1, 2, 3))).toBe(4);
    expect<f32>(horizontalMax(f32x4(-1, 4, 2, 3))).toBe(4);
    expect<f32>(horizontalMax(f32x4(3, 2, 4, -1))).toBe(4);
    expect<f32>(horizontalMax(f32x4(3, 2, -1, 4))).toBe(4);
    expect<f32>(horizontalMax(f32x4(-5, NEGATIVE_INFINITY, -3, -4))).toBe(-3);
    expect<f32>(horizontalMax(f32x4.splat(NEGATIVE_INFINITY))).toBe(NEGATIVE_INFINITY);
  });

  test("low2, high2 and join4 go to f64 and back", () => {
    clear();
    const at = place(4);
    v128.store(at, join4(low2(ABCD), high2(ABCD)));
    for (let i = 0; i < 4; i++) expect<f32>(float(at, i)).toBe(<f32>(i + 1));
    expect<f64>(f64x2.extract_lane(low2(ABCD), 1)).toBe(2);
    expect<f64>(f64x2.extract_lane(high2(ABCD), 0)).toBe(3);
  });

  test("join4 rounds to the nearest f32", () => {
    clear();
    const at = place(4);
    const low = f64x2(0.1, 16777217.0);
    const high = f64x2(-1e300, 1e-50);
    v128.store(at, join4(low, high));
    expect<f32>(float(at, 0)).toBe(<f32>0.1);
    expect<f32>(float(at, 1)).toBe(16777216);
    expect<f32>(float(at, 2)).toBe(NEGATIVE_INFINITY);
    expect<f32>(float(at, 3)).toBe(0);
  });

  test("sum2 adds (a0 + a2) + (a1 + a3)", () => {
    const large: f64 = 9007199254740992.0;
    expect<f64>(sum2(f64x2(large, 1), f64x2(-large, 1))).toBe(2);
    expect<f64>(sum2(f64x2(1, large), f64x2(2, -large))).toBe(3);
  });

  test("transpose4 stores four vectors and nothing else", () => {
    for (let skew = 0; skew < 4; skew++) {
      clear();
      const from = place(4 * 5, skew);
      const out = place(3 * 7 + 4, skew);
      for (let i = 0; i < 20; i++) setFloat(from, i, <f32>i);
      transpose4(out, 28, from, 20);
      for (let i = 0; i < 25; i++) {
        const row = i / 7;
        const lane = i % 7;
        if (lane < 4) expect<f32>(float(out, i)).toBe(<f32>(lane * 5 + row));
        else expect<bool>(untouched(out, i)).toBe(true);
      }
      expectIntact("transpose4", out, 25);
      transpose4(from, 20, from, 20);
      for (let i = 0; i < 20; i++) {
        const moved = i % 5 < 4 ? (i % 5) * 5 + i / 5 : i;
        expect<f32>(float(from, i)).toBe(<f32>moved, "in place");
      }
      expectIntact("transpose4 in place", from, 20);
    }
  });
});

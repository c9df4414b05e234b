import {
  classOf,
  firstNotFinite,
  largestOf,
  perturbColumn,
  perturbRow,
  resetRows,
} from "../../assembly/stages/perturb";
import { clear, expectIntact, expectSame, float, int, place, setFloat } from "./memory";
import { fill, randomWord, seed } from "./random";
import { TAILS } from "./reference";

const INFINITY: f32 = reinterpret<f32>(0x7f800000);

/** The maximum of a row and its first class, or Infinity and -1, or -Infinity and -1; what the kernels reduce a row to. */
let largest: f32 = 0;
let winner: i32 = -1;

function reduce(p: usize, n: i32, stride: i32): void {
  largest = -INFINITY;
  winner = -1;
  for (let c = 0; c < n; c++) {
    const v = float(p, c * stride);
    if (!(v < INFINITY)) {
      largest = INFINITY;
      winner = -1;
      return;
    }
    if (v > largest) {
      largest = v;
      winner = c;
    }
  }
}

function perturbed(z: f32, g: f32, scale: f64): f32 {
  return <f32>(<f64>z + scale * <f64>g);
}

/** Few distinct values, so that rows have ties; now and then a mask. */
function fillTies(at: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const x = randomWord() & 7;
    setFloat(at, i, x == 0 ? -INFINITY : <f32>(x - 4) * 0.5);
  }
}

function expectRow(n: i32, scale: f64, skew: i32): void {
  clear();
  const logits = place(n, skew);
  const noise = place(n, (skew + 1) & 3);
  const p = place(n, (skew + 2) & 3);
  const expected = place(n);
  fill(logits, n, -10, 10);
  fill(noise, n, -3, 22);
  setFloat(logits, <i32>(randomWord() % <u32>n), -INFINITY);
  for (let c = 0; c < n; c++) setFloat(expected, c, perturbed(float(logits, c), float(noise, c), scale));
  reduce(expected, n, 1);
  const label = `row of ${n}, scale ${scale}`;
  expect<f32>(perturbRow(p, logits, noise, n, scale)).toBe(largest, label);
  if (winner >= 0) expect<i32>(classOf(p, largest)).toBe(winner, label);
  expectSame(label, p, expected, n);
  expectIntact(label, p, n);
  expect<f32>(perturbRow(noise, logits, noise, n, scale)).toBe(largest, label);
  expectSame(label + " over the noise", noise, expected, n);
  expectIntact(label, noise, n);
  reduce(logits, n, 1);
  expect<f32>(largestOf(logits, n)).toBe(largest, label + ", no noise");
}

/** `lanes` columns in two calls, classes 0 to cut - 1 and the rest, against each lane's own reduction. */
function expectColumn(n: i32, cut: i32, lanes: i32, scale: f64, noisy: bool): void {
  clear();
  const line = lanes + 3;
  const logits = place(n * line, 1);
  const noise = place(n * 8);
  const p = place(n * line, 2);
  const expected = place(n * line);
  const max = place(lanes);
  const index = place(lanes);
  fillTies(logits, n * line);
  fillTies(noise, n * 8);
  for (let i = 0; i < n * 8; i++) if (float(noise, i) == -INFINITY) setFloat(noise, i, 0.5);
  if (n > 2) setFloat(logits, line, NaN);
  for (let c = 0; c < n; c++) {
    for (let r = 0; r < lanes; r++) {
      const z = float(logits, c * line + r);
      setFloat(expected, c * line + r, noisy ? perturbed(z, float(noise, c * 8 + r), scale) : z);
    }
  }
  resetRows(max, index, lanes);
  const lineBytes = <usize>line << 2;
  const at = <usize>cut * lineBytes;
  const g = noisy ? noise + (<usize>cut << 5) : 0;
  const to = noisy ? p : 0;
  perturbColumn(to, max, index, logits, noisy ? noise : 0, cut, lineBytes, 32, 0, lanes, scale);
  perturbColumn(to ? to + at : 0, max, index, logits + at, g, n - cut, lineBytes, 32, cut, lanes, scale);
  const label = `${lanes} columns of ${n}`;
  for (let r = 0; r < lanes; r++) {
    reduce(expected + (<usize>r << 2), n, line);
    expect<f32>(float(max, r)).toBe(largest, label);
    expect<i32>(int(index, r)).toBe(winner, label);
    if (!noisy) continue;
    for (let c = 0; c < n; c++) {
      const found = p + (<usize>(c * line + r) << 2);
      if (float(found, 0) == float(found, 0)) expectSame(label, found, expected + (found - p), 1);
    }
  }
  for (let c = 0; c < n; c++) {
    for (let r = lanes; r < line; r++) expect<bool>(isNaN(float(p, c * line + r))).toBe(true, label);
  }
  expectIntact(label, p, n * line);
  expectIntact(label, max, lanes);
  expectIntact(label, index, lanes);
}

describe("perturb", () => {
  test("nothing is known of rows at first", () => {
    for (let rows = 0; rows <= 9; rows++) {
      clear();
      const max = place(rows);
      const index = place(rows);
      resetRows(max, index, rows);
      for (let r = 0; r < rows; r++) {
        expect<f32>(float(max, r)).toBe(-INFINITY);
        expect<i32>(int(index, r)).toBe(-1);
      }
      expectIntact("max", max, rows);
      expectIntact("index", index, rows);
    }
  });

  test("rows of every length, at any address", () => {
    seed(11);
    for (let i = 0; i < TAILS.length; i++) {
      for (let skew = 0; skew < 4; skew++) {
        expectRow(TAILS[i], 1, skew);
        expectRow(TAILS[i], 0.3, skew);
        expectRow(TAILS[i], -1, skew);
      }
    }
  });

  test("classOf finds the first of equals", () => {
    for (let n = 1; n <= 50; n++) {
      for (let first = 0; first < n; first++) {
        clear();
        const p = place(n, first & 3);
        for (let c = 0; c < n; c++) setFloat(p, c, c < first ? 1 : 2);
        expect<i32>(classOf(p, 2)).toBe(first);
      }
    }
  });

  test("a row with NaN or Infinity anywhere is Infinity, one of masks -Infinity", () => {
    for (let i = 0; i < TAILS.length - 2; i++) {
      const n = TAILS[i];
      for (let bad = 0; bad < n; bad++) {
        clear();
        const logits = place(n);
        const noise = place(n);
        const p = place(n);
        for (let c = 0; c < n; c++) setFloat(logits, c, -INFINITY);
        for (let c = 0; c < n; c++) setFloat(noise, c, 1);
        expect<f32>(perturbRow(p, logits, noise, n, 1)).toBe(-INFINITY);
        expect<f32>(largestOf(logits, n)).toBe(-INFINITY);
        setFloat(logits, bad, bad & 1 ? NaN : INFINITY);
        expect<f32>(perturbRow(p, logits, noise, n, 1)).toBe(INFINITY);
        expect<f32>(perturbRow(p, logits, noise, n, 0.5)).toBe(INFINITY);
        expect<f32>(largestOf(logits, n)).toBe(INFINITY);
      }
    }
  });

  test("columns of every length, in two pieces, one to four lanes", () => {
    seed(12);
    for (let i = 0; i < TAILS.length - 1; i++) {
      for (let lanes = 1; lanes <= 4; lanes++) {
        expectColumn(TAILS[i], 0, lanes, 1, true);
        expectColumn(TAILS[i], TAILS[i] >> 1, lanes, 0.7, true);
        expectColumn(TAILS[i], TAILS[i] / 3, lanes, 1, false);
      }
    }
  });

  test("a column of masks has no class", () => {
    clear();
    const max = place(4);
    const index = place(4);
    const logits = place(20);
    resetRows(max, index, 4);
    for (let i = 0; i < 20; i++) setFloat(logits, i, i % 4 == 2 && i > 11 ? -7 : -INFINITY);
    perturbColumn(0, max, index, logits, 0, 5, 16, 0, 100, 4, 1);
    for (let r = 0; r < 4; r++) {
      expect<f32>(float(max, r)).toBe(r == 2 ? -7 : -INFINITY);
      expect<i32>(int(index, r)).toBe(r == 2 ? 103 : -1);
    }
  });

  test("firstNotFinite looks at n values and no further", () => {
    for (let n = 1; n <= 17; n++) {
      clear();
      const at = place(n, n & 3);
      for (let i = 0; i < n; i++) setFloat(at, i, reinterpret<f32>(i & 1 ? 0x7f7fffff : 0xff7fffff));
      expect<i32>(firstNotFinite(at, n)).toBe(-1);
      for (let bad = n - 1; bad >= 0; bad--) {
        setFloat(at, bad, bad % 3 == 0 ? NaN : bad % 3 == 1 ? INFINITY : -INFINITY);
        expect<i32>(firstNotFinite(at, n)).toBe(bad);
      }
    }
    expect<i32>(firstNotFinite(place(1), 0)).toBe(-1);
  });
});

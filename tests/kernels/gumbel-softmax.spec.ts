import { GRADIENT, HARD, INDEX, LOG, LOG_GRADIENT, PASS_ALL, SOFT, SOFT_GRADIENT } from "../../src/kernels/abi";
import { expectNear, expectSame, float, int, place, setFloat } from "./memory";
import { BLOCK, INFINITY, Problem, ROW, SEED } from "./problem";
import { seed } from "./random";
import { gumbel, TAILS, word } from "./reference";
import { expectFields } from "./tasks";
import * as bound from "./tolerance";

const EXTREMES: StaticArray<f64> = [5e-324, 1e-45, 1e-40, 1e-31, 1e-30, 1e18, 1e20, 1e40, 1e300];
/** Layouts [outer, classes, inner] for every way that rows take. */
const PLACES: StaticArray<i32> = [
  1, 12, 1, 6, 12, 1, 9, 1, 1, 150, 5, 1, 131, 16, 1, 40, 33, 1, 3, 512, 1, 1, 600, 1, 4, 600, 1, 2, 40, 70, 1, 1, 9, 3, 128, 6,
  3, 129, 6, 2, 600, 6,
];

const SUBNORMAL: f64 = 1.401298464324817e-45; // 2^-149

/** A row's result against f64, from the same perturbed logits p. */
function expectRow(problem: Problem, kind: i32, row: i32, p: usize, got: usize): void {
  const n = problem.classes;
  const tau = problem.tau;
  const label = problem.name(kind);
  let winner = 0;
  for (let k = 1; k < n; k++) if (float(p, k) > float(p, winner)) winner = k;
  const m = <f64>float(p, winner);
  expect<i32>(int(problem.index, row)).toBe(winner, label);
  expect<f32>(float(problem.max, row)).toBe(<f32>m, label);
  if (kind == INDEX) return;
  let sum: f64 = 0;
  let dot: f64 = 0;
  let ones: f64 = 0;
  let largest: f64 = 0;
  let total: f64 = 0;
  for (let k = 0; k < n; k++) {
    const c = <f64>float(problem.cotangent, problem.position(row, k));
    const e = NativeMath.exp((<f64>float(p, k) - m) / tau);
    sum += e;
    dot += c * e;
    ones += c;
    largest = max(largest, abs(c));
    total += <f64>float(got, k);
  }
  for (let k = 0; k < n; k++) {
    const value = <f64>float(got, k);
    const c = <f64>float(problem.cotangent, problem.position(row, k));
    const depth = (m - <f64>float(p, k)) / tau;
    const y = NativeMath.exp(-depth) / sum;
    if (kind == HARD) {
      expectNear(label, k, value, k == winner ? 1 : 0, 0);
    } else if (kind == SOFT) {
      if (y < bound.SOFT_ZERO && value == 0.0) continue;
      expectNear(label, k, value, y, bound.SOFT * (1.0 + depth) * y + SUBNORMAL);
    } else if (kind == LOG) {
      const exact = -depth - NativeMath.log(sum);
      expectNear(label, k, value, exact, bound.SOFT * (1.0 - exact));
    } else if (kind == GRADIENT) {
      expectNear(label, k, value, (y * (c - dot / sum)) / tau, (bound.GRADIENT * largest) / tau + SUBNORMAL);
    } else {
      const exact = (c - y * ones) / tau;
      expectNear(label, k, value, exact, (bound.GRADIENT * largest) / tau + bound.ROUNDING * abs(exact) + SUBNORMAL);
    }
  }
  if (kind == SOFT) expectNear(label + ": sum", row, total, 1, bound.ROW_SUM);
}

/** The kinds that begin with logits: each row against f64, and the same bits as the row by itself. */
function expectAll(outer: i32, classes: i32, inner: i32, lead: i32, scale: f64, tau: f64): void {
  for (let kind = INDEX; kind <= LOG_GRADIENT; kind++) {
    const problem = new Problem(outer, classes, inner, lead, scale, tau);
    const label = problem.name(kind);
    problem.keepInputs();
    expect<i32>(problem.run(kind, PASS_ALL, 0, classes)).toBe(-1, label);
    problem.expectIntact(label);
    problem.expectKept(label);
    const count = min(problem.rows, 12);
    const p = place(classes);
    const got = place(classes);
    const alone = place(classes);
    const max = place(1);
    const index = place(1);
    for (let i = 0; i < count; i++) {
      const row = count == 12 && i > 5 ? problem.rows - 12 + i : i;
      problem.perturb(p, row);
      problem.gather(got, problem.out, row);
      expectRow(problem, kind, row, p, got);
      problem.runRow(kind, row, alone, max, index);
      expectSame(label, problem.index + (<usize>row << 2), index, 1);
      expectSame(label, problem.max + (<usize>row << 2), max, 1);
      expectSame(label, got, alone, kind == INDEX ? 0 : classes);
    }
    if (kind == GRADIENT) expectOfKept(problem, label);
  }
}

/** The gradient from the logits has the bits of the gradient from the soft sample that was kept. */
function expectOfKept(problem: Problem, label: string): void {
  const direct = problem.out;
  problem.out = place(problem.n, 2);
  problem.soften();
  problem.keepInputs();
  problem.run(SOFT_GRADIENT, PASS_ALL, 0, problem.classes);
  expectSame(label + ", of the kept sample", problem.out, direct, problem.n);
  problem.expectIntact(label + ", of the kept sample");
  problem.expectKept(label + ", of the kept sample");
  problem.out = direct;
}

/** Noise alone, of one class a row that is not masked, is what the scalar words of its address give; rows cross 2^32. */
function expectAddresses(outer: i32, classes: i32, inner: i32, lead: i32, before: u64): void {
  for (let kind = INDEX; kind <= LOG; kind++) {
    const problem = new Problem(outer, classes, inner, lead, 1, 1);
    const label = problem.name(kind);
    problem.row = 0x700000000 - before;
    for (let i = 0; i < problem.n; i++) setFloat(problem.logits, i, -INFINITY);
    for (let row = 0; row < problem.rows; row++) {
      setFloat(problem.logits, problem.position(row, (row * 7) % classes), 0);
    }
    expect<i32>(problem.run(kind, PASS_ALL, 0, classes)).toBe(-1, label);
    for (let row = 0; row < problem.rows; row++) {
      const c = (row * 7) % classes;
      const g = gumbel(word(SEED, problem.row + row, 4 * BLOCK + lead + c, 0));
      expect<i32>(int(problem.index, row)).toBe(c, label);
      expectNear(label, row, <f64>float(problem.max, row), g, bound.NOISE * max(1.0, abs(g)));
    }
    problem.expectIntact(label);
  }
}

describe("gumbel-softmax", () => {
  test("the record of a task", () => {
    expectFields();
  });

  test("rows of every length, one, or a few of them", () => {
    seed(41);
    for (let i = 0; i < TAILS.length; i++) {
      expectAll(1, TAILS[i], 1, i & 3, 1, 1);
      expectAll(3, TAILS[i], 1, (i + 1) & 3, 1, 0.3);
    }
    expectAll(2, 512, 1, 0, 1, 1);
    expectAll(2, 512, 1, 1, 0.5, 1);
    expectAll(1, 5000, 1, 3, 1, 2);
  });

  test("many rows of few classes", () => {
    seed(42);
    for (let classes = 1; classes <= 16; classes++) {
      expectAll(150 + classes, classes, 1, classes & 3, 1, 1);
      for (let outer = 2; outer <= 9; outer++) expectAll(outer, classes, 1, outer & 3, 1, 1);
    }
  });

  test("few classes: every scale, and maxima that are near beside some that are not", () => {
    seed(48);
    for (let classes = 2; classes <= 17; classes++) {
      expectAll(21, classes, 1, classes & 3, 0, 0.01);
      expectAll(21, classes, 1, classes & 3, 0.25, 0.003);
      expectAll(5, classes, 1, 3, 2.5, 1e-7);
      expectAll(6, classes, 1, 1, 1, 1e7);
    }
    expectAll(3, 40, 1, 1, 1, 0.003);
    expectAll(1, 33, 21, 1, 1, 0.003);
    expectAll(1, 150, 21, 1, 0, 0.003);
  });

  test("columns of every length and width", () => {
    seed(43);
    for (let i = 0; i < TAILS.length; i++) {
      expectAll(2, TAILS[i], 5, i & 3, 1, 0.7);
      expectAll(1, 6, TAILS[i] + 1, i & 3, 1, 1);
    }
    expectAll(1, 5000, 3, 2, 1, 2);
    expectAll(2, 128, 17, 1, 1, 1);
    expectAll(2, 129, 17, 1, 1, 1);
    expectAll(1, 3, 300, 1, 1, 1);
  });

  test("without noise, and with some of it", () => {
    seed(44);
    for (let s = 0; s < 2; s++) {
      expectAll(3, 40, 1, 1, s * 0.5, 0.5);
      expectAll(9, 10, 1, 0, s * 0.5, 0.5);
      expectAll(2, 40, 6, 3, s * 0.5, 0.5);
    }
  });

  test("taus that f32 cannot hold the quotients of", () => {
    seed(45);
    for (let scale = 0; scale < 2; scale++) {
      for (let i = 0; i < EXTREMES.length; i++) {
        expectAll(2, 33, 1, 1, scale, EXTREMES[i]);
        expectAll(9, 10, 1, 0, scale, EXTREMES[i]);
        expectAll(1, 33, 6, 3, scale, EXTREMES[i]);
      }
    }
  });

  test("equal logits without noise: the lowest class", () => {
    for (let layout = 0; layout < 4; layout++) {
      const inner = layout < 2 ? 1 : 5;
      const problem = new Problem(layout == 0 ? 1 : 4, layout == 0 ? 40 : layout == 3 ? 140 : 9, inner, 0, 0, 1);
      for (let i = 0; i < problem.n; i++) setFloat(problem.logits, i, 2);
      for (let row = 0; row < problem.rows; row++) setFloat(problem.logits, problem.position(row, 0), 1);
      problem.run(HARD, PASS_ALL, 0, problem.classes);
      for (let row = 0; row < problem.rows; row++) {
        for (let c = 0; c < problem.classes; c++) {
          expect<f32>(float(problem.out, problem.position(row, c))).toBe(c == 1 ? 1 : 0);
        }
      }
    }
  });

  test("rows have the noise of their numbers, wherever these cross 2^32", () => {
    for (let before: u64 = 1; before <= 9; before += before < 5 ? 1 : 4) {
      for (let lead = 0; lead < 4; lead += 3) {
        expectAddresses(11, 40, 1, lead, before);
        expectAddresses(11, 7, 1, lead, before);
        expectAddresses(11, 600, 1, lead, before);
        expectAddresses(2, 30, 7, lead, before);
        expectAddresses(2, 200, 7, lead, before);
      }
    }
    expectAddresses(300, 5, 1, 1, 129);
    expectAddresses(300, 20, 1, 1, 30);
    expectAddresses(1, 6, 200, 1, 130);
    expectAddresses(1, 130, 70, 1, 37);
    expect<u64>(ROW).toBe(0xfffffffe, "the rows of the other tests cross 2^32, too");
  });

  test("the gradient of kept rows that are not valid is zeros, as that of their logits", () => {
    seed(47);
    for (let layout = 0; layout < 5; layout++) {
      const inner = layout < 3 ? 1 : 6;
      const classes = layout == 0 ? 9 : layout == 2 ? 600 : layout == 4 ? 150 : 40;
      const problem = new Problem(inner == 1 ? 30 : 5, classes, inner, 1, 1, 0.3);
      for (let row = 0; row < problem.rows; row += 3) setFloat(problem.logits, problem.position(row, row % classes), NaN);
      for (let c = 0; c < classes; c++) setFloat(problem.logits, problem.position(1, c), -INFINITY);
      problem.run(GRADIENT, PASS_ALL, 0, classes);
      for (let c = 0; c < classes; c++) expect<f32>(float(problem.out, problem.position(1, c))).toBe(0);
      expectOfKept(problem, problem.name(SOFT_GRADIENT));
    }
  });

  test("the result may take the place of the logits", () => {
    seed(46);
    for (let i = 0; i < PLACES.length; i += 3) {
      for (let kind = HARD; kind <= SOFT_GRADIENT; kind++) {
        for (let noisy = 0; noisy < 2; noisy++) {
          for (let far = 0; far < 2; far++) {
            const problem = new Problem(PLACES[i], PLACES[i + 1], PLACES[i + 2], 2, noisy, far ? 1e-33 : 0.5);
            if (kind == SOFT_GRADIENT) problem.soften();
            problem.run(kind, PASS_ALL, 0, problem.classes);
            const apart = problem.out;
            problem.out = problem.logits;
            problem.run(kind, PASS_ALL, 0, problem.classes);
            expectSame(problem.name(kind), problem.out, apart, problem.n);
            problem.expectIntact(problem.name(kind));
          }
        }
      }
    }
  });
});

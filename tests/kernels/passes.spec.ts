// A row in pieces, and rows that have no sample: the driver's other two duties.

import { HARD, INDEX, KEPT, LOG_GRADIENT, PASS_ALL, PASS_MAX, PASS_SUM, PASS_WRITE, SOFT } from "../../assembly/kinds";
import { SUM_BLOCK } from "../../assembly/softmax";
import { bits, expectIntact, expectSame, float, int, place, setFloat } from "./memory";
import { INFINITY, Problem } from "./problem";
import { seed } from "./random";

/** All passes, every piece in a place of its own; the last pass's together in problem.out. */
function runPieces(problem: Problem, kind: i32, step: i32): void {
  const classes = problem.classes;
  const inner = problem.inner;
  const whole = problem.out;
  const piece = place(step * inner);
  memory.fill(problem.sums, 0, <usize>((inner + 3) >> 2) << 6);
  for (let pass = PASS_MAX; pass <= PASS_WRITE; pass++) {
    if ((pass == PASS_SUM && kind < SOFT) || (pass == PASS_WRITE && kind == INDEX)) continue;
    for (let from = 0; from < classes; from += step) {
      const count = min(step, classes - from);
      const at = <usize>(from * inner) << 2;
      problem.out = piece - at;
      problem.run(kind, pass, from, count);
      expectIntact("piece", piece, step * inner);
      if (pass == PASS_WRITE) memory.copy(whole + at, piece, <usize>(count * inner) << 2);
    }
  }
  problem.out = whole;
}

/** All passes, every piece with a part of problem.out that it keeps from pass to pass. */
function runKept(problem: Problem, kind: i32, step: i32): void {
  memory.fill(problem.sums, 0, <usize>((problem.inner + 3) >> 2) << 6);
  for (let pass = PASS_MAX; pass <= PASS_WRITE; pass++) {
    if ((pass == PASS_SUM && kind < SOFT) || (pass == PASS_WRITE && kind == INDEX)) continue;
    for (let from = 0; from < problem.classes; from += step) {
      problem.run(kind, pass == PASS_MAX ? pass : pass | KEPT, from, min(step, problem.classes - from));
    }
  }
}

/** Pieces against the whole, bit by bit, for all six kinds. */
function expectPieces(classes: i32, inner: i32, step: i32, lead: i32, scale: f64, tau: f64): void {
  for (let kind = INDEX; kind <= LOG_GRADIENT; kind++) {
    const problem = new Problem(1, classes, inner, lead, scale, tau);
    const label = problem.name(kind);
    problem.run(kind, PASS_ALL, 0, classes);
    const out = place(problem.n);
    const max = place(inner);
    const index = place(inner);
    memory.copy(out, problem.out, <usize>problem.n << 2);
    memory.copy(max, problem.max, <usize>inner << 2);
    memory.copy(index, problem.index, <usize>inner << 2);
    for (let kept = 0; kept < 2; kept++) {
      for (let i = 0; i < problem.n; i++) setFloat(problem.out, i, NaN);
      if (kept) runKept(problem, kind, step);
      else runPieces(problem, kind, step);
      const way = label + (kept ? ", kept" : "");
      expectSame(way + ": max", problem.max, max, inner);
      expectSame(way + ": index", problem.index, index, inner);
      if (kind != INDEX) expectSame(way, problem.out, out, problem.n);
      problem.expectIntact(way);
    }
  }
}

/** Three rows spoiled, the others as if nothing had happened; in one call, or in pieces of one slab. */
function expectInvalid(outer: i32, classes: i32, inner: i32, scale: f64, step: i32, kept: bool = false): void {
  for (let kind = INDEX; kind <= LOG_GRADIENT; kind++) {
    const problem = new Problem(outer, classes, inner, 1, scale, 0.5);
    const label = problem.name(kind);
    problem.run(kind, PASS_ALL, 0, classes);
    const valid = place(problem.n);
    memory.copy(valid, problem.out, <usize>problem.n << 2);
    const rows = problem.rows;
    setFloat(problem.logits, problem.position(rows - 1, classes - 1), NaN);
    setFloat(problem.logits, problem.position(rows >> 1, classes >> 1), INFINITY);
    for (let c = 0; c < classes; c++) setFloat(problem.logits, problem.position(1, c), -INFINITY);
    memory.fill(problem.index, 0xff, <usize>rows << 2); // invalid, as a call before may have left them
    if (step == 0) expect<i32>(problem.run(kind, PASS_ALL, 0, classes)).toBe(1, label);
    else if (kept) runKept(problem, kind, step);
    else runPieces(problem, kind, step);
    for (let row = 0; row < rows; row++) {
      const bad = row == 1 || row == rows >> 1 || row == rows - 1;
      expect<bool>(int(problem.index, row) < 0).toBe(bad, label);
      if (bad) expect<f32>(float(problem.max, row)).toBe(row == 1 ? -INFINITY : INFINITY, label);
      for (let c = 0; c < (kind == INDEX ? 0 : classes); c++) {
        const i = problem.position(row, c);
        const wanted = bad ? 0 : bits(valid, i);
        if (bits(problem.out, i) != wanted) expect<u32>(bits(problem.out, i)).toBe(wanted, `${label}, row ${row}`);
      }
    }
    problem.expectIntact(label);
  }
}

describe("passes", () => {
  test("a long row in pieces", () => {
    seed(51);
    expectPieces(2 * SUM_BLOCK + 77, 1, SUM_BLOCK, 0, 1, 1);
    expectPieces(2 * SUM_BLOCK + 3, 1, SUM_BLOCK, 3, 0, 1);
    expectPieces(4 * SUM_BLOCK + 1, 1, 2 * SUM_BLOCK, 1, 0.5, 1e-35);
  });

  test("long columns in pieces", () => {
    seed(52);
    expectPieces(2 * SUM_BLOCK + 77, 5, SUM_BLOCK, 2, 1, 1);
    expectPieces(SUM_BLOCK + 9, 2, SUM_BLOCK, 1, 0, 1);
    expectPieces(SUM_BLOCK + 9, 7, SUM_BLOCK, 0, 1, 1e25);
  });

  test("invalid rows are named, zeroed and leave the others alone", () => {
    seed(53);
    for (let noisy = 0; noisy < 2; noisy++) {
      expectInvalid(7, 40, 1, noisy, 0);
      expectInvalid(7, 600, 1, noisy, 0);
      expectInvalid(90, 11, 1, noisy, 0);
      expectInvalid(3, 40, 6, noisy, 0);
      expectInvalid(1, 3, 9, noisy, 0);
    }
  });

  test("invalid rows in pieces", () => {
    seed(54);
    expectInvalid(1, SUM_BLOCK + 50, 5, 1, SUM_BLOCK);
    expectInvalid(1, SUM_BLOCK + 50, 6, 0, SUM_BLOCK);
    expectInvalid(1, SUM_BLOCK + 50, 5, 1, SUM_BLOCK, true);
    expectInvalid(1, SUM_BLOCK + 50, 6, 0, SUM_BLOCK, true);
  });

  test("the first invalid row of several is the one named", () => {
    for (let layout = 0; layout < 3; layout++) {
      const classes = layout == 1 ? 9 : 20;
      const problem = new Problem(layout == 2 ? 30 : 90, classes, layout == 2 ? 3 : 1, 0, 1, 1);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(-1);
      setFloat(problem.logits, problem.position(89, 3), NaN);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(89);
      setFloat(problem.logits, problem.position(70, classes - 1), INFINITY);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(70);
      setFloat(problem.logits, problem.position(6, 0), NaN);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(6);
    }
  });
});

// A row in pieces, and rows that have no sample: the driver's other two duties.

import {
  GRADIENT,
  HARD,
  INDEX,
  KEPT,
  LOG_GRADIENT,
  NOT_FINITE,
  PASS_ALL,
  PASS_DOT,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  SOFT,
  SOFT_GRADIENT,
  SUM_BLOCK,
} from "../../src/kernels/abi";
import { bits, expectIntact, expectSame, float, int, place, setFloat } from "./memory";
import { INFINITY, Problem, SUMS } from "./problem";
import { seed } from "./random";

/** Whether a kind has this pass. */
function takes(kind: i32, pass: i32): bool {
  if (pass == PASS_MAX) return kind != SOFT_GRADIENT;
  if (pass == PASS_SUM) return kind >= SOFT && kind != SOFT_GRADIENT;
  if (pass == PASS_DOT) return kind == GRADIENT || kind == SOFT_GRADIENT;
  return kind != INDEX;
}

/** All passes, every piece in a place of its own; the last pass's together in problem.out. */
function runPieces(problem: Problem, kind: i32, step: i32): void {
  const classes = problem.classes;
  const whole = problem.out;
  const piece = place(step);
  memory.fill(problem.sums, 0, <usize>SUMS << 2);
  for (let pass = PASS_MAX; pass <= PASS_WRITE; pass++) {
    if (!takes(kind, pass)) continue;
    for (let from = 0; from < classes; from += step) {
      const count = min(step, classes - from);
      const at = <usize>from << 2;
      problem.out = piece - at;
      problem.run(kind, pass, from, count);
      expectIntact("piece", piece, step);
      if (pass == PASS_WRITE) memory.copy(whole + at, piece, <usize>count << 2);
    }
  }
  problem.out = whole;
}

/** All passes, every piece with a part of problem.out that it keeps from pass to pass. */
function runKept(problem: Problem, kind: i32, step: i32): void {
  memory.fill(problem.sums, 0, <usize>SUMS << 2);
  for (let pass = PASS_MAX; pass <= PASS_WRITE; pass++) {
    if (!takes(kind, pass)) continue;
    for (let from = 0; from < problem.classes; from += step) {
      problem.run(kind, pass == PASS_MAX ? pass : pass | KEPT, from, min(step, problem.classes - from));
    }
  }
}

/** Pieces against the whole, bit by bit, for all kinds. */
function expectPieces(classes: i32, step: i32, lead: i32, scale: f64, tau: f64): void {
  for (let kind = INDEX; kind <= SOFT_GRADIENT; kind++) {
    const problem = new Problem(1, classes, 1, lead, scale, tau);
    const label = problem.name(kind);
    if (kind == SOFT_GRADIENT) problem.soften();
    problem.run(kind, PASS_ALL, 0, classes);
    const out = place(problem.n);
    const max = place(1);
    const index = place(1);
    memory.copy(out, problem.out, <usize>problem.n << 2);
    memory.copy(max, problem.max, 4);
    memory.copy(index, problem.index, 4);
    for (let kept = 0; kept < 2; kept++) {
      for (let i = 0; i < problem.n; i++) setFloat(problem.out, i, NaN);
      if (kept) runKept(problem, kind, step);
      else runPieces(problem, kind, step);
      const way = label + (kept ? ", kept" : "");
      expectSame(way + ": max", problem.max, max, 1);
      expectSame(way + ": index", problem.index, index, 1);
      if (kind != INDEX) expectSame(way, problem.out, out, problem.n);
      problem.expectIntact(way);
    }
  }
}

/** Three rows spoiled, the others as if nothing had happened. */
function expectInvalid(outer: i32, classes: i32, inner: i32, scale: f64): void {
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
    expect<i32>(problem.run(kind, PASS_ALL, 0, classes)).toBe(1, label);
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

/** A row that is spoiled in its first, its last or all classes, in pieces: zeros in every one of them. */
function expectInvalidPieces(scale: f64, spoiled: i32, kept: bool): void {
  const classes = SUM_BLOCK + 50;
  for (let kind = INDEX; kind <= LOG_GRADIENT; kind++) {
    const problem = new Problem(1, classes, 1, 1, scale, 0.5);
    const label = problem.name(kind);
    if (spoiled == 2) {
      for (let c = 0; c < classes; c++) setFloat(problem.logits, c, -INFINITY);
    } else {
      setFloat(problem.logits, spoiled ? classes - 1 : 0, spoiled ? NaN : INFINITY);
    }
    memory.fill(problem.index, 0, 4); // valid, as a call before may have left it
    for (let i = 0; i < problem.n; i++) setFloat(problem.out, i, NaN);
    if (kept) runKept(problem, kind, SUM_BLOCK);
    else runPieces(problem, kind, SUM_BLOCK);
    expect<i32>(int(problem.index, 0)).toBe(-1, label);
    expect<f32>(float(problem.max, 0)).toBe(spoiled == 2 ? -INFINITY : INFINITY, label);
    for (let c = 0; c < (kind == INDEX ? 0 : classes); c++) {
      if (bits(problem.out, c) != 0) expect<u32>(bits(problem.out, c)).toBe(0, `${label}, class ${c}`);
    }
    problem.expectIntact(label);
  }
}

/** A cotangent that is not finite is found in a row that is valid and in one that is not, whatever its sign, at every end. */
function expectSpoiled(outer: i32, classes: i32, inner: i32): void {
  for (let kind = GRADIENT; kind <= SOFT_GRADIENT; kind++) {
    for (let far = 0; far < 2; far++) {
      const problem = new Problem(outer, classes, inner, 1, 1, far ? 1e-33 : 0.5);
      const label = problem.name(kind);
      if (kind == SOFT_GRADIENT) problem.soften();
      else if (problem.rows > 1) setFloat(problem.logits, problem.position(1, 0), NaN);
      expect<i32>(problem.run(kind, PASS_ALL, 0, classes)).toBe(kind != SOFT_GRADIENT && problem.rows > 1 ? 1 : -1, label);
      for (let row = 0; row < problem.rows; row += max(1, problem.rows - 2)) {
        for (let c = 0; c < classes; c += max(1, classes - 1)) {
          const at = problem.position(row, c);
          const was = float(problem.cotangent, at);
          setFloat(problem.cotangent, at, (row + c) & 1 ? NaN : -INFINITY);
          expect<i32>(problem.run(kind, PASS_ALL, 0, classes)).toBe(NOT_FINITE, `${label}, row ${row}, class ${c}`);
          setFloat(problem.cotangent, at, was);
        }
      }
      if (problem.rows > 1) setFloat(problem.cotangent, problem.position(1, classes - 1), NaN);
      else setFloat(problem.cotangent, classes >> 1, NaN);
      expect<i32>(problem.run(kind, PASS_ALL, 0, classes)).toBe(NOT_FINITE, label + ", the row that is not valid");
      problem.expectIntact(label);
    }
  }
}

describe("passes", () => {
  test("a cotangent that is not finite", () => {
    seed(56);
    expectSpoiled(1, 40, 1);
    expectSpoiled(1, 5, 1);
    expectSpoiled(30, 7, 1);
    expectSpoiled(30, 1, 1);
    expectSpoiled(70, 16, 1);
    expectSpoiled(30, 40, 1);
    expectSpoiled(3, 600, 1);
    expectSpoiled(1, SUM_BLOCK + 9, 1);
    expectSpoiled(2, 9, 6);
    expectSpoiled(2, 150, 6);
  });

  test("a cotangent that is not finite, in a row in pieces, valid or not", () => {
    seed(57);
    const classes = SUM_BLOCK + 50;
    for (let kind = GRADIENT; kind <= SOFT_GRADIENT; kind++) {
      for (let invalid = 0; invalid < (kind == SOFT_GRADIENT ? 1 : 2); invalid++) {
        const problem = new Problem(1, classes, 1, 1, 1, 0.5);
        if (kind == SOFT_GRADIENT) problem.soften();
        if (invalid) setFloat(problem.logits, 3, NaN);
        setFloat(problem.cotangent, SUM_BLOCK + 7, NaN);
        memory.fill(problem.sums, 0, <usize>SUMS << 2);
        let found = -1;
        for (let pass = PASS_MAX; pass < PASS_WRITE && found != NOT_FINITE; pass++) {
          if (!takes(kind, pass)) continue;
          for (let from = 0; from < classes && found != NOT_FINITE; from += SUM_BLOCK) {
            found = problem.run(kind, pass, from, min(SUM_BLOCK, classes - from));
          }
        }
        expect<i32>(found).toBe(NOT_FINITE, problem.name(kind));
      }
    }
  });

  test("a long row in pieces", () => {
    seed(51);
    expectPieces(2 * SUM_BLOCK + 77, SUM_BLOCK, 0, 1, 1);
    expectPieces(2 * SUM_BLOCK + 3, SUM_BLOCK, 3, 0, 1);
    expectPieces(4 * SUM_BLOCK + 1, 2 * SUM_BLOCK, 1, 0.5, 1e-35);
    expectPieces(SUM_BLOCK + 1, SUM_BLOCK, 2, 1, 1e25);
    expectPieces(SUM_BLOCK + 9, SUM_BLOCK, 1, 0, 1e25);
  });

  test("invalid rows are named, zeroed and leave the others alone", () => {
    seed(53);
    for (let noisy = 0; noisy < 2; noisy++) {
      expectInvalid(7, 40, 1, noisy);
      expectInvalid(7, 600, 1, noisy);
      expectInvalid(90, 11, 1, noisy);
      expectInvalid(3, 40, 6, noisy);
      expectInvalid(3, 200, 6, noisy);
      expectInvalid(1, 3, 9, noisy);
    }
  });

  test("invalid rows in pieces", () => {
    seed(54);
    for (let spoiled = 0; spoiled < 3; spoiled++) {
      for (let noisy = 0; noisy < 2; noisy++) {
        expectInvalidPieces(noisy, spoiled, false);
        expectInvalidPieces(noisy, spoiled, true);
      }
    }
  });

  test("the first invalid row of several is the one named", () => {
    for (let layout = 0; layout < 4; layout++) {
      const classes = layout == 1 ? 9 : layout == 3 ? 150 : 20;
      const problem = new Problem(layout < 2 ? 90 : 30, classes, layout < 2 ? 1 : 3, 0, 1, 1);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(-1);
      setFloat(problem.logits, problem.position(89, 3), NaN);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(89);
      setFloat(problem.logits, problem.position(70, classes - 1), INFINITY);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(70);
      setFloat(problem.logits, problem.position(6, 0), NaN);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(6);
      setFloat(problem.logits, problem.position(0, 1), NaN);
      expect<i32>(problem.run(HARD, PASS_ALL, 0, classes)).toBe(0);
    }
  });
});

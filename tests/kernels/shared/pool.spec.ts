// A task's life, one step at a time on one thread: whoever else would have it is played by a worker's own calls.

import { SCRATCH_BYTES } from "../../../assembly/memory/scratch";
import { abandon, closePool, finish, isFree, poolBytes, post, work } from "../../../assembly/pool";
import {
  GRADIENT,
  HARD,
  INDEX,
  NO_RESULT,
  NOISE,
  NOT_FINITE,
  ONE_WORKER,
  PASS_ALL,
  PASS_DOT,
  SOFT,
  SOFT_GRADIENT,
  TASK_COUNT,
  TASK_DONE,
  TASK_READY,
  TASK_TAKEN,
} from "../../../src/kernels/abi";
import { bits, expectIntact, expectSame, int, place, setFloat, setInt } from "../memory";
import { Problem, SUMS } from "../problem";
import { seed } from "../random";
import { gumbel, taskOf } from "../tasks";

const STREAM: i32 = 9;
const PATIENCE: i32 = 3;

function openPool(): usize {
  const pool = (place((poolBytes() >> 2) + 16) + 63) & ~63;
  memory.fill(pool, 0, poolBytes());
  return pool;
}

function postProblem(pool: usize, problem: Problem, kind: i32, pass: i32 = PASS_ALL): usize {
  const task = taskOf(
    kind, pass, problem.out, problem.max, problem.index, problem.sums, problem.logits, kind > 3 ? problem.cotangent : 0,
    problem.outer, problem.classes, problem.inner, kind == NOISE ? STREAM : 0, (7 << 32) | 5, 2, problem.lead, 11, 13,
    problem.scale, problem.tau,
  );
  return post(pool, changetype<usize>(task));
}

/** One call of the driver as a worker would make it: the task by itself. */
function expected(problem: Problem, kind: i32): usize {
  const pool = openPool();
  const scratch = place(<i32>SCRATCH_BYTES >> 2);
  finish(pool, postProblem(pool, problem, kind), scratch, PATIENCE);
  const copy = place(problem.n);
  memory.copy(copy, problem.out, <usize>problem.n << 2);
  return copy;
}

describe("pool", () => {
  test("a task that nobody has claimed is done by the caller", () => {
    seed(61);
    const problem = new Problem(3, 50, 1, 1, 1, 0.5);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    const task = postProblem(pool, problem, SOFT);
    expect<i32>(int(task, 0)).toBe(TASK_READY);
    expect<i32>(finish(pool, task, scratch, PATIENCE)).toBe(-1);
    expect<i32>(isFree(task)).toBe(1);
    problem.expectIntact("soft");
    expectIntact("scratch", scratch, <i32>SCRATCH_BYTES >> 2);
  });

  test("a worker does all tasks that are posted and ends when the pool closes", () => {
    seed(62);
    const problem = new Problem(4, 33, 1, 0, 1, 1);
    const alone = expected(problem, SOFT);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    for (let i = 0; i < problem.n; i++) setFloat(problem.out, i, NaN);
    const first = postProblem(pool, problem, INDEX);
    const second = postProblem(pool, problem, SOFT);
    closePool(pool);
    work(pool, scratch, 3);
    expect<i32>(int(first, 0)).toBe(TASK_DONE);
    expect<i32>(int(second, 0)).toBe(TASK_DONE);
    expect<i32>(finish(pool, first, scratch, PATIENCE)).toBe(-1);
    expect<i32>(finish(pool, second, scratch, PATIENCE)).toBe(-1);
    expectSame("soft", problem.out, alone, problem.n);
  });

  test("other tasks are done while one is waited for; it is given up after that", () => {
    seed(63);
    const problem = new Problem(2, 20, 1, 0, 1, 1);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    const held = postProblem(pool, problem, SOFT);
    const other = postProblem(pool, problem, HARD);
    const mine = TASK_TAKEN + 5 * ONE_WORKER;
    setInt(held, 0, mine);
    expect<i32>(finish(pool, held, scratch, PATIENCE)).toBe(NO_RESULT);
    expect<i32>(int(other, 0)).toBe(TASK_DONE);
    expect<i32>(int(held, 0)).toBe(mine | 1, "lost");
    expect<i32>(isFree(held)).toBe(0);
    expect<i32>(finish(pool, other, scratch, PATIENCE)).toBe(-1);
  });

  test("a lost task is not written over, however many are posted after it", () => {
    seed(64);
    const problem = new Problem(1, 9, 1, 0, 1, 1);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    const held = postProblem(pool, problem, SOFT);
    setInt(held, 0, TASK_TAKEN + ONE_WORKER);
    expect<i32>(finish(pool, held, scratch, PATIENCE)).toBe(NO_RESULT);
    for (let n = 0; n < 3 * TASK_COUNT; n++) {
      const task = postProblem(pool, problem, SOFT);
      if (task == held) expect<usize>(task).not.toBe(held);
      if (finish(pool, task, scratch, PATIENCE) != -1) expect<i32>(n).toBe(-1, "a task was not done");
    }
    expect<i32>(isFree(held)).toBe(0);
  });

  test("a worker that comes late does what is there, however much was posted and done before", () => {
    seed(68);
    const problem = new Problem(1, 9, 1, 0, 1, 1);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    store<i32>(pool, 0x7ffffff0, 64); // so many were posted, none of them claimed by a worker
    const task = postProblem(pool, problem, SOFT);
    closePool(pool);
    work(pool, scratch, 1);
    expect<i32>(int(task, 0)).toBe(TASK_DONE);
  });

  test("what is abandoned is free, unless a worker has it", () => {
    seed(65);
    const problem = new Problem(1, 9, 1, 0, 1, 1);
    const pool = openPool();
    const ready = postProblem(pool, problem, SOFT);
    expect<i32>(abandon(ready)).toBe(1);
    expect<i32>(isFree(ready)).toBe(1);
    const done = postProblem(pool, problem, SOFT);
    setInt(done, 0, TASK_DONE);
    expect<i32>(abandon(done)).toBe(1);
    const broken = postProblem(pool, problem, SOFT);
    setInt(broken, 0, TASK_TAKEN);
    expect<i32>(abandon(broken)).toBe(1, "the caller's own, left by an exception");
    expect<i32>(isFree(broken)).toBe(1);
    const taken = postProblem(pool, problem, SOFT);
    setInt(taken, 0, TASK_TAKEN + ONE_WORKER);
    expect<i32>(abandon(taken)).toBe(0);
    expect<i32>(isFree(taken)).toBe(0);
  });

  test("what a task finds: the first invalid row, or a cotangent that is not finite", () => {
    seed(66);
    const problem = new Problem(5, 30, 1, 0, 1, 1);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    setFloat(problem.logits, problem.position(3, 7), NaN);
    expect<i32>(finish(pool, postProblem(pool, problem, SOFT), scratch, PATIENCE)).toBe(3);
    setFloat(problem.cotangent, 41, NaN);
    expect<i32>(finish(pool, postProblem(pool, problem, GRADIENT), scratch, PATIENCE)).toBe(NOT_FINITE);
  });

  test("the gradient of a sample that was kept: its bits, and its cotangent checked in the first pass", () => {
    seed(69);
    const problem = new Problem(1, 90, 1, 0, 1, 0.7);
    const direct = expected(problem, GRADIENT);
    memory.copy(problem.logits, expected(problem, SOFT), <usize>problem.n << 2);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    expect<i32>(finish(pool, postProblem(pool, problem, SOFT_GRADIENT), scratch, PATIENCE)).toBe(-1);
    expectSame("gradient", problem.out, direct, problem.n);
    setFloat(problem.cotangent, 5, NaN);
    memory.fill(problem.sums, 0, <usize>SUMS << 2);
    expect<i32>(finish(pool, postProblem(pool, problem, SOFT_GRADIENT, PASS_DOT), scratch, PATIENCE)).toBe(NOT_FINITE);
  });

  test("noise, stream and loc in the places of from and tau", () => {
    seed(67);
    const n = 77;
    const problem = new Problem(1, n, 1, 3, 2, 0.5);
    const pool = openPool();
    const scratch = place(<i32>SCRATCH_BYTES >> 2);
    const alone = place(n);
    gumbel(alone, scratch, 1, n, 1, (7 << 32) | 5, 2, 3, 11, 13, STREAM, 0.5, 2);
    expect<i32>(finish(pool, postProblem(pool, problem, NOISE), scratch, PATIENCE)).toBe(-1);
    expectSame("noise", problem.out, alone, n);
    expect<bool>(bits(alone, 0) != bits(alone, 1)).toBe(true);
  });
});

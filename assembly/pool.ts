// Threads: tasks in shared memory, each owned by one thread at a time.
//
//   FREE -> READY   the caller has written a task down and posts it
//   READY -> TAKEN  a worker, or the caller, claims it; TAKEN carries who, by ONE_WORKER times its number
//   TAKEN -> DONE   its results stand in memory; the caller makes it FREE again
//   TAKEN -> LOST   the caller has stopped waiting and does the work anew in memory of its own. The task, and the memory it
//                   names, are not used again until its worker lets go of it (FREE); if that is dead, never.
//
// A task is pure: it reads what no other task writes, and writes what no other task reads, so it does not matter who does
// it, when, or how often. A worker that has claimed nothing is never waited for; one that has, for a bounded time.

import { gumbel } from "./noise/gumbel";
import { sample } from "./gumbel-softmax";

const FREE: i32 = 0;
const READY: i32 = 1;
const DONE: i32 = 2;
const TAKEN: i32 = 4;
const LOST: i32 = 5;
const ONE_WORKER: i32 = 8;
const CALLER: i32 = 0;

/** A kind beside those of `sample`: Gumbel noise, loc in the place of tau. */
const NOISE: i32 = 7;

//  The pool: how many tasks were claimed and posted, ever, each in a cache line of its own; workers that sleep; then the tasks.
const CLAIMED: usize = 0;
const POSTED: usize = 64;
const SLEEPING: usize = 128;
const CLOSING: usize = 132;
const TASKS: usize = 192;
/** More than the slots of a call and the workers, each of which may keep one, together (src/threads/pool.ts). */
const TASK_COUNT: i32 = 256;
const TASK_BYTES: usize = 128;

//  In a task, behind its status: what it found, then the arguments of `post` in their order.
const RESULT: usize = 4;

/** Result of a task that is lost; otherwise it is that of `sample`. */
const NO_RESULT: i32 = i32.MIN_VALUE;

/** Polls before a worker goes to sleep: some 20 microseconds, in which the caller brings the next task. */
const POLLS: i32 = 4000;

/** Bytes to set aside, zero, at a multiple of 64, for the `pool` of the other functions. */
export function poolBytes(): i32 {
  return <i32>TASKS + TASK_COUNT * <i32>TASK_BYTES;
}

/** Posts a task, the arguments those of `sample`; kind 7 is noise, loc in the place of tau. Gives its address. */
export function post(
  pool: usize,
  kind: i32,
  pass: i32,
  out: usize,
  max: usize,
  index: usize,
  sums: usize,
  logits: usize,
  cotangent: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  from: i32,
  rowLo: u32,
  rowHi: u32,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  scale: f64,
  tau: f64,
): usize {
  let task = taskAt(pool, atomic.load<i32>(pool, POSTED));
  while (atomic.load<i32>(task) != FREE) {
    // Lost, or not finished yet: whoever claims this number finds it so and goes on.
    atomic.add<i32>(pool, 1, POSTED);
    task = taskAt(pool, atomic.load<i32>(pool, POSTED));
  }
  store<i32>(task, kind, 8);
  store<i32>(task, pass, 12);
  store<usize>(task, out, 16);
  store<usize>(task, max, 20);
  store<usize>(task, index, 24);
  store<usize>(task, sums, 28);
  store<usize>(task, logits, 32);
  store<usize>(task, cotangent, 36);
  store<i32>(task, outer, 40);
  store<i32>(task, classes, 44);
  store<i32>(task, inner, 48);
  store<i32>(task, from, 52);
  store<u32>(task, rowLo, 56);
  store<u32>(task, rowHi, 60);
  store<i32>(task, block, 64);
  store<i32>(task, lead, 68);
  store<i32>(task, seedLo, 72);
  store<i32>(task, seedHi, 76);
  store<f64>(task, scale, 80);
  store<f64>(task, tau, 88);
  atomic.store<i32>(task, READY);
  atomic.add<i32>(pool, 1, POSTED);
  if (atomic.load<i32>(pool, SLEEPING)) atomic.notify(pool + POSTED, 1);
  return task;
}

/** Does tasks until the pool closes. `worker` is a number from 1 on, `scratch` this worker's own. */
export function work(pool: usize, scratch: usize, worker: i32): void {
  let polls = POLLS;
  while (true) {
    const posted = atomic.load<i32>(pool, POSTED);
    const task = claim(pool, worker);
    if (task) {
      execute(task, scratch);
      const taken = TAKEN + worker * ONE_WORKER;
      if (atomic.cmpxchg<i32>(task, taken, DONE) != taken) atomic.store<i32>(task, FREE);
      polls = POLLS;
    } else if (atomic.load<i32>(pool, CLOSING)) {
      return;
    } else if (--polls < 0) {
      atomic.add<i32>(pool, 1, SLEEPING);
      atomic.wait<i32>(pool + POSTED, posted);
      atomic.sub<i32>(pool, 1, SLEEPING);
      polls = POLLS;
    }
  }
}

/**
 * Sees to it that a task is done: by a worker, or here. While a worker has it other tasks are done here, and when there are
 * none it is polled `patience` times. Gives what it found, see NO_RESULT.
 */
export function finish(pool: usize, task: usize, scratch: usize, patience: i32): i32 {
  while (true) {
    const status = atomic.load<i32>(task);
    if (status == DONE || (status == READY && take(task, CALLER))) {
      if (status == READY) execute(task, scratch);
      const result = load<i32>(task, RESULT);
      atomic.store<i32>(task, FREE);
      return result;
    }
    const other = claim(pool, CALLER);
    if (other) {
      execute(other, scratch);
      atomic.store<i32>(other, DONE);
    } else if (--patience < 0 && lose(task, status)) {
      return NO_RESULT;
    }
  }
}

/** Gives a task up whose result is not wanted any more. Gives 1, or 0 if a worker has it still. */
export function abandon(task: usize): i32 {
  while (true) {
    const status = atomic.load<i32>(task);
    // Its own it has only if the kernel was left by an exception, out of stack.
    if (status == DONE || status == TAKEN + CALLER * ONE_WORKER || take(task, CALLER)) {
      atomic.store<i32>(task, FREE);
      return 1;
    }
    if (lose(task, status)) return 0;
  }
}

/** Whether nobody has the task any more. */
export function isFree(task: usize): i32 {
  return i32(atomic.load<i32>(task) == FREE);
}

/** Wakes all workers, to end. */
export function closePool(pool: usize): void {
  atomic.store<i32>(pool, 1, CLOSING);
  atomic.add<i32>(pool, 1, POSTED); // no task: it keeps those from sleep that have just looked
  atomic.notify(pool + POSTED);
}

@inline
function taskAt(pool: usize, number: i32): usize {
  return pool + TASKS + <usize>(number & (TASK_COUNT - 1)) * TASK_BYTES;
}

//  The next task that nobody has, or 0.
function claim(pool: usize, worker: i32): usize {
  while (true) {
    const number = atomic.load<i32>(pool, CLAIMED);
    const posted = atomic.load<i32>(pool, POSTED);
    if (number == posted) return 0;
    if (<u32>(posted - number) > <u32>TASK_COUNT) {
      // Far behind, because the caller takes tasks without a number; those posted last are all there are.
      atomic.cmpxchg<i32>(pool, number, posted - TASK_COUNT, CLAIMED);
      continue;
    }
    if (atomic.cmpxchg<i32>(pool, number, number + 1, CLAIMED) != number) continue;
    const task = taskAt(pool, number);
    if (take(task, worker)) return task;
  }
}

@inline
function take(task: usize, worker: i32): bool {
  return atomic.cmpxchg<i32>(task, READY, TAKEN + worker * ONE_WORKER) == READY;
}

@inline
function lose(task: usize, status: i32): bool {
  return (status & TAKEN) != 0 && atomic.cmpxchg<i32>(task, status, status | LOST) == status;
}

function execute(task: usize, scratch: usize): void {
  const kind = load<i32>(task, 8);
  const pass = load<i32>(task, 12);
  const out = load<usize>(task, 16);
  const cotangent = load<usize>(task, 36);
  const outer = load<i32>(task, 40);
  const classes = load<i32>(task, 44);
  const inner = load<i32>(task, 48);
  const from = load<i32>(task, 52);
  const row = load<u64>(task, 56);
  const block = load<i32>(task, 64);
  const lead = load<i32>(task, 68);
  const seedLo = load<i32>(task, 72);
  const seedHi = load<i32>(task, 76);
  const scale = load<f64>(task, 80);
  const tau = load<f64>(task, 88);
  let result = -1;
  if (kind == NOISE) {
    gumbel(out, scratch, outer, classes, inner, row, block, lead, seedLo, seedHi, from, tau, scale);
  } else {
    result = sample(
      kind, pass, out, load<usize>(task, 20), load<usize>(task, 24), load<usize>(task, 28), load<usize>(task, 32),
      cotangent, scratch, outer, classes, inner, from, row, block, lead, seedLo, seedHi, scale, tau,
    );
  }
  store<i32>(task, result, RESULT);
}

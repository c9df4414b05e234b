// Threads: tasks in shared memory, each owned by one thread at a time.
//
//   FREE -> READY   the caller has written a task down and posts it
//   READY -> TAKEN  a worker, or the caller, claims it; ONE_WORKER times the claimer's number is added to TAKEN
//   TAKEN -> DONE   its results stand in memory; the caller makes it FREE again
//   TAKEN -> LOST   the caller has stopped waiting and does the work anew in memory of its own. The task, and the memory it
//                   names, are not used again until its worker makes it FREE, which a dead worker never does.
//
// A task is pure: it reads what no other task writes, and writes what no other task reads, so it does not matter who does
// it, when, or how often. The caller never waits for a worker that has claimed nothing, and for a bounded time for one that has.

import {
  NO_RESULT,
  ONE_WORKER,
  TASK_BYTES,
  TASK_COUNT,
  TASK_DONE,
  TASK_FREE,
  TASK_LOST,
  TASK_READY,
  TASK_TAKEN,
} from "../src/kernels/abi";
import { perform } from "./gumbel-softmax";
import { copyTask, Task } from "./memory/task";

/** Number of the thread that posts tasks and finishes them. */
const CALLER: i32 = 0;

//  Layout of a pool: the number of tasks claimed so far and of tasks posted so far, each in a cache line of its own; the number
//  of sleeping workers; whether the pool closes; the tasks.
const CLAIMED: usize = 0;
const POSTED: usize = 64;
const SLEEPING: usize = 128;
const CLOSING: usize = 132;
const TASKS: usize = 192;
/** Polls before a worker goes to sleep: some 20 microseconds, in which the caller brings the next task. */
const POLLS: i32 = 4000;

/** Bytes to set aside for the `pool` of the other functions, at a multiple of 64 and filled with zeros. */
export function poolBytes(): i32 {
  return <i32>TASKS + TASK_COUNT * <i32>TASK_BYTES;
}

/** Posts a copy of the task at an address; gives the address of the copy. */
export function post(pool: usize, from: usize): usize {
  let task = taskAt(pool, atomic.load<i32>(pool, POSTED));
  while (atomic.load<i32>(task) != TASK_FREE) {
    // The task in this place is lost or not finished yet. Its number is skipped: whoever claims it finds no READY task there.
    atomic.add<i32>(pool, 1, POSTED);
    task = taskAt(pool, atomic.load<i32>(pool, POSTED));
  }
  // The status of the caller's record is FREE, and is copied too: a worker that looks before the next line leaves the task alone.
  copyTask(task, from);
  atomic.store<i32>(task, TASK_READY);
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
      perform(changetype<Task>(task), scratch);
      const taken = TASK_TAKEN + worker * ONE_WORKER;
      if (atomic.cmpxchg<i32>(task, taken, TASK_DONE) != taken) atomic.store<i32>(task, TASK_FREE);
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
 * Finishes a task: does it here, or waits for the worker that has claimed it. Meanwhile the caller does other tasks; when there
 * are none, it polls the task `patience` times. Gives the task's result, or NO_RESULT if the worker took longer: the task is then
 * LOST.
 */
export function finish(pool: usize, task: usize, scratch: usize, patience: i32): i32 {
  while (true) {
    const status = atomic.load<i32>(task);
    if (status == TASK_DONE || (status == TASK_READY && take(task, CALLER))) {
      if (status == TASK_READY) perform(changetype<Task>(task), scratch);
      const result = changetype<Task>(task).result;
      atomic.store<i32>(task, TASK_FREE);
      return result;
    }
    const other = claim(pool, CALLER);
    if (other) {
      perform(changetype<Task>(other), scratch);
      atomic.store<i32>(other, TASK_DONE);
    } else if (--patience < 0 && lose(task, status)) {
      return NO_RESULT;
    }
  }
}

/** Gives up a task whose result is no longer wanted. Gives 1 if the task is FREE now, 0 if a worker still has it. */
export function abandon(task: usize): i32 {
  while (true) {
    const status = atomic.load<i32>(task);
    // The caller has the task itself only if an exception, such as a stack overflow, has left the kernel.
    if (status == TASK_DONE || status == TASK_TAKEN + CALLER * ONE_WORKER || take(task, CALLER)) {
      atomic.store<i32>(task, TASK_FREE);
      return 1;
    }
    if (lose(task, status)) return 0;
  }
}

/** Whether nobody has the task any more. */
export function isFree(task: usize): i32 {
  return i32(atomic.load<i32>(task) == TASK_FREE);
}

/** Wakes all workers, to end. */
export function closePool(pool: usize): void {
  atomic.store<i32>(pool, 1, CLOSING);
  // This posts no task: a worker that is about to sleep sees the number change and stays awake.
  atomic.add<i32>(pool, 1, POSTED);
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
      // CLAIMED is far behind, because the caller takes tasks without claiming a number. Only the last TASK_COUNT exist still.
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
  return atomic.cmpxchg<i32>(task, TASK_READY, TASK_TAKEN + worker * ONE_WORKER) == TASK_READY;
}

@inline
function lose(task: usize, status: i32): bool {
  return (status & TASK_TAKEN) != 0 && atomic.cmpxchg<i32>(task, status, status | TASK_LOST) == status;
}

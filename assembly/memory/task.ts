// A task: everything that a kernel is told about one piece of a call, as one record in memory. src/run/task.ts writes it.
//
// Layout: src/kernels/abi.ts has the distance of each field from the task's address; they are in the same order here, without
//         gaps.

import { TASK_BYTES } from "../../src/kernels/abi";

/** Inside a task, rows and classes count from 0. In the noise, row r has the number `row` + r. */
@unmanaged
export class Task {
  /** State of the task in a pool, see pool.ts. */
  status: i32;
  /** VALID, the first invalid row, or NOT_FINITE. */
  result: i32;
  kind: i32;
  pass: i32;
  /** Address of the result, f32 [outer, classes, inner], or 0 if the kind has none. */
  out: usize;
  /** Addresses of the largest perturbed logit of each row, f32, and of its class, i32. */
  max: usize;
  index: usize;
  /** Address of the SUMS numbers (f64) that describe a row in pieces between its passes. */
  sums: usize;
  /** Addresses of the inputs, shaped like `out`; 0 if the kind has none. */
  logits: usize;
  cotangent: usize;
  outer: i32;
  classes: i32;
  inner: i32;
  /** Class of the row at which the piece begins; for NOISE, the number of the stream. */
  from: i32;
  row: u64;
  /** In the noise, the first class has the number 4*block + lead, 0 <= lead <= 3. */
  block: i32;
  lead: i32;
  seedLo: i32;
  seedHi: i32;
  /** Factor of the noise; 0 is none. */
  scale: f64;
  /** Temperature; for NOISE, the location. */
  tau: f64;
  /** Addresses of a number (u64), a seed (u64) and a tau (f64) for each row: always 0 so far, and no kernel reads them. */
  rowNumbers: usize;
  seeds: usize;
  taus: usize;
}

export function copyTask(to: usize, from: usize): void {
  for (let at: usize = 0; at < <usize>TASK_BYTES; at += 16) v128.store(to + at, v128.load(from + at));
}

/** Bytes from the first element to the first class of a row. */
@inline
export function placeOf(task: Task, row: i32): usize {
  if (task.inner == 1) return <usize>row * <usize>task.classes << 2;
  const o = row / task.inner;
  return (<usize>o * <usize>(task.classes * task.inner) + <usize>(row - o * task.inner)) << 2;
}

/** Bytes of a row, its classes side by side. */
@inline
export function rowBytesOf(task: Task): usize {
  return <usize>task.classes << 2;
}

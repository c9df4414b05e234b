// Tasks as the tests call for them, argument by argument.

import { perform } from "../../assembly/gumbel-softmax";
import { Task } from "../../assembly/memory/task";
import {
  BLOCK_FIELD,
  CLASSES_FIELD,
  COTANGENT_FIELD,
  FROM_FIELD,
  INDEX_FIELD,
  INNER_FIELD,
  KIND_FIELD,
  LEAD_FIELD,
  LOGITS_FIELD,
  MAX_FIELD,
  NOISE,
  OUT_FIELD,
  OUTER_FIELD,
  PASS_ALL,
  PASS_FIELD,
  RESULT_FIELD,
  ROW_FIELD,
  ROW_NUMBERS_FIELD,
  SCALE_FIELD,
  SEED_FIELD,
  SEEDS_FIELD,
  STATUS_FIELD,
  SUMS_FIELD,
  TASK_BYTES,
  TAU_FIELD,
  TAUS_FIELD,
} from "../../src/kernels/abi";

const RECORD = memory.data(256, 16);

/** A task, written anew at an address of its own. */
export function taskOf(
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
  row: u64,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  scale: f64,
  tau: f64,
): Task {
  memory.fill(RECORD, 0, TASK_BYTES);
  const task = changetype<Task>(RECORD);
  task.kind = kind;
  task.pass = pass;
  task.out = out;
  task.max = max;
  task.index = index;
  task.sums = sums;
  task.logits = logits;
  task.cotangent = cotangent;
  task.outer = outer;
  task.classes = classes;
  task.inner = inner;
  task.from = from;
  task.row = row;
  task.block = block;
  task.lead = lead;
  task.seedLo = seedLo;
  task.seedHi = seedHi;
  task.scale = scale;
  task.tau = tau;
  return task;
}

/** Carries a task out. */
export function sample(
  kind: i32,
  pass: i32,
  out: usize,
  max: usize,
  index: usize,
  sums: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  scale: f64,
  tau: f64,
): i32 {
  const task = taskOf(
    kind, pass, out, max, index, sums, logits, cotangent, outer, classes, inner, from, row, block, lead, seedLo, seedHi, scale,
    tau,
  );
  const result = perform(task, scratch);
  expect<i32>(task.result).toBe(result, "the result stands in the task");
  return result;
}

/** Noise loc + scale*g. */
export function gumbel(
  out: usize,
  scratch: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  row: u64,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  stream: i32,
  loc: f64,
  scale: f64,
): void {
  perform(
    taskOf(NOISE, PASS_ALL, out, 0, 0, 0, 0, 0, outer, classes, inner, stream, row, block, lead, seedLo, seedHi, scale, loc),
    scratch,
  );
}

/** The fields of a task stand where src/kernels/abi.ts says. */
export function expectFields(): void {
  expect<i32>(offsetof<Task>("status")).toBe(STATUS_FIELD);
  expect<i32>(offsetof<Task>("result")).toBe(RESULT_FIELD);
  expect<i32>(offsetof<Task>("kind")).toBe(KIND_FIELD);
  expect<i32>(offsetof<Task>("pass")).toBe(PASS_FIELD);
  expect<i32>(offsetof<Task>("out")).toBe(OUT_FIELD);
  expect<i32>(offsetof<Task>("max")).toBe(MAX_FIELD);
  expect<i32>(offsetof<Task>("index")).toBe(INDEX_FIELD);
  expect<i32>(offsetof<Task>("sums")).toBe(SUMS_FIELD);
  expect<i32>(offsetof<Task>("logits")).toBe(LOGITS_FIELD);
  expect<i32>(offsetof<Task>("cotangent")).toBe(COTANGENT_FIELD);
  expect<i32>(offsetof<Task>("outer")).toBe(OUTER_FIELD);
  expect<i32>(offsetof<Task>("classes")).toBe(CLASSES_FIELD);
  expect<i32>(offsetof<Task>("inner")).toBe(INNER_FIELD);
  expect<i32>(offsetof<Task>("from")).toBe(FROM_FIELD);
  expect<i32>(offsetof<Task>("row")).toBe(ROW_FIELD);
  expect<i32>(offsetof<Task>("block")).toBe(BLOCK_FIELD);
  expect<i32>(offsetof<Task>("lead")).toBe(LEAD_FIELD);
  expect<i32>(offsetof<Task>("seedLo")).toBe(SEED_FIELD);
  expect<i32>(offsetof<Task>("seedHi")).toBe(SEED_FIELD + 4);
  expect<i32>(offsetof<Task>("scale")).toBe(SCALE_FIELD);
  expect<i32>(offsetof<Task>("tau")).toBe(TAU_FIELD);
  expect<i32>(offsetof<Task>("rowNumbers")).toBe(ROW_NUMBERS_FIELD);
  expect<i32>(offsetof<Task>("seeds")).toBe(SEEDS_FIELD);
  expect<i32>(offsetof<Task>("taus")).toBe(TAUS_FIELD);
  expect<bool>(<i32>offsetof<Task>() <= TASK_BYTES && TASK_BYTES % 64 == 0).toBe(true);
}

// A task's record written field by field, for tests that call the kernels without an instance.

import * as abi from "../../src/kernels/abi.ts";

const FIELDS: Record<string, number> = {
  kind: abi.KIND_FIELD,
  pass: abi.PASS_FIELD,
  out: abi.OUT_FIELD,
  max: abi.MAX_FIELD,
  index: abi.INDEX_FIELD,
  sums: abi.SUMS_FIELD,
  logits: abi.LOGITS_FIELD,
  cotangent: abi.COTANGENT_FIELD,
  outer: abi.OUTER_FIELD,
  classes: abi.CLASSES_FIELD,
  inner: abi.INNER_FIELD,
  from: abi.FROM_FIELD,
  row: abi.ROW_FIELD,
  block: abi.BLOCK_FIELD,
  lead: abi.LEAD_FIELD,
  seed: abi.SEED_FIELD,
};

export interface RawTask {
  kind: number;
  pass: number;
  out: number;
  max: number;
  index: number;
  sums: number;
  logits: number;
  cotangent: number;
  outer: number;
  classes: number;
  inner: number;
  from: number;
  row: number;
  block: number;
  lead: number;
  seed: number;
  scale: number;
  tau: number;
}

/** Writes a task at an address; row and seed are below 2^32. */
export function writeRawTask(buffer: ArrayBuffer, at: number, task: RawTask): number {
  new Uint8Array(buffer, at, abi.TASK_BYTES).fill(0);
  const view = new DataView(buffer);
  for (const [name, field] of Object.entries(FIELDS)) view.setInt32(at + field, task[name as keyof RawTask], true);
  view.setFloat64(at + abi.SCALE_FIELD, task.scale, true);
  view.setFloat64(at + abi.TAU_FIELD, task.tau, true);
  return at;
}

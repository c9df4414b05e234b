// Layout of the memory that a kernel works in: operands that are copied in and out, and the state of rows.

import { ALIGNMENT, SLACK_BYTES, SUMS } from "../kernels/abi.ts";

/** Elements of one operand in a piece of a call on the caller's arrays: 256 KB, which stay in a level 2 cache. */
export const PIECE = 65536;

/** Longest row, in classes, that is held whole: 2 MB. Longer ones are done in three passes over pieces. */
export const LONGEST_ROW = 524288;

/** Addresses of three operands and of the state of rows: largest perturbed logit, its class, sums (f64) of one row. */
export interface WorkArea {
  readonly out: number;
  readonly logits: number;
  readonly cotangent: number;
  readonly max: number;
  readonly index: number;
  readonly sums: number;
}

/** Bytes of a work area for operands of `capacity` elements and the state of `rows` rows. */
export function areaBytes(capacity: number, rows: number): number {
  return 3 * aligned(capacity * 4 + SLACK_BYTES) + 2 * aligned(rows * 4 + SLACK_BYTES) + aligned(SUMS * 8);
}

/** A work area that begins at the address `out`. */
export function areaAt(out: number, capacity: number, rows: number): WorkArea {
  const operand = aligned(capacity * 4 + SLACK_BYTES);
  const state = aligned(rows * 4 + SLACK_BYTES);
  const max = out + 3 * operand;
  return { out, logits: out + operand, cotangent: out + 2 * operand, max, index: max + state, sums: max + 2 * state };
}

/** The next multiple of ALIGNMENT. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

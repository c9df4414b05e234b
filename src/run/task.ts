// Tasks: everything that the kernels are told about one piece of a call, written to a record in memory. No other file knows its
// fields.

import type { Axis } from "../arguments/shape.ts";
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
  OUT_FIELD,
  OUTER_FIELD,
  PASS_FIELD,
  ROW_FIELD,
  SCALE_FIELD,
  SEED_FIELD,
  SUMS_FIELD,
  TAU_FIELD,
} from "../kernels/abi.ts";
import type { Arena } from "../memory/arena.ts";
import type { Piece } from "../memory/copies.ts";
import type { WorkArea } from "../memory/work-area.ts";
import { counter, type Stream } from "../stream.ts";

/** Parameters of all tasks of a call. */
export interface TaskParameters {
  readonly kind: number;
  readonly axis: Axis;
  readonly stream: Stream;
  readonly scale: number;
  /** Temperature; for NOISE, the location. */
  readonly tau: number;
}

/**
 * Writes a task to the arena's record and gives its address, for `sample` on this thread, or for `post`. `out`, `logits` and
 * `cotangent` are addresses, or 0; `from` is the first class of the piece, or for NOISE the number of the stream.
 */
export function writeTask(
  arena: Arena,
  { kind, axis, stream, scale, tau }: TaskParameters,
  piece: Piece,
  from: number,
  pass: number,
  { max, index, sums }: WorkArea,
  out: number,
  logits: number,
  cotangent: number,
): number {
  const { task, indices, doubles } = arena;
  const { rowLo, rowHi, block, laneOfFirstClass, seedLo, seedHi } = counter(stream, axis, piece);
  const word = task / 4;
  indices[word + KIND_FIELD / 4] = kind;
  indices[word + PASS_FIELD / 4] = pass;
  indices[word + OUT_FIELD / 4] = out;
  indices[word + MAX_FIELD / 4] = max;
  indices[word + INDEX_FIELD / 4] = index;
  indices[word + SUMS_FIELD / 4] = sums;
  indices[word + LOGITS_FIELD / 4] = logits;
  indices[word + COTANGENT_FIELD / 4] = cotangent;
  indices[word + OUTER_FIELD / 4] = piece.outer;
  indices[word + CLASSES_FIELD / 4] = piece.classes;
  indices[word + INNER_FIELD / 4] = piece.inner;
  indices[word + FROM_FIELD / 4] = from;
  indices[word + ROW_FIELD / 4] = rowLo;
  indices[word + ROW_FIELD / 4 + 1] = rowHi;
  indices[word + BLOCK_FIELD / 4] = block;
  indices[word + LEAD_FIELD / 4] = laneOfFirstClass;
  indices[word + SEED_FIELD / 4] = seedLo;
  indices[word + SEED_FIELD / 4 + 1] = seedHi;
  doubles[(task + SCALE_FIELD) / 8] = scale;
  doubles[(task + TAU_FIELD) / 8] = tau;
  return task;
}

// Tasks: what the kernels are told about one piece of a call. No other file knows in which order they take it.

import type { Axis } from "../arguments/shape.ts";
import { NOISE, VALID } from "../kernels/abi.ts";
import type { Kernels } from "../kernels/instance.ts";
import type { Piece } from "../memory/copies.ts";
import type { WorkArea } from "../memory/work-area.ts";
import { counter, type Stream } from "../stream.ts";
import type { Pool } from "../threads/pool.ts";

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
 * Carries out a task on this thread. `out`, `logits` and `cotangent` are addresses, or 0; `from` is the first class of the piece,
 * or for NOISE the number of the stream. Gives VALID, the first invalid row, or NOT_FINITE.
 */
export function perform(
  kernels: Kernels,
  scratch: number,
  { kind, axis, stream, scale, tau }: TaskParameters,
  piece: Piece,
  from: number,
  pass: number,
  { max, index, sums }: WorkArea,
  out: number,
  logits: number,
  cotangent: number,
): number {
  const { outer, classes, inner } = piece;
  const { rowLo, rowHi, block, laneOfFirstClass, seedLo, seedHi } = counter(stream, axis, piece);
  if (kind === NOISE) {
    kernels.gumbel(
      out,
      scratch,
      outer,
      classes,
      inner,
      rowLo,
      rowHi,
      block,
      laneOfFirstClass,
      seedLo,
      seedHi,
      from,
      tau,
      scale,
    );
    return VALID;
  }
  return kernels.sample(
    kind,
    pass,
    out,
    max,
    index,
    sums,
    logits,
    cotangent,
    scratch,
    outer,
    classes,
    inner,
    from,
    rowLo,
    rowHi,
    block,
    laneOfFirstClass,
    seedLo,
    seedHi,
    scale,
    tau,
  );
}

/** Gives the same task to the workers, whose result means the same; gives the address of the task. */
export function post(
  { kernels, at }: Pool,
  { kind, axis, stream, scale, tau }: TaskParameters,
  piece: Piece,
  from: number,
  pass: number,
  { max, index, sums }: WorkArea,
  out: number,
  logits: number,
  cotangent: number,
): number {
  const { outer, classes, inner } = piece;
  const { rowLo, rowHi, block, laneOfFirstClass, seedLo, seedHi } = counter(stream, axis, piece);
  return kernels.post(
    at,
    kind,
    pass,
    out,
    max,
    index,
    sums,
    logits,
    cotangent,
    outer,
    classes,
    inner,
    from,
    rowLo,
    rowHi,
    block,
    laneOfFirstClass,
    seedLo,
    seedHi,
    scale,
    tau,
  );
}

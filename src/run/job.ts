// One call of an operation, as numbers and arrays.

import type { Axis } from "../arguments/shape.ts";
import type { Place } from "../memory/arena.ts";
import type { Stream } from "../stream.ts";

/** Arrays that a call reads and writes, and the parameters of the kernels. No field is left out, where Object.prototype would show. */
export interface Call {
  readonly kind: number;
  readonly axis: Axis;
  readonly logits: Place;
  /** Draws that each logit stands for: `axis` has so many times the slabs that `logits` has. */
  readonly draws: number;
  readonly cotangent: Place | undefined;
  readonly out: Place<Float32Array> | undefined;
  /** In place of `out`: sums of the result over draws, added in their order. It has the elements of one draw, zero at first. */
  readonly sums: Float64Array | undefined;
  readonly index: Int32Array | undefined;
  readonly scores: Float32Array | undefined;
  readonly stream: Stream;
  readonly scale: number;
  readonly tau: number;
  /** In place of `tau`, one for each row; those of one draw serve all. */
  readonly taus?: Float64Array | undefined;
  /** Invalid rows become zeros and index -1; otherwise the first one throws. */
  readonly mark: boolean;
}

/** A call whose arrays have been compared. */
export interface Job extends Call {
  /** Address at which kernels may write the result, or -1: it is then copied out of the work area. */
  readonly outAt: number;
  /** `out` is the caller's own: nothing may be written before it is sure that the call succeeds. */
  readonly guarded: boolean;
  /** `out` lies on the logits. */
  readonly inPlace: boolean;
  /** `out` lies on the cotangent. */
  readonly onCotangent: boolean;
}

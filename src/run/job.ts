// One call of an operation as numbers and arrays.

import type { Axis } from "../arguments/shape.ts";
import type { NumericArray } from "../arguments/tensor-like.ts";
import type { Stream } from "../stream.ts";

/** One call: what is read, what is written, and the parameters of the kernels. */
export interface Call {
  readonly kind: number;
  readonly axis: Axis;
  readonly logits: NumericArray;
  readonly cotangent?: NumericArray | undefined;
  readonly out?: Float32Array | undefined;
  readonly index?: Int32Array | undefined;
  readonly scores?: Float32Array | undefined;
  readonly stream: Stream;
  readonly scale: number;
  readonly tau: number;
  /** Invalid rows become zeros and index -1; otherwise the first one throws. */
  readonly mark: boolean;
  /** `out` is the caller's own: nothing may be written before it is sure that the call succeeds. */
  readonly guarded: boolean;
}

/** A call whose arrays have been found: their addresses in the module's memory, or -1. */
export interface Job extends Call {
  logits: NumericArray;
  cotangent: NumericArray | undefined;
  out: Float32Array | undefined;
  readonly logitsAt: number;
  readonly cotangentAt: number;
  readonly outAt: number;
  /** `out` lies on the logits, or on the cotangent. */
  readonly inPlace: boolean;
  readonly onCotangent: boolean;
}

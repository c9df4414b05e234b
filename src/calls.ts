// The two calls behind the operations that give values: forward and backward, on arrays wherever they lie.

import { checkOptions, expectedBut } from "./check.ts";
import type { Engine, Stream } from "./job.ts";
import { BACKWARD_OPTIONS, checkApart, type OutOptions, outOf } from "./options.ts";
import { allocate, type Differentiable, later, type Values, valuesOf, type Writable } from "./results.ts";
import { type Axis, sameShape } from "./shape.ts";
import { type Source, source, type TensorLike } from "./tensor.ts";
import { run } from "./work.ts";

/** Gives the engine, as long as the instance is open. */
export type Open = () => Engine;

/** What forward and backward of an operation have in common. */
export interface Settings {
  /** The kind of the gradient. */
  readonly gradient: number;
  readonly tau: number;
  readonly mark: boolean;
  readonly scale: number;
}

/** A forward call of one kind on `logits`, which are `z` in the one form; `target` is the option `out`. */
export function forward(
  open: Open,
  logits: TensorLike,
  z: Source,
  axis: Axis,
  settings: Settings & { readonly kind: number },
  stream: Stream,
  target: unknown,
  index?: Int32Array,
): Differentiable {
  const engine = open();
  const { arena } = engine;
  const count = axis.rows * axis.classes;
  const out = outOf(target, Float32Array, z.shape, count);
  if (out) checkApart(arena, out, z.data, "logits");
  const data = out ?? allocate(Float32Array, count);
  const inPlace = out !== undefined && arena.overlaps(z.data, out);
  // The call may make the memory grow, so it is found out before it how to get at what lies there after it.
  const logitsNow = later(arena, logits, z.data);
  const dataNow = later(arena, target, data);
  const { kind, tau, scale, mark } = settings;
  const guarded = out !== undefined;
  run(engine, { kind, axis, logits: z.data, out: data, index, stream, scale, tau, mark, guarded });
  const result = valuesOf(arena, dataNow, z.shape) as Writable<Differentiable>;
  result.backward = (cotangent: TensorLike, options?: OutOptions): Values => {
    checkOptions(options, BACKWARD_OPTIONS);
    if (inPlace) throw expectedBut(Error, "logits", "those of the forward call", "its result, written over them");
    return backward(open, cotangent, { data: logitsNow(), shape: z.shape }, axis, settings, stream, options?.out);
  };
  return result;
}

/** The gradient with respect to the logits `z`. */
export function backward(
  open: Open,
  cotangent: TensorLike,
  z: Source,
  axis: Axis,
  { gradient, tau, mark, scale }: Settings,
  stream: Stream,
  target: unknown,
): Values {
  const engine = open();
  const { arena } = engine;
  if (tau === 0) throw expectedBut(RangeError, "tau", "a number above 0 for a gradient", "0");
  const c = source(cotangent, "cotangent", z.shape);
  if (!sameShape(c.shape, z.shape)) {
    throw expectedBut(RangeError, "cotangent", `the shape of the logits, [${z.shape}]`, `[${c.shape}]`);
  }
  const count = axis.rows * axis.classes;
  const out = outOf(target, Float32Array, z.shape, count);
  if (out) {
    checkApart(arena, out, z.data, "logits");
    checkApart(arena, out, c.data, "cotangent");
  }
  const data = out ?? allocate(Float32Array, count);
  const dataNow = later(arena, target, data);
  const operands = { logits: z.data, cotangent: c.data, out: data };
  run(engine, { kind: gradient, axis, ...operands, stream, scale, tau, mark, guarded: out !== undefined });
  return valuesOf(arena, dataNow, z.shape);
}

// The two calls behind the operations that give values: forward and backward, on arrays wherever they lie.

import { checkOptions, expectedBut } from "./check.ts";
import { type Engine, NO_STREAM, SOFT, SOFT_GRADIENT, type Stream } from "./job.ts";
import { BACKWARD_OPTIONS, type OutOptions, outOf } from "./options.ts";
import { allocate, type Differentiable, later, type Values, valuesOf, type Writable } from "./results.ts";
import { type Axis, sameShape } from "./shape.ts";
import { type NumericArray, type Source, source, type TensorLike } from "./tensor.ts";
import { liesOn, run } from "./work.ts";

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
  const out = outOf(target, "Float32Array", z.shape, count);
  const data = out ?? allocate(Float32Array, count);
  const { kind, tau, scale, mark } = settings;
  const guarded = out !== undefined;
  const job = run(engine, { kind, axis, logits: z.data, out: data, index, stream, scale, tau, mark, guarded });
  const { inPlace } = job;
  const logitsNow = later(arena, logits, job.logits, job.logitsAt);
  const result = valuesOf(arena, target, job.out!, job.outAt, z.shape) as Writable<Differentiable>;
  result.backward = (cotangent: TensorLike, options?: OutOptions): Values => {
    checkOptions(options, BACKWARD_OPTIONS);
    if (inPlace) throw expectedBut(Error, "logits", "those of the forward call", "its result, written over them");
    return backward(open, cotangent, { data: logitsNow(), shape: z.shape }, axis, settings, stream, options?.out);
  };
  return result;
}

/** The forward call of a sample whose soft form is kept for `backward`, in the array `keep` or one of its own. */
export function forwardKeeping(
  open: Open,
  z: Source,
  axis: Axis,
  { tau, scale, mark, hard }: Omit<Settings, "gradient"> & { readonly hard: boolean },
  stream: Stream,
  target: unknown,
  keep: unknown,
  index: Int32Array,
): Differentiable {
  const engine = open();
  const { arena } = engine;
  const count = axis.rows * axis.classes;
  const out = outOf(target, "Float32Array", z.shape, count);
  const kept = keep === true ? undefined : outOf(keep, "Float32Array", z.shape, count, "keep");
  const outPlace = out && arena.place(out);
  if (outPlace) liesOn(arena, outPlace, arena.place(z.data), "logits");
  if (outPlace && kept && arena.overlaps(outPlace, arena.place(kept))) {
    throw expectedBut(RangeError, "keep", "memory apart from out", "an overlap");
  }
  // A soft sample with nowhere else to be kept is its own.
  const own = !hard && kept === undefined;
  const soft = kept ?? (own ? out : undefined);
  const hidden = soft ?? allocate(Float32Array, count);
  const outNow = out && later(arena, target, out, outPlace!.at);
  const data = own ? hidden : (out ?? allocate(Float32Array, count));
  const guarded = soft !== undefined;
  const job = run(engine, { kind: SOFT, axis, logits: z.data, out: hidden, index, stream, scale, tau, mark, guarded });
  const given = own ? target : keep;
  const softNow = later(arena, given, job.out!, job.outAt);
  const values = own ? job.out! : (outNow?.() ?? data);
  if (hard) fillOneHot(values, index, axis);
  else if (!own) values.set(job.out!);
  const at = own ? job.outAt : (outPlace?.at ?? -1);
  const result = valuesOf(arena, target, values, at, z.shape) as Writable<Differentiable>;
  const settings = { gradient: SOFT_GRADIENT, tau, mark: true, scale: 0 };
  result.backward = (cotangent: TensorLike, options?: OutOptions): Values => {
    checkOptions(options, BACKWARD_OPTIONS);
    return backward(open, cotangent, { data: softNow(), shape: z.shape }, axis, settings, NO_STREAM, options?.out);
  };
  return result;
}

/** One-hot rows of classes, -1 for a row of zeros. */
export function fillOneHot(
  out: Float32Array,
  index: NumericArray,
  { classes, inner }: Pick<Axis, "classes" | "inner">,
): void {
  out.fill(0);
  for (let o = 0, r = 0; r < index.length; o += classes * inner) {
    for (let i = 0; i < inner; i++, r++) {
      const c = index[r]!;
      if (c >= 0) out[o + c * inner + i] = 1;
    }
  }
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
  const out = outOf(target, "Float32Array", z.shape, count);
  const operands = { logits: z.data, cotangent: c.data, out: out ?? allocate(Float32Array, count) };
  const guarded = out !== undefined;
  const job = run(engine, { kind: gradient, axis, ...operands, stream, scale, tau, mark, guarded });
  return valuesOf(arena, target, job.out!, job.outAt, z.shape);
}

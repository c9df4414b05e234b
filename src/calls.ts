// The two calls behind the operations that give values: forward and backward, on arrays wherever they lie.

import { checkOptions, expectedBut } from "./check.ts";
import { estimate, mixed } from "./estimators.ts";
import { type Engine, NO_STREAM, SOFT, SOFT_GRADIENT, type Stream } from "./job.ts";
import type { OutOptions } from "./options.ts";
import { BACKWARD_OPTIONS, type Estimate, outOf, STRAIGHT_THROUGH } from "./read-options.ts";
import { allocate, copied, type Differentiable, later, type Values, valuesOf, type Writable } from "./results.ts";
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
  /** For how many draws of each row the logits stand, if they do. */
  readonly draws?: number | undefined;
  /** Which gradient, if it is not simply that of the kind. */
  readonly estimator?: Estimate | undefined;
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
  const { kind, tau, scale, mark, estimator } = settings;
  const guarded = out !== undefined;
  const call = { kind, axis, logits: z.data, out: data, index, stream, scale, tau, mark, guarded };
  // What is mixed has been read by then, and `out` may lie on it.
  const copy = estimator?.unimix ? copied(z.data) : undefined;
  if (copy) {
    const outNow = out && later(arena, target, out, arena.place(out).at);
    call.logits = mixed(engine, { ...call, logits: copy, scale: 0 }, estimator!.unimix);
    call.out = outNow?.() ?? data;
  }
  const job = run(engine, call);
  const { inPlace } = job;
  const logitsNow = copy ? () => copy : later(arena, logits, job.logits, job.logitsAt);
  const result = valuesOf(arena, target, job.out!, job.outAt, z.shape);
  return differentiable(result, open, logitsNow, z.shape, axis, settings, stream, inPlace);
}

/** The forward call of a sample whose soft form is kept for `backward`, in the array `keep` or one of its own. */
export function forwardKeeping(
  open: Open,
  z: Source,
  axis: Axis,
  { tau, scale, mark, hard, draws }: Omit<Settings, "gradient"> & { readonly hard: boolean },
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
  const result = valuesOf(arena, target, values, at, z.shape);
  const settings = { gradient: SOFT_GRADIENT, tau, mark: true, scale: 0, draws };
  return differentiable(result, open, softNow, z.shape, axis, settings, NO_STREAM, false);
}

//  Adds `backward`, from the logits, or what stands for them, as they are then.
function differentiable(
  values: Writable<Values>,
  open: Open,
  now: () => NumericArray,
  shape: readonly number[],
  axis: Axis,
  settings: Settings,
  stream: Stream,
  inPlace: boolean,
): Differentiable {
  const result = values as Writable<Differentiable>;
  result.backward = (cotangent: TensorLike, options?: OutOptions): Values => {
    checkOptions(options, BACKWARD_OPTIONS);
    if (inPlace) throw expectedBut(Error, "logits", "those of the forward call", "its result, written over them");
    return backward(open, cotangent, { data: now(), shape }, axis, settings, stream, options?.out);
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

/** The gradient with respect to the logits `z`, summed over the draws that they stand for. */
export function backward(
  open: Open,
  cotangent: TensorLike,
  z: Source,
  axis: Axis,
  settings: Settings,
  stream: Stream,
  target: unknown,
): Values {
  const { gradient, tau, mark, draws, estimator } = settings;
  const engine = open();
  const { arena } = engine;
  if (tau === 0) throw expectedBut(RangeError, "tau", "a number above 0 for a gradient", "0");
  const c = source(cotangent, "cotangent", z.shape);
  if (!sameShape(c.shape, z.shape)) {
    throw expectedBut(
      RangeError,
      "cotangent",
      `the shape of the ${draws ? "sample" : "logits"}, [${z.shape}]`,
      `[${c.shape}]`,
    );
  }
  const count = axis.rows * axis.classes;
  const shape = draws ? z.shape.slice(1) : z.shape;
  const size = count / (draws ?? 1);
  const out = outOf(target, "Float32Array", shape, size);
  const scale = estimator ? 0 : settings.scale;
  const aside = draws !== undefined || estimator !== undefined;
  const composed = estimator !== undefined && estimator.kind > STRAIGHT_THROUGH;
  const guarded = !aside && out !== undefined;
  const data = guarded ? out : composed ? undefined : allocate(Float32Array, count);
  const call = {
    kind: gradient,
    axis,
    logits: z.data,
    cotangent: c.data,
    out: data,
    stream,
    scale,
    tau,
    mark,
    guarded,
  };
  if (!aside) {
    const job = run(engine, call);
    return valuesOf(arena, target, job.out!, job.outAt, shape);
  }
  const at = out ? arena.place(out).at : -1;
  const now = out && later(arena, target, out, at);
  const each = composed ? estimate(engine, call, estimator) : run(engine, call).out!;
  const result = now?.() ?? allocate(Float32Array, size);
  for (let e = 0; e < size; e++) {
    let sum = 0;
    for (let n = e; n < count; n += size) sum += each[n]!;
    result[e] = sum * (estimator?.share ?? 1);
  }
  return valuesOf(arena, target, result, at, shape);
}

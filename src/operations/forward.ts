// The two calls behind the operations that give values: forward and backward, on arrays wherever they lie.

import type { OutOptions } from "../arguments/options.ts";
import { BACKWARD_OPTIONS, outOf } from "../arguments/read-options.ts";
import type { Axis } from "../arguments/shape.ts";
import type { NumericArray, Source, TensorLike } from "../arguments/tensor-like.ts";
import { checkOptions, expectedBut } from "../check.ts";
import { SOFT, SOFT_GRADIENT } from "../kernels/abi.ts";
import { allocate, copied, later, valuesOf, type Writable } from "../memory/views.ts";
import type { Differentiable, Values } from "../results.ts";
import { liesOn, run } from "../run/run.ts";
import { NO_STREAM, type Stream } from "../stream.ts";
import { backward } from "./backward.ts";
import { mixed } from "./estimators.ts";
import { fillOneHot } from "./one-hot.ts";
import type { Open, Settings } from "./settings.ts";

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

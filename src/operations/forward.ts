// Forward calls, and the way from a result to its gradient.

import type { OutOptions } from "../arguments/options.ts";
import { BACKWARD_OPTIONS } from "../arguments/read-options.ts";
import { rowStart } from "../arguments/shape.ts";
import type { NumericArray, TensorLike } from "../arguments/tensor-like.ts";
import { allocate, expectedBut, ownOptions } from "../check.ts";
import { LOG, SOFT, SOFT_GRADIENT } from "../kernels/abi.ts";
import { fresh } from "../memory/arena.ts";
import { follow, valuesOf, type Writable } from "../memory/views.ts";
import type { Differentiable, Sample, Values } from "../results.ts";
import { liesOn, run } from "../run/run.ts";
import { NO_STREAM } from "../stream.ts";
import { backward } from "./backward.ts";
import { mixed } from "./estimators.ts";
import { fillOneHot } from "./one-hot.ts";
import { type GradientPlan, type Plan, type SamplePlan, targetOf } from "./plan.ts";

/** Samples of `gumbelSoftmax`, with their indices. */
export function sample(plan: SamplePlan): Writable<Sample> {
  const indices = allocate(Int32Array, plan.axis.rows);
  const keeps = plan.keep !== false && plan.tau > 0;
  const result = (keeps ? forwardKeeping(plan, indices) : forward(plan, indices)) as Writable<Sample>;
  result.indices = indices;
  return result;
}

/** Softmax, or with `kind` LOG its logarithm; at tau = 0 the limit of either. */
export function softened(plan: Plan, kind: number): Differentiable {
  if (kind !== LOG || (plan.tau > 0 && !plan.mark)) return forward(plan);
  const index = allocate(Int32Array, plan.axis.rows);
  const result = forward(plan, index);
  const { data } = result;
  if (plan.tau === 0) {
    // Logarithms of one-hot rows, and of rows of zeros.
    for (let n = 0; n < data.length; n++) data[n] = data[n] === 1 ? 0 : -Infinity;
    return result;
  }
  // Kernels write zeros to a marked row, of which 0 would be the logarithm of 1.
  const { classes, inner } = plan.axis;
  for (let row = index.indexOf(-1); row >= 0; row = index.indexOf(-1, row + 1)) {
    const start = rowStart(row, plan.axis);
    for (let c = 0; c < classes; c++) data[start + c * inner] = -Infinity;
  }
  return result;
}

function forward(plan: Plan, index?: Int32Array): Differentiable {
  const engine = plan.engine();
  const { arena } = engine;
  const { axis, shape, kind, stream, scale, tau, mark, estimator } = plan;
  const count = axis.rows * axis.classes;
  const target = targetOf(engine, plan.out, shape, count);
  const out = target?.place ?? fresh(allocate(Float32Array, count));
  const call = {
    kind,
    axis,
    logits: plan.logits,
    cotangent: undefined,
    scores: undefined,
    out,
    index,
    stream,
    scale,
    tau,
    mark,
  };
  if (estimator?.unimix) {
    // `out` may lie on the logits, which the gradient needs as they were.
    const copy = fresh(allocate(Float32Array, count));
    copy.data.set(plan.logits.data);
    call.logits = fresh(mixed(engine, { ...call, logits: copy, scale: 0 }, estimator.unimix));
    run(engine, call);
    return differentiable(plan, valuesOf(arena, target, out.data, shape), () => copy.data, false);
  }
  const { inPlace } = run(engine, call);
  const logits = follow(arena, plan.given, plan.logits);
  return differentiable(plan, valuesOf(arena, target, out.data, shape), logits, inPlace);
}

//  The forward call of a sample whose soft form is kept for `backward`, in the array `keep` or one of its own.
function forwardKeeping(plan: SamplePlan, index: Int32Array): Differentiable {
  const engine = plan.engine();
  const { arena } = engine;
  const { axis, shape, stream, scale, tau, mark, hard, draws } = plan;
  const count = axis.rows * axis.classes;
  const target = targetOf(engine, plan.out, shape, count);
  const kept = plan.keep === true ? undefined : targetOf(engine, plan.keep, shape, count, "keep");
  if (target) liesOn(arena, target.place, plan.logits, "logits");
  if (target && kept && arena.overlaps(target.place, kept.place)) {
    throw expectedBut(RangeError, "keep", "memory apart from out", "an overlap");
  }
  // A soft sample with nowhere else to be kept is its own.
  const isOwn = !hard && kept === undefined;
  const soft = kept ?? (isOwn ? target : undefined);
  const out = soft?.place ?? fresh(allocate(Float32Array, count));
  const data = isOwn ? out.data : (target?.place.data ?? allocate(Float32Array, count));
  run(engine, {
    kind: SOFT,
    axis,
    logits: plan.logits,
    cotangent: undefined,
    scores: undefined,
    out,
    index,
    stream,
    scale,
    tau,
    mark,
  });
  if (hard) fillOneHot(data, index, axis);
  else if (!isOwn) data.set(out.data);
  const softNow = follow(arena, soft?.given, out);
  const ofSoft: GradientPlan = {
    engine: plan.engine,
    shape,
    axis,
    gradient: SOFT_GRADIENT,
    tau,
    scale: 0,
    mark: true,
    stream: NO_STREAM,
    draws,
    estimator: undefined,
  };
  return differentiable(ofSoft, valuesOf(arena, target, data, shape), softNow, false);
}

//  Adds `backward`. It reads the logits, or the kept soft sample, when it is called.
function differentiable(
  plan: GradientPlan,
  values: Writable<Values>,
  now: () => NumericArray,
  inPlace: boolean,
): Differentiable {
  const result = values as Writable<Differentiable>;
  result.backward = (cotangent: TensorLike, options?: OutOptions): Values => {
    const { out } = ownOptions(options, BACKWARD_OPTIONS);
    if (inPlace) throw expectedBut(Error, "logits", "those of the forward call", "its result, written over them");
    return backward(plan, now(), cotangent, out);
  };
  return result;
}

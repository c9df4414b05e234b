// Forward calls, and the way from a result to its gradient.

import type { SampleBackwardOptions } from "../arguments/options.ts";
import { rowOfElement, rowStart } from "../arguments/shape.ts";
import type { NumericArray } from "../arguments/tensor-like.ts";
import { allocate, expectedBut, ownOptions } from "../check.ts";
import { LOG, SOFT, SOFT_GRADIENT } from "../kernels/abi.ts";
import { type Arena, fresh, type Place } from "../memory/arena.ts";
import { differentiableOf, follow, type Target, type Writable } from "../memory/views.ts";
import type { Differentiable, Sample } from "../results.ts";
import type { Call } from "../run/job.ts";
import { liesOn, run } from "../run/run.ts";
import { NO_STREAM } from "../stream.ts";
import { backward } from "./backward.ts";
import { mixed } from "./estimators.ts";
import { fillOneHot } from "./one-hot.ts";
import { copied, type GradientPlan, type Plan, type SamplePlan, targetOf } from "./plan.ts";

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
    const { taus } = plan;
    for (let n = 0; n < data.length; n++) {
      if (!(taus && taus[rowOfElement(n, plan.axis)]! > 0)) data[n] = data[n] === 1 ? 0 : -Infinity;
    }
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
  const { axis, shape, kind, repeats, estimator } = plan;
  const count = axis.rows * axis.classes;
  const target = targetOf(engine, plan.out, shape, count);
  const out = target?.place ?? fresh(allocate(Float32Array, count));
  const call = callOf(plan, kind, plan.logits, out, index);
  if (estimator?.unimix) {
    // `out` may lie on the logits, which the gradient needs as they were.
    const copy = copied(plan.logits);
    const outer = axis.outer / repeats;
    const ofDraw = { ...call, axis: { ...axis, outer, rows: outer * axis.inner }, draws: 1 };
    const logits = fresh(mixed(engine, { ...ofDraw, logits: copy, scale: 0 }, estimator.unimix));
    run(engine, { ...call, logits });
    return differentiable(arena, plan, target, out.data, () => copy.data, false);
  }
  if (target && plan.draws && arena.overlaps(target.place, plan.logits)) {
    // Draws cannot be written over the logits of all of them.
    const copy = copied(plan.logits);
    run(engine, { ...call, logits: copy });
    return differentiable(arena, plan, target, out.data, () => copy.data, false);
  }
  const { inPlace } = run(engine, call);
  const logits = follow(arena, plan.given, plan.logits);
  return differentiable(arena, plan, target, out.data, logits, inPlace);
}

//  The forward call of a sample whose soft form is kept for `backward`, in the array `keep` or one of its own.
function forwardKeeping(plan: SamplePlan, index: Int32Array): Differentiable {
  const engine = plan.engine();
  const { arena } = engine;
  const { axis, shape, tau, taus, hard, draws } = plan;
  const count = axis.rows * axis.classes;
  const target = targetOf(engine, plan.out, shape, count);
  const kept = plan.keep === true ? undefined : targetOf(engine, plan.keep, shape, count, "keep");
  const overlapping = [target, kept].some((array) => array && arena.overlaps(array.place, plan.logits));
  const logits = draws && overlapping ? copied(plan.logits) : plan.logits;
  if (target) liesOn(arena, target.place, logits, "logits");
  if (target && kept && arena.overlaps(target.place, kept.place)) {
    throw expectedBut(RangeError, "keep", "memory apart from out", "an overlap");
  }
  // A soft sample with nowhere else to be kept is its own.
  const isOwn = !hard && kept === undefined;
  const soft = kept ?? (isOwn ? target : undefined);
  const out = soft?.place ?? fresh(allocate(Float32Array, count));
  const data = isOwn ? out.data : (target?.place.data ?? allocate(Float32Array, count));
  run(engine, callOf(plan, SOFT, logits, out, index));
  if (hard) fillOneHot(data, index, axis);
  else if (!isOwn) data.set(out.data);
  const softNow = follow(arena, soft?.given, out);
  const ofSoft: GradientPlan = {
    engine: plan.engine,
    shape,
    axis,
    gradient: SOFT_GRADIENT,
    tau,
    taus,
    scale: 0,
    mark: true,
    stream: NO_STREAM,
    draws,
    repeats: 1,
    backwardOptions: plan.backwardOptions,
    estimator: undefined,
  };
  return differentiable(arena, ofSoft, target, data, softNow, false);
}

function callOf(
  { axis, repeats, stream, scale, tau, taus, mark }: Plan,
  kind: number,
  logits: Place,
  out: Place<Float32Array>,
  index: Int32Array | undefined,
): Call {
  return {
    kind,
    axis,
    logits,
    draws: repeats,
    cotangent: undefined,
    out,
    sums: undefined,
    index,
    scores: undefined,
    stream,
    scale,
    tau,
    taus,
    mark,
  };
}

//  The result. Its `backward` reads the logits, or the kept soft sample, when it is called.
function differentiable(
  arena: Arena,
  plan: GradientPlan,
  target: Target | undefined,
  data: Float32Array,
  now: () => NumericArray,
  inPlace: boolean,
): Differentiable {
  return differentiableOf(arena, target, data, plan.shape, (cotangent, options) => {
    const given = ownOptions(options, plan.backwardOptions);
    if (inPlace) throw expectedBut(Error, "logits", "those of the forward call", "its result, written over them");
    return backward(plan, now(), cotangent, given.out, (given as SampleBackwardOptions).tauGradient);
  });
}

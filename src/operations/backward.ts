// Gradients with respect to the logits.

import { STRAIGHT_THROUGH } from "../arguments/read-options.ts";
import { sameShape } from "../arguments/shape.ts";
import { type NumericArray, source, type TensorLike } from "../arguments/tensor-like.ts";
import { allocate, checkBoolean, expectedBut, rowError } from "../check.ts";
import { SOFT_GRADIENT } from "../kernels/abi.ts";
import { fresh, type Place } from "../memory/arena.ts";
import { type Target, valuesOf, type Writable } from "../memory/views.ts";
import type { Gradient } from "../results.ts";
import type { Engine } from "../run/engine.ts";
import type { Call } from "../run/job.ts";
import { run } from "../run/run.ts";
import { estimate } from "./estimators.ts";
import { type GradientPlan, targetOf } from "./plan.ts";
import { tauGradient } from "./tau-gradient.ts";

/**
 * Gradient of an operation, summed over the draws. `logits` are those of the plan as they are today, or the kept soft sample.
 */
export function backward(
  plan: GradientPlan,
  logits: NumericArray,
  cotangent: TensorLike,
  out: unknown,
  withTau: unknown = undefined,
): Gradient {
  const engine = plan.engine();
  const { arena } = engine;
  const { axis, tau, taus, draws, estimator } = plan;
  const tauToo = checkBoolean(withTau, "tauGradient", false);
  if (tauToo && plan.gradient === SOFT_GRADIENT) {
    throw expectedBut(RangeError, "tauGradient", "a sample without keep, whose logits are read again", "a kept sample");
  }
  if (tauToo && estimator) {
    throw expectedBut(RangeError, "tauGradient", "false with this estimator", "true");
  }
  if (tau === 0) {
    const wanted = "a number above 0 for a gradient";
    if (!taus) throw expectedBut(RangeError, "tau", wanted, "0");
    const row = taus.indexOf(0);
    throw rowError(RangeError, "tau", wanted, `0 in row ${row}`, row);
  }
  const c = source(cotangent, "cotangent", plan.shape, Float32Array, axis.dim);
  if (!sameShape(c.shape, plan.shape)) {
    const wanted = `the shape of the ${draws ? "sample" : "logits"}, [${plan.shape}]`;
    throw expectedBut(RangeError, "cotangent", wanted, `[${c.shape}]`);
  }
  const shape = draws ? plan.shape.slice(1) : plan.shape;
  const size = (axis.rows * axis.classes) / (draws ?? 1);
  const target = targetOf(engine, out, shape, size);
  const call = callOf(plan, arena.place(logits), arena.place(c.data));
  // Before the gradient may be written over what it reads.
  const ofTau = tauToo ? tauGradient(engine, call) : undefined;
  const data = gradientOf(engine, plan, call, target, size);
  const result: Writable<Gradient> = valuesOf(arena, target, data, shape);
  if (ofTau) result.tau = ofTau;
  return result;
}

function gradientOf(
  engine: Engine,
  { draws, estimator }: GradientPlan,
  call: Writable<Call>,
  target: Target | undefined,
  size: number,
): Float32Array {
  if ((draws ?? 1) === 1 && estimator === undefined) {
    const out = target?.place ?? fresh(allocate(Float32Array, size));
    call.out = out;
    run(engine, call);
    // A sum over draws begins at 0, which makes 0 of -0.
    if (draws) for (let e = 0; e < size; e++) out.data[e]! += 0;
    return out.data;
  }
  const sums = allocate(Float64Array, size);
  if (estimator && estimator.kind > STRAIGHT_THROUGH) estimate(engine, call, estimator, sums);
  else {
    call.sums = sums;
    run(engine, call);
  }
  const result = target?.place.data ?? allocate(Float32Array, size);
  const weight = estimator?.weight ?? 1;
  for (let e = 0; e < size; e++) result[e] = sums[e]! * weight;
  return result;
}

//  The call without the place of its result, which is added to it: to spread an object costs more than a small call.
function callOf(plan: GradientPlan, logits: Place, cotangent: Place): Writable<Call> {
  const { gradient, axis, repeats, stream, tau, taus, mark, estimator } = plan;
  const scale = estimator ? 0 : plan.scale;
  return {
    kind: gradient,
    axis,
    logits,
    draws: repeats,
    cotangent,
    out: undefined,
    sums: undefined,
    index: undefined,
    scores: undefined,
    stream,
    scale,
    tau,
    taus,
    mark,
  };
}

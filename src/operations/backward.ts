// Gradients with respect to the logits.

import { STRAIGHT_THROUGH } from "../arguments/read-options.ts";
import { sameShape } from "../arguments/shape.ts";
import { type NumericArray, source, type TensorLike } from "../arguments/tensor-like.ts";
import { allocate, expectedBut } from "../check.ts";
import { fresh, type Place } from "../memory/arena.ts";
import { valuesOf } from "../memory/views.ts";
import type { Values } from "../results.ts";
import type { Engine } from "../run/engine.ts";
import type { Call } from "../run/job.ts";
import { run } from "../run/run.ts";
import { estimate } from "./estimators.ts";
import { type GradientPlan, targetOf } from "./plan.ts";

/**
 * Gradient of an operation, summed over the draws that its logits stand for. `logits` are those of the plan as they are today,
 * or the kept soft sample.
 */
export function backward(plan: GradientPlan, logits: NumericArray, cotangent: TensorLike, out: unknown): Values {
  const engine = plan.engine();
  const { arena } = engine;
  const { axis, tau, draws, estimator } = plan;
  if (tau === 0) throw expectedBut(RangeError, "tau", "a number above 0 for a gradient", "0");
  const c = source(cotangent, "cotangent", plan.shape, Float32Array, axis.dim);
  if (!sameShape(c.shape, plan.shape)) {
    const wanted = `the shape of the ${draws ? "sample" : "logits"}, [${plan.shape}]`;
    throw expectedBut(RangeError, "cotangent", wanted, `[${c.shape}]`);
  }
  const count = axis.rows * axis.classes;
  const shape = draws ? plan.shape.slice(1) : plan.shape;
  const size = count / (draws ?? 1);
  const target = targetOf(engine, out, shape, size);
  const z = arena.place(logits);
  if (draws === undefined && estimator === undefined) {
    const data = target?.place ?? fresh(allocate(Float32Array, count));
    run(engine, callOf(plan, z, arena.place(c.data), data));
    return valuesOf(arena, target, data.data, shape);
  }
  const each = summands(engine, plan, z, arena.place(c.data));
  const result = target?.place.data ?? allocate(Float32Array, size);
  const weight = estimator?.weight ?? 1;
  for (let e = 0; e < size; e++) {
    let sum = 0;
    for (let n = e; n < count; n += size) sum += each[n]!;
    result[e] = sum * weight;
  }
  return valuesOf(arena, target, result, shape);
}

//  Gradients of all draws.
function summands(engine: Engine, plan: GradientPlan, logits: Place, cotangent: Place): Float32Array | Float64Array {
  const { estimator, axis } = plan;
  if (estimator && estimator.kind > STRAIGHT_THROUGH) {
    return estimate(engine, callOf(plan, logits, cotangent, undefined), estimator);
  }
  const out = fresh(allocate(Float32Array, axis.rows * axis.classes));
  run(engine, callOf(plan, logits, cotangent, out));
  return out.data;
}

function callOf(plan: GradientPlan, logits: Place, cotangent: Place, out: Place<Float32Array> | undefined): Call {
  const { gradient, axis, stream, tau, mark, estimator } = plan;
  const scale = estimator ? 0 : plan.scale;
  return {
    kind: gradient,
    axis,
    logits,
    cotangent,
    out,
    index: undefined,
    scores: undefined,
    stream,
    scale,
    tau,
    mark,
  };
}

// The gradients, on arrays wherever they lie.

import { outOf, STRAIGHT_THROUGH } from "../arguments/read-options.ts";
import { type Axis, sameShape } from "../arguments/shape.ts";
import { type Source, source, type TensorLike } from "../arguments/tensor-like.ts";
import { expectedBut } from "../check.ts";
import { allocate, later, valuesOf } from "../memory/views.ts";
import type { Values } from "../results.ts";
import { run } from "../run/run.ts";
import type { Stream } from "../stream.ts";
import { estimate } from "./estimators.ts";
import type { Open, Settings } from "./settings.ts";

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

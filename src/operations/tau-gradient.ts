// Gradient of a soft sample with respect to its temperature. With p the perturbed logits, d = p - max p and y = softmax(p/tau),
//
//     dy_k/dtau = -y_k * (d_k - <y, d>) / tau^2,    so    dtau = -sum c_k * y_k * (d_k - <y, d>) / tau^2
//
// Method:  p as the kernels form it, from the same noise; the rest in f64, draw by draw
// Error:   < TAU_GRADIENT (tests/tolerance.ts) * max|c| * max|d| / tau^2

import { rowStart } from "../arguments/shape.ts";
import { allocate } from "../check.ts";
import { exp } from "../math.ts";
import { fresh } from "../memory/arena.ts";
import type { Engine } from "../run/engine.ts";
import type { Call } from "../run/job.ts";
import { fillGumbel } from "../run/noise.ts";
import { prove } from "../run/run.ts";
import { byParts } from "./estimators.ts";

/** Gradient with respect to the temperature of each row, summed over the draws; 0 for an invalid row. */
export function tauGradient(engine: Engine, call: Call): Float32Array {
  prove(engine, call);
  const { axis, draws, scale } = call;
  const totals = allocate(Float64Array, axis.rows / draws);
  const weights = allocate(Float64Array, axis.classes);
  byParts(engine, call, (part, _, first) => {
    const p = new Float32Array(part.logits.data);
    if (scale > 0) {
      const noise = allocate(Float32Array, p.length);
      fillGumbel(engine, part.axis, fresh(noise), part.stream, 0, 0, 1);
      for (let e = 0; e < p.length; e++) if (p[e]! > -Infinity) p[e] = p[e]! + scale * noise[e]!;
    }
    for (let r = 0; r < part.axis.rows; r++) {
      const tau = part.taus ? part.taus[r]! : part.tau;
      totals[(first + r) % totals.length]! += ofRow(
        p,
        part.cotangent!.data,
        rowStart(r, part.axis),
        axis,
        tau,
        weights,
      );
    }
  });
  return new Float32Array(totals);
}

function ofRow(
  p: Float32Array,
  c: ArrayLike<number>,
  start: number,
  { classes, inner }: Call["axis"],
  tau: number,
  weights: Float64Array,
): number {
  let max = -Infinity;
  for (let k = 0, at = start; k < classes; k++, at += inner) max = Math.max(max, p[at]!);
  if (!Number.isFinite(max)) return 0;
  let sum = 0;
  let mean = 0;
  for (let k = 0, at = start; k < classes; k++, at += inner) {
    const d = p[at]! - max;
    const weight = exp(d / tau);
    weights[k] = weight;
    // A weight of 0 may stand beside a d of -Infinity.
    if (weight === 0) continue;
    sum += weight;
    mean += weight * d;
  }
  mean /= sum;
  let total = 0;
  for (let k = 0, at = start; k < classes; k++, at += inner) {
    if (weights[k] !== 0) total += c[at]! * weights[k]! * (p[at]! - max - mean);
  }
  // One division at a time: the square of a small tau is 0.
  return 0 - total / sum / tau / tau;
}

// Samples and gradients that take more than one kernel. With D the one-hot vector of the class that was drawn, c the cotangent
// and J(y) = diag(y) - y y':
//
//   straight-through  D from pi = (1 - u)*softmax(z) + u/K over the K open classes; (1 - u) * J(softmax(z/tau)) c / tau
//                     (Bengio, Leonard, Courville, 2013; u as in Hafner et al., "Mastering diverse domains through world
//                     models", 2023)
//   reinmax           2 * J(q) c - J(softmax(z)) c / 2, q = (D + softmax(z/tau))/2 (Liu et al., NeurIPS 2023, algorithm 2)
//   gumbel-rao        the mean of J(y_k) c / tau, y_k = softmax(p_k/tau), p_k perturbed logits given D
//                     (Paulus, Maddison, Krause, ICLR 2021, equation 8)

import { type Estimate, REINMAX } from "../arguments/read-options.ts";
import { rowStart } from "../arguments/shape.ts";
import { allocate } from "../check.ts";
import { GRADIENT, INDEX, LOG, SOFT, SOFT_GRADIENT } from "../kernels/abi.ts";
import { fresh, type Place } from "../memory/arena.ts";
import { PIECE } from "../memory/work-area.ts";
import type { Engine } from "../run/engine.ts";
import type { Call } from "../run/job.ts";
import { fillGumbel } from "../run/noise.ts";
import { run } from "../run/run.ts";
import { CONDITIONAL, SAMPLES } from "../seed.ts";
import { conditioned, logAddExp } from "./perturbed-given.ts";

/** ln pi. Logits that are not finite stay as they are. */
export function mixed(engine: Engine, call: Call, unimix: number): Float32Array {
  const [own, uniform] = [ln(1 - unimix), ln(unimix)];
  const all = allocate(Float32Array, call.logits.data.length);
  byParts(engine, call, (part, from) => {
    const logits = part.logits.data;
    const { length } = logits;
    const pairs = allocate(Float32Array, 2 * length);
    pairs.set(runToNewArray(engine, part, LOG, 1));
    // At an infinite temperature all open classes are alike.
    pairs.set(runToNewArray(engine, part, LOG, Number.MAX_VALUE), length);
    for (let e = 0; e < 2 * length; e++) pairs[e]! += e < length ? own : uniform;
    const logs = pairLog(engine, part, pairs);
    for (let e = 0; e < length; e++) {
      all[from + e] = Number.isFinite(Math.fround(logits[e]!)) ? logs[e]! : logits[e]!;
    }
  });
  return all;
}

/** Gradient by `reinmax`, or the sum of the gradients of all samples by `gumbel-rao`. */
export function estimate(engine: Engine, given: Call, { kind, samples }: Estimate): Float64Array {
  const call = { ...given, logits: asFloats(given.logits), cotangent: asFloats(given.cotangent!) };
  const index = allocate(Int32Array, call.axis.rows);
  run(engine, { ...call, kind: INDEX, index, out: undefined, scale: 1 });
  const sums = allocate(Float64Array, call.logits.data.length);
  byParts(engine, call, (part, from, row) => {
    const { axis, stream, tau } = part;
    const logits = part.logits.data;
    const cotangent = part.cotangent!;
    const positions = index
      .subarray(row, row + axis.rows)
      .map((i, r) => (i < 0 ? i : rowStart(r, axis) + i * axis.inner));
    const add = (each: Float32Array, factor: number): void => {
      for (let e = 0; e < each.length; e++) sums[from + e]! += factor * each[e]!;
    };
    if (kind === REINMAX) {
      const q = runToNewArray(engine, part, SOFT, tau);
      for (const at of positions) q[at]! += 1;
      const halves = q.map((y) => y / 2);
      add(runToNewArray(engine, part, SOFT_GRADIENT, 1, fresh(halves), cotangent), 2);
      add(runToNewArray(engine, part, GRADIENT, 1, part.logits, cotangent), -0.5);
      return;
    }
    const logs = runToNewArray(engine, part, LOG, 1);
    const noise = allocate(Float32Array, logs.length);
    for (let k = 0; k < samples; k++) {
      const number = CONDITIONAL + SAMPLES * k;
      fillGumbel(engine, axis, fresh(noise), stream, number, 0, 1);
      const tops = Float32Array.from(positions, (at) => logits[at]! - logs[at]! + noise[at]!);
      const p = conditioned(logits, noise, tops, positions, axis, (pairs) => pairLog(engine, part, pairs));
      add(runToNewArray(engine, part, GRADIENT, tau, fresh(p), cotangent), 1);
    }
  });
  return sums;
}

//  An array in f32, as the kernels read it, and of no class of the user's.
function asFloats(place: Place): Place {
  if (Object.getPrototypeOf(place.data) === Float32Array.prototype) return place;
  const copy = allocate(Float32Array, place.data.length);
  copy.set(place.data);
  return fresh(copy);
}

//  Cuts a call into parts of whole slabs, so that arrays made on the way stay small; `from` and `row` are where one begins.
function byParts(engine: Engine, call: Call, work: (part: Call, from: number, row: number) => void): void {
  const { axis, logits, cotangent, stream } = call;
  const { outer, classes, inner } = axis;
  const slab = classes * inner;
  const step = Math.max(1, Math.floor(PIECE / slab));
  for (let o = 0; o < outer; o += step) {
    const n = Math.min(step, outer - o);
    const [from, to, row] = [o * slab, (o + n) * slab, o * inner];
    const place = ({ data }: Place) => engine.arena.place(data.subarray(from, to));
    const part = {
      axis: { ...axis, outer: n, rows: n * inner },
      logits: place(logits),
      cotangent: cotangent && place(cotangent),
      stream: { ...stream, rowsBefore: row },
    };
    work({ ...call, ...part }, from, row);
  }
}

function pairLog(engine: Engine, call: Call, pairs: Float32Array): Float32Array {
  const inner = pairs.length / 2;
  const columns = { ...call, axis: { dim: 0, outer: 1, classes: 2, inner, rows: inner } };
  return logAddExp(pairs, runToNewArray(engine, columns, LOG, 1, fresh(pairs)));
}

//  Runs one kernel, to a new array.
function runToNewArray(
  engine: Engine,
  call: Call,
  kind: number,
  tau: number,
  logits: Place = call.logits,
  cotangent?: Place | undefined,
): Float32Array {
  const out = fresh(allocate(Float32Array, logits.data.length));
  run(engine, { ...call, kind, tau, logits, cotangent, out, index: undefined, mark: true });
  return out.data;
}

//  ln x for x from 0 to 1: x = m / 2^n, ln m = 2 atanh((m - 1)/(m + 1)) by its series. Good to f32, and the same everywhere.
function ln(x: number): number {
  let n = 0;
  for (; x > 0 && x < 0.7; x *= 2) n++;
  const s = (x - 1) / (x + 1);
  let sum = 0;
  for (let k = 19; k > 0; k -= 2) sum = sum * s * s + 2 / k;
  return x > 0 ? s * sum - n * Math.LN2 : -Infinity;
}

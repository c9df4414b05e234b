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
import { prove, run } from "../run/run.ts";
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

/** Adds the gradients by `reinmax`, or those of all samples by `gumbel-rao`, to `totals`, draw by draw. */
export function estimate(engine: Engine, call: Call, { kind, samples }: Estimate, totals: Float64Array): void {
  prove(engine, call);
  byParts(engine, call, (part, from) => {
    const { axis, stream } = part;
    const logits = part.logits.data;
    const cotangent = part.cotangent!;
    const index = allocate(Int32Array, axis.rows);
    run(engine, { ...part, kind: INDEX, index, out: undefined, scale: 1, taus: undefined, mark: true });
    const positions = index.map((i, r) => (i < 0 ? i : rowStart(r, axis) + i * axis.inner));
    const sums = allocate(Float64Array, logits.length);
    const add = (each: Float32Array, factor: number): void => {
      for (let e = 0; e < each.length; e++) sums[e]! += factor * each[e]!;
    };
    if (kind === REINMAX) {
      const q = runToNewArray(engine, part, SOFT);
      for (const at of positions) q[at]! += 1;
      const halves = q.map((y) => y / 2);
      add(runToNewArray(engine, part, SOFT_GRADIENT, 1, fresh(halves), cotangent), 2);
      add(runToNewArray(engine, part, GRADIENT, 1, part.logits, cotangent), -0.5);
      addTo(totals, sums, from);
      return;
    }
    const logs = runToNewArray(engine, part, LOG, 1);
    const noise = allocate(Float32Array, logs.length);
    for (let k = 0; k < samples; k++) {
      const number = CONDITIONAL + SAMPLES * k;
      fillGumbel(engine, axis, fresh(noise), stream, number, 0, 1);
      const tops = Float32Array.from(positions, (at) => logits[at]! - logs[at]! + noise[at]!);
      const p = conditioned(logits, noise, tops, positions, axis, (pairs) => pairLog(engine, part, pairs));
      add(runToNewArray(engine, part, GRADIENT, undefined, fresh(p), cotangent), 1);
    }
    addTo(totals, sums, from);
  });
}

//  Adds a part to the totals over draws.
function addTo(totals: Float64Array, sums: Float64Array, from: number): void {
  for (let e = 0; e < sums.length; e++) totals[(from + e) % totals.length]! += sums[e]!;
}

/** Cuts a call into parts of whole slabs, so that arrays made on the way stay small; `from` and `row` are where one begins. */
export function byParts(engine: Engine, call: Call, work: (part: Call, from: number, row: number) => void): void {
  const { axis, logits, cotangent, stream, taus } = call;
  const { outer, classes, inner } = axis;
  const slab = classes * inner;
  const step = Math.max(1, Math.floor(PIECE / slab));
  for (let o = 0; o < outer; o += step) {
    const n = Math.min(step, outer - o);
    const [from, count, row] = [o * slab, n * slab, o * inner];
    const part = {
      axis: { ...axis, outer: n, rows: n * inner },
      logits: partOf(engine, logits, from, count),
      draws: 1,
      cotangent: cotangent && partOf(engine, cotangent, from, count),
      stream: { ...stream, rowsBefore: row },
      taus: taus && Float64Array.from({ length: n * inner }, (_, r) => taus[(row + r) % taus.length]!),
    };
    work({ ...call, ...part }, from, row);
  }
}

//  Some elements in f32, as the kernels read them, and of no class of the user's; behind the last one comes the first again.
function partOf({ arena }: Engine, { data }: Place, from: number, count: number): Place {
  const first = from % data.length;
  if (first + count <= data.length && Object.getPrototypeOf(data) === Float32Array.prototype) {
    return arena.place(data.subarray(first, first + count));
  }
  const part = allocate(Float32Array, count);
  for (let e = 0, at = first; e < count; e++, at = at + 1 === data.length ? 0 : at + 1) part[e] = data[at]!;
  return fresh(part);
}

function pairLog(engine: Engine, call: Call, pairs: Float32Array): Float32Array {
  const inner = pairs.length / 2;
  const columns = { ...call, axis: { dim: 0, outer: 1, classes: 2, inner, rows: inner } };
  return logAddExp(pairs, runToNewArray(engine, columns, LOG, 1, fresh(pairs)));
}

//  Runs one kernel, to a new array, at a temperature or at that of the call.
function runToNewArray(
  engine: Engine,
  call: Call,
  kind: number,
  tau?: number | undefined,
  logits: Place = call.logits,
  cotangent?: Place | undefined,
): Float32Array {
  const out = fresh(allocate(Float32Array, logits.data.length));
  const at = tau === undefined ? { tau: call.tau, taus: call.taus } : { tau, taus: undefined };
  run(engine, { ...call, ...at, kind, logits, cotangent, out, index: undefined, mark: true });
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

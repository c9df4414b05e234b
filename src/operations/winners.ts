// The class of the largest logit, or perturbed logit, of each row.

import type { ArgmaxOptions, CategoricalOptions, Seeded } from "../arguments/options.ts";
import * as read from "../arguments/read-options.ts";
import { type Axis, axisOf } from "../arguments/shape.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { allocate, checkBoolean, ownOptions } from "../check.ts";
import { INDEX } from "../kernels/abi.ts";
import type { Place } from "../memory/arena.ts";
import { indicesOf, type Writable } from "../memory/views.ts";
import type { CategoricalSample, Indices } from "../results.ts";
import type { Engine } from "../run/engine.ts";
import { prove, run } from "../run/run.ts";
import type { Seed } from "../seed.ts";
import { NO_STREAM, type Seeds, type Stream, seedsOf, streamOf } from "../stream.ts";
import { repeatedAxis } from "./plan.ts";

/** Classes of the largest logits. */
export function argmax(engine: Engine, logits: TensorLike, allOptions: ArgmaxOptions): Indices {
  const options = ownOptions(allOptions, read.ARGMAX_OPTIONS);
  const { data, shape: whole } = source(logits, "logits", undefined, Float32Array, options.dim);
  const axis = axisOf(whole, options.dim, "logits");
  const mark = read.markOf(options);
  const shape = whole.filter((_, at) => at !== axis.dim);
  const out = read.outOf(options.out, "Int32Array", shape, axis.rows);
  const place = engine.arena.place(data);
  const indices = winners(engine, place, 1, axis, 0, NO_STREAM, mark, undefined, out);
  return indicesOf(engine.arena, options.out, indices, shape);
}

/** Categorical samples, without the seed that they carry, and that seed. */
export function categorical(
  engine: Engine,
  logits: TensorLike,
  allOptions: Seeded<CategoricalOptions>,
  fresh: () => Seed,
): { sample: Writable<CategoricalSample>; seeds: Seeds } {
  const options = ownOptions(allOptions, read.CATEGORICAL_OPTIONS);
  const z = source(logits, "logits", undefined, Float32Array, options.dim);
  const one = axisOf(z.shape, options.dim, "logits");
  const draws = read.drawsOf(options);
  const seeds = seedsOf(options, one.rows, fresh);
  const stream = streamOf(seeds, options, one, draws);
  const scale = read.noiseScaleOf(options);
  const mark = read.markOf(options);
  const axis = draws === undefined ? one : repeatedAxis(one, draws);
  const scores = checkBoolean(options.scores, "scores", false) ? allocate(Float32Array, axis.rows) : undefined;
  const rows = z.shape.filter((_, at) => at !== one.dim);
  const shape = draws === undefined ? rows : [draws, ...rows];
  const out = read.outOf(options.out, "Int32Array", shape, axis.rows);
  const place = engine.arena.place(z.data);
  const data = winners(engine, place, draws ?? 1, axis, scale, stream, mark, scores, out);
  const sample = indicesOf(engine.arena, options.out, data, shape) as Writable<CategoricalSample>;
  if (scores) sample.scores = scores;
  return { sample, seeds };
}

function winners(
  engine: Engine,
  logits: Place,
  draws: number,
  axis: Axis,
  scale: number,
  stream: Stream,
  mark: boolean,
  scores: Float32Array | undefined,
  out: Int32Array | undefined,
): Int32Array {
  // Indices of one draw are few beside their logits: with a copy of them, `out` stays as it is when the call throws. A copy of
  // many draws would double the result.
  const direct = draws > 1 && out && !engine.arena.overlaps(engine.arena.place(out), logits) ? out : undefined;
  const index = direct ?? allocate(Int32Array, axis.rows);
  const call = {
    kind: INDEX,
    axis,
    logits,
    draws,
    cotangent: undefined,
    out: undefined,
    sums: undefined,
    index,
    scores,
    stream,
    scale,
    tau: 1,
    taus: undefined,
    mark,
  };
  if (direct) prove(engine, call);
  run(engine, call);
  if (!out || direct) return index;
  out.set(index);
  return out;
}

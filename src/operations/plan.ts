// Plans: whatever an operation reads from its arguments, checked, before it computes anything.

import type { GumbelSoftmaxOptions, Seeded, SoftmaxOptions } from "../arguments/options.ts";
import * as read from "../arguments/read-options.ts";
import { type Axis, axisOf } from "../arguments/shape.ts";
import { type NumericArray, source, type TensorLike } from "../arguments/tensor-like.ts";
import { allocate, ownOptions } from "../check.ts";
import { GRADIENT, HARD, SOFT } from "../kernels/abi.ts";
import type { Place } from "../memory/arena.ts";
import type { Target } from "../memory/views.ts";
import type { Engine } from "../run/engine.ts";
import type { Seed } from "../seed.ts";
import { NO_STREAM, type Seeds, type Stream, seedsOf, streamOf } from "../stream.ts";

/** Gives the engine; throws when the instance is closed. */
export type GetEngine = () => Engine;

/** The part of a plan that its gradient needs. */
export interface GradientPlan {
  readonly engine: GetEngine;
  readonly shape: readonly number[];
  readonly axis: Axis;
  /** Kind of the gradient. */
  readonly gradient: number;
  readonly tau: number;
  readonly scale: number;
  readonly mark: boolean;
  readonly stream: Stream;
  /** Number of draws of each row that the logits stand for, if it was given: `shape` then begins with it. */
  readonly draws: number | undefined;
  /** Estimator, if the gradient is not simply that of the kind. */
  readonly estimator: read.Estimate | undefined;
}

/** An operation on logits, whose result can be differentiated. */
export interface Plan extends GradientPlan {
  /** Logits in the form in which they were handed in. */
  readonly given: TensorLike;
  readonly logits: Place;
  /** Kind of the result. */
  readonly kind: number;
  /** The options `out` and `keep` as they were given: whose shape they need to have depends on the call. */
  readonly out: unknown;
  readonly keep: unknown;
}

/** A plan of a sample. */
export interface SamplePlan extends Plan {
  readonly hard: boolean;
  readonly seeds: Seeds;
}

/** Plan of `gumbelSoftmax` or its gradient. */
export function planSample(
  engine: GetEngine,
  given: TensorLike,
  allOptions: Seeded<GumbelSoftmaxOptions>,
  fresh: () => Seed,
): SamplePlan {
  const options = ownOptions(allOptions, read.GUMBEL_SOFTMAX_OPTIONS);
  const { data, shape } = source(given, "logits", undefined, Float32Array, options.dim);
  const axis = axisOf(shape, options.dim, "logits");
  const tau = read.tauOf(options);
  const scale = read.noiseScaleOf(options);
  const chosen = read.estimateOf(options);
  const hard = chosen.kind > 0;
  const mark = read.markOf(options);
  const draws = read.drawsOf(options);
  const seeds = seedsOf(options, axis.rows, fresh);
  const stream = streamOf(seeds, options, axis, draws);
  const { out, keep = false } = options;
  const { arena } = engine();
  return {
    engine,
    given,
    logits: arena.place(draws === undefined ? data : repeated(data, draws)),
    shape: draws === undefined ? shape : [draws, ...shape],
    axis: draws === undefined ? axis : repeatedAxis(axis, draws),
    kind: hard || tau === 0 ? HARD : SOFT,
    gradient: GRADIENT,
    tau,
    scale,
    mark,
    stream,
    draws,
    estimator: chosen.kind < read.STRAIGHT_THROUGH ? undefined : chosen,
    out,
    keep,
    hard,
    seeds,
  };
}

/** Plan of an operation without noise, or its gradient. */
export function planSoftmax(
  engine: GetEngine,
  given: TensorLike,
  allOptions: SoftmaxOptions,
  kind: number,
  gradient: number,
): Plan {
  const options = ownOptions(allOptions, read.SOFTMAX_OPTIONS);
  const { data, shape } = source(given, "logits", undefined, Float32Array, options.dim);
  const axis = axisOf(shape, options.dim, "logits");
  const tau = read.tauOf(options);
  const mark = read.markOf(options);
  const { out } = options;
  const { arena } = engine();
  return {
    engine,
    given,
    logits: arena.place(data),
    shape,
    axis,
    kind: tau === 0 ? HARD : kind,
    gradient,
    tau,
    scale: 0,
    mark,
    stream: NO_STREAM,
    draws: undefined,
    estimator: undefined,
    out,
    keep: false,
  };
}

/** The option `out`, or another that names where f32 results go. */
export function targetOf(
  { arena }: Engine,
  given: unknown,
  shape: readonly number[],
  count: number,
  name: string = "out",
): Target | undefined {
  const data = read.outOf(given, "Float32Array", shape, count, name);
  return data && { given, place: arena.place(data) };
}

/** Logits so many times, one copy after the other. */
export function repeated(data: NumericArray, draws: number): Float32Array {
  const all = allocate(Float32Array, data.length * draws);
  all.set(data);
  for (let n = data.length; n < all.length; n *= 2) all.copyWithin(n, 0, n);
  return all;
}

/** The axis of these copies, which lie along a new first axis. */
export function repeatedAxis(axis: Axis, draws: number): Axis {
  return { ...axis, dim: axis.dim + 1, outer: axis.outer * draws, rows: axis.rows * draws };
}

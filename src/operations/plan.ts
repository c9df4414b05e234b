// Plans: whatever an operation reads from its arguments, checked, before it computes anything.

import type { GumbelSoftmaxOptions, Seeded, SoftmaxOptions } from "../arguments/options.ts";
import * as read from "../arguments/read-options.ts";
import { type Axis, axisOf } from "../arguments/shape.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { allocate, ownOptions } from "../check.ts";
import { GRADIENT, HARD, SOFT } from "../kernels/abi.ts";
import { fresh, type Place } from "../memory/arena.ts";
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
  /** Temperature; with `taus` the least of them. */
  readonly tau: number;
  /** Temperatures of the rows of a draw, where they differ. */
  readonly taus: Float64Array | undefined;
  readonly scale: number;
  readonly mark: boolean;
  readonly stream: Stream;
  /** Number of draws of each row, if it was given: `shape` then begins with it. */
  readonly draws: number | undefined;
  /** Number of draws that each logit stands for. */
  readonly repeats: number;
  /** Options of the result's `backward`. */
  readonly backwardOptions: ReadonlySet<string>;
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
  logits: TensorLike,
  allOptions: Seeded<GumbelSoftmaxOptions>,
  freshSeed: () => Seed,
  known: ReadonlySet<string> = read.GUMBEL_SOFTMAX_OPTIONS,
): SamplePlan {
  const options = ownOptions(allOptions, known);
  const { data, shape } = source(logits, "logits", undefined, Float32Array, options.dim);
  const axis = axisOf(shape, options.dim, "logits");
  const given = read.tauOf(options, axis.rows);
  const taus = typeof given === "number" ? undefined : given;
  const tau = typeof given === "number" ? given : least(given);
  const scale = read.noiseScaleOf(options);
  const chosen = read.estimateOf(options);
  const hard = chosen.kind > 0;
  const mark = read.markOf(options);
  const draws = read.drawsOf(options);
  const seeds = seedsOf(options, axis.rows, freshSeed);
  const stream = streamOf(seeds, options, axis, draws);
  const { out, keep = false } = options;
  const { arena } = engine();
  return {
    engine,
    given: logits,
    logits: arena.place(data),
    shape: draws === undefined ? shape : [draws, ...shape],
    axis: draws === undefined ? axis : repeatedAxis(axis, draws),
    kind: hard ? HARD : kindAt(SOFT, tau, taus),
    gradient: GRADIENT,
    tau,
    taus,
    scale,
    mark,
    stream,
    draws,
    repeats: draws ?? 1,
    backwardOptions: read.SAMPLE_BACKWARD_OPTIONS,
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
  logits: TensorLike,
  allOptions: SoftmaxOptions,
  kind: number,
  gradient: number,
): Plan {
  const options = ownOptions(allOptions, read.SOFTMAX_OPTIONS);
  const { data, shape } = source(logits, "logits", undefined, Float32Array, options.dim);
  const axis = axisOf(shape, options.dim, "logits");
  const given = read.tauOf(options, axis.rows);
  const taus = typeof given === "number" ? undefined : given;
  const tau = typeof given === "number" ? given : least(given);
  const mark = read.markOf(options);
  const { out } = options;
  const { arena } = engine();
  return {
    engine,
    given: logits,
    logits: arena.place(data),
    shape,
    axis,
    kind: kindAt(kind, tau, taus),
    gradient,
    tau,
    taus,
    scale: 0,
    mark,
    stream: NO_STREAM,
    draws: undefined,
    repeats: 1,
    backwardOptions: read.BACKWARD_OPTIONS,
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

/** The axis of so many draws, which lie along a new first axis. */
export function repeatedAxis(axis: Axis, draws: number): Axis {
  return { ...axis, dim: axis.dim + 1, outer: axis.outer * draws, rows: axis.rows * draws };
}

/** A copy of logits, which a result may then be written over. */
export function copied({ data }: Place): Place<Float32Array> {
  const copy = allocate(Float32Array, data.length);
  copy.set(data);
  return fresh(copy);
}

//  The limit at tau = 0; of rows with temperatures of their own, each has its own.
function kindAt(kind: number, tau: number, taus: Float64Array | undefined): number {
  return tau === 0 && taus === undefined ? HARD : kind;
}

function least(taus: Float64Array): number {
  return taus.reduce((tau, other) => Math.min(tau, other));
}

/// <reference lib="esnext.disposable" preserve="true" />
// The public operations: each checks its arguments, then only computes.

import type * as option from "./arguments/options.ts";
import * as read from "./arguments/read-options.ts";
import { type Axis, axis, elements, rowOfElement } from "./arguments/shape.ts";
import { checkShape, type Source, source, type TensorLike } from "./arguments/tensor-like.ts";
import { checkBoolean, checkOptions, checkSize, expected, expectedBut } from "./check.ts";
import { GRADIENT, HARD, INDEX, LOG, LOG_GRADIENT, SOFT } from "./kernels/abi.ts";
import { Tensor } from "./memory/tensor.ts";
import { allocate, later, valuesOf, type Writable } from "./memory/views.ts";
import { backward } from "./operations/backward.ts";
import { forward, forwardKeeping } from "./operations/forward.ts";
import { fillOneHot } from "./operations/one-hot.ts";
import type { Open, Settings } from "./operations/settings.ts";
import type { CategoricalSample, Differentiable, GumbelSample, Indices, RowSeeded, Sample, Values } from "./results.ts";
import type { Engine } from "./run/engine.ts";
import { fillGumbel } from "./run/noise.ts";
import { run } from "./run/run.ts";
import { Generator, type Seed } from "./seed.ts";
import { NO_STREAM, type Stream, streamOf } from "./stream.ts";

/** Operations on one instance of the kernels. Get one from `load` or `loadSync`. */
export class GumbelSoftmax {
  #engine: Engine | undefined;
  readonly #unavailable: string | undefined;
  #generator: Generator | undefined;

  /** @internal */
  constructor(engine: Engine, unavailable: string | undefined) {
    this.#engine = engine;
    this.#unavailable = unavailable;
  }

  /** Threads that work on a call: the calling one, and workers that have started and live. */
  get threads(): number {
    return this.#engine?.pool?.threads ?? 1;
  }

  /** Why there are fewer threads than were asked for. */
  get threadsUnavailable(): string | undefined {
    return this.#unavailable ?? this.#engine?.pool?.failure;
  }

  /** Where calls without `seed` take theirs from, failed ones too; starts from `crypto.getRandomValues` at its first use. */
  get generator(): Generator {
    this.#generator ??= new Generator();
    return this.#generator;
  }

  /**
   * Samples from the Gumbel-Softmax (Concrete) distribution: y = softmax((z + s*g)/tau), g Gumbel noise, or with `hard` the
   * one-hot vector of its largest entry, which has the same gradient.
   *
   * Jang, Gu, Poole, "Categorical reparameterization with Gumbel-Softmax", ICLR 2017, equation 2; Maddison, Mnih, Teh, "The
   * Concrete distribution", ICLR 2017, equation 10.
   *
   * @param logits  unnormalised log-probabilities, f32, any shape; -Infinity masks a class
   * @param options `tau` 1, `hard` false, `estimator` by `hard`, `unimix` 0, `conditionalSamples` 10, `dim` -1, `seed` fresh or
   *                `seeds` one per row, `numSamples` one and no axis for it, `rowOffset` 0, `classOffset` 0, `noiseScale` 1,
   *                `invalid` "throw", `keep` false, `out` a new array
   * @returns       `data` in the shape of the logits, with `numSamples` that axis first; `indices` one per row, the `seed` or
   *                `seeds` used, and `backward`
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value or an invalid row
   * @example
   * const y = gs.gumbelSoftmax([[2, 0.5, -1]], { tau: 0.5, hard: true, seed: 44 });
   * y.data; // => [0, 1, 0]
   * const dz = y.backward([[1, 0, 0]]);
   * dz.data; // => [0.2299, -0.2276, -0.0022]
   */
  gumbelSoftmax(logits: TensorLike, options: option.RowSeeds<option.GumbelSoftmaxOptions>): RowSeeded<Sample>;
  gumbelSoftmax(logits: TensorLike, options?: option.GumbelSoftmaxOptions): Sample;
  gumbelSoftmax(logits: TensorLike, options?: Seeded<option.GumbelSoftmaxOptions>): Sample | RowSeeded<Sample>;
  gumbelSoftmax(logits: TensorLike, options: Seeded<option.GumbelSoftmaxOptions> = {}): Sample | RowSeeded<Sample> {
    const { z, axis, settings, stream, seed } = this.#sampled(logits, options);
    const indices = allocate(Int32Array, axis.rows);
    const { out, keep = false } = options;
    const sample = (
      keep === false || settings.tau === 0
        ? forward(this.#open, logits, z, axis, settings, stream, out, indices)
        : forwardKeeping(this.#open, z, axis, settings, stream, out, keep, indices)
    ) as Writable<Sample>;
    sample.indices = indices;
    return seeded(sample, seed, options.seeds);
  }

  /**
   * `gumbelSoftmax` by the name and the options (`temp`, `hard`) it has in zeta.
   *
   * @example
   * gs.gumbelMax([[0.1, 0.5, 0.4]], { temp: 0.5, hard: true, seed: 44 }).data; // => [0, 1, 0]
   */
  gumbelMax(x: TensorLike, options: option.RowSeeds<option.GumbelSoftmaxOptions>): RowSeeded<Sample>;
  gumbelMax(x: TensorLike, options?: option.GumbelSoftmaxOptions): Sample;
  gumbelMax(x: TensorLike, options?: Seeded<option.GumbelSoftmaxOptions>): Sample | RowSeeded<Sample>;
  gumbelMax(x: TensorLike, options?: Seeded<option.GumbelSoftmaxOptions>): Sample | RowSeeded<Sample> {
    return this.gumbelSoftmax(x, options);
  }

  /**
   * Gradient of a sample, soft or straight-through, with respect to the logits: dz = y*(c - <c, y>)/tau, y the soft sample,
   * whose noise is generated again from the seed.
   *
   * With an `estimator` of its own it is that (docs/estimators.md); with `numSamples` the sum over the draws.
   *
   * @param cotangent gradient of the loss with respect to the sample, in its shape, finite
   * @param logits    as in the forward call
   * @param options   as in the forward call, with the `seed` that it used; `out` is where the gradient goes
   * @throws TypeError for the wrong kind of argument and without a seed; RangeError for a wrong value, an invalid row, a
   *         cotangent that is not finite or of another shape, and tau = 0
   * @example
   * const dz = gs.gumbelSoftmaxBackward([1, 0, 0], [2, 0.5, -1], { tau: 0.5, seed: 44 });
   * dz.data; // => [0.2299, -0.2276, -0.0022]
   */
  gumbelSoftmaxBackward(
    cotangent: TensorLike,
    logits: TensorLike,
    options: option.GumbelSoftmaxBackwardOptions | option.RowSeeds<option.GumbelSoftmaxOptions>,
  ): Values {
    if (options?.seed === undefined && options?.seeds === undefined) {
      checkOptions(options, read.GUMBEL_SOFTMAX_OPTIONS);
      throw expected(TypeError, "seed", "the seed of the forward call", undefined);
    }
    const { z, axis, settings, stream } = this.#sampled(logits, options);
    return backward(this.#open, cotangent, z, axis, settings, stream, options.out);
  }

  /**
   * softmax(z/tau) along `dim`, without noise: e^((z - max z)/tau) / sum.
   *
   * @param logits  f32, any shape; -Infinity masks a class
   * @param options `tau` 1, `dim` -1, `invalid` "throw", `out` a new array
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value or an invalid row
   * @example
   * gs.softmax([1, 2, 3]).data; // => [0.0900, 0.2447, 0.6652]
   */
  softmax(logits: TensorLike, options: option.SoftmaxOptions = {}): Differentiable {
    return this.#softened(SOFT, GRADIENT, logits, options);
  }

  /**
   * log(softmax(z/tau)) along `dim`, without noise: (z - max z)/tau - ln(sum); -Infinity for a masked class.
   *
   * @param logits  f32, any shape; -Infinity masks a class
   * @param options `tau` 1, `dim` -1, `invalid` "throw", `out` a new array
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value or an invalid row
   * @example
   * gs.logSoftmax([1, 2, 3]).data; // => [-2.4076, -1.4076, -0.4076]
   */
  logSoftmax(logits: TensorLike, options: option.SoftmaxOptions = {}): Differentiable {
    return this.#softened(LOG, LOG_GRADIENT, logits, options);
  }

  /**
   * Gradient of `softmax` with respect to the logits: dz = y*(c - <c, y>)/tau, from the Jacobian (diag(y) - y y')/tau.
   *
   * @param cotangent gradient of the loss with respect to the result, in the shape of the logits, finite
   * @param logits    as in the forward call
   * @param options   as in the forward call; `out` is where the gradient goes
   * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, an invalid row, a cotangent that is not
   *         finite or of another shape, and tau = 0
   * @example
   * gs.softmaxBackward([1, 0, 0], [1, 2, 3]).data; // => [0.0819, -0.0220, -0.0599]
   */
  softmaxBackward(cotangent: TensorLike, logits: TensorLike, options: option.SoftmaxOptions = {}): Values {
    return this.#softenedBackward(GRADIENT, cotangent, logits, options);
  }

  /**
   * Gradient of `logSoftmax` with respect to the logits: dz = (c - y*<c, 1>)/tau, y = softmax(z/tau), from the Jacobian
   * (identity - 1 y')/tau.
   *
   * @param cotangent gradient of the loss with respect to the result, in the shape of the logits, finite
   * @param logits    as in the forward call
   * @param options   as in the forward call; `out` is where the gradient goes
   * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, an invalid row, a cotangent that is not
   *         finite or of another shape, and tau = 0
   * @example
   * gs.logSoftmaxBackward([1, 0, 0], [1, 2, 3]).data; // => [0.9100, -0.2447, -0.6652]
   */
  logSoftmaxBackward(cotangent: TensorLike, logits: TensorLike, options: option.SoftmaxOptions = {}): Values {
    return this.#softenedBackward(LOG_GRADIENT, cotangent, logits, options);
  }

  /**
   * One-hot rows, exactly 0 and 1; an index of -1 gives a row of zeros.
   *
   * @param indices integers from -1 to classes - 1, any shape
   * @param classes length of the new axis
   * @param options `dim` -1, where the new axis stands in the result; `out` a new array
   * @throws RangeError for an index out of range
   * @example
   * gs.oneHot([2, 0], 3).data; // => [0, 0, 1, 1, 0, 0]
   */
  oneHot(indices: TensorLike, classes: number, options: option.OneHotOptions = {}): Values {
    const { arena } = this.#open();
    checkOptions(options, read.ONE_HOT_OPTIONS);
    const { data: from, shape: rows } = source(indices, "indices", undefined, Float64Array);
    if (checkSize(classes, "classes") === 0) throw expected(RangeError, "classes", "at least one class", classes);
    const ones = new Array<number>(rows.length + 1).fill(1);
    const { dim: at } = axis(ones, options.dim === undefined ? -1 : options.dim, "indices");
    const shape = [...rows.slice(0, at), classes, ...rows.slice(at)];
    const inner = elements(rows.slice(at), "indices");
    for (let r = 0; r < from.length; r++) {
      const c = from[r]!;
      if (!Number.isInteger(c) || c < -1 || c >= classes) {
        throw expectedBut(RangeError, "indices", `integers from -1 to ${classes - 1}`, `${c} at position ${r}`);
      }
    }
    const count = elements(shape, "classes");
    const out = read.outOf(options.out, "Float32Array", shape, count);
    const place = out && arena.place(out);
    if (place && arena.overlaps(place, arena.place(from)))
      throw expectedBut(RangeError, "out", "memory apart from indices", "an overlap");
    const data = out ?? allocate(Float32Array, count);
    fillOneHot(data, from, { classes, inner });
    return valuesOf(arena, options.out, data, place?.at ?? -1, shape);
  }

  /**
   * The class of the largest logit, the lowest one on a tie.
   *
   * @param logits  f32, any shape
   * @param options `dim` -1, `invalid` "throw", `out` a new Int32Array
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value or an invalid row
   * @example
   * gs.argmax([[1, 3, 2]]).indices; // => [1]
   */
  argmax(logits: TensorLike, options: option.ArgmaxOptions = {}): Indices {
    checkOptions(options, read.ARGMAX_OPTIONS);
    const z = source(logits, "logits");
    const along = axisOf(z, options);
    const shape = rowShape(z, along);
    const indices = this.#indices(z, along, options, shape, NO_STREAM, 0, undefined);
    return { data: indices, indices, shape };
  }

  /**
   * Categorical samples by the Gumbel-max trick: argmax(z + s*g), without a soft sample.
   *
   * Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 2.
   *
   * @param logits  unnormalised log-probabilities, f32, any shape; -Infinity masks a class
   * @param options `dim` -1, `seed` fresh or `seeds` one per row, `numSamples` one and no axis for it (several take room for so
   *                many copies of the logits), `rowOffset` 0, `classOffset` 0, `noiseScale` 1, `invalid` "throw", `scores` false,
   *                `out` a new Int32Array
   * @returns       the same indices as `gumbelSoftmax` with the same seed. Slices of classes merge by the largest score, then
   *                the lowest class.
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value or an invalid row
   * @example
   * gs.categorical([[0.1, 0.5, 0.4]], { seed: 44 }).indices; // => [1]
   * gs.categorical([[0.1, 0.5, 0.4]], { seed: 44, numSamples: 3 }).shape; // => [3, 1]
   */
  categorical(logits: TensorLike, options: option.RowSeeds<option.CategoricalOptions>): RowSeeded<CategoricalSample>;
  categorical(logits: TensorLike, options?: option.CategoricalOptions): CategoricalSample;
  categorical(
    logits: TensorLike,
    options?: Seeded<option.CategoricalOptions>,
  ): CategoricalSample | RowSeeded<CategoricalSample>;
  categorical(
    logits: TensorLike,
    options: Seeded<option.CategoricalOptions> = {},
  ): CategoricalSample | RowSeeded<CategoricalSample> {
    checkOptions(options, read.CATEGORICAL_OPTIONS);
    let z = source(logits, "logits");
    let along = axisOf(z, options);
    const draws = read.drawsOf(options);
    const seed = this.#seed(options);
    const stream = streamOf(options, seed, along, draws);
    const scale = read.noiseScaleOf(options);
    if (draws) [z, along] = drawn(z, along, draws);
    const scores = checkBoolean(options.scores, "scores", false) ? allocate(Float32Array, along.rows) : undefined;
    const shape = rowShape(z, along);
    const indices = this.#indices(z, along, options, shape, stream, scale, scores);
    const sample = { data: indices, indices, shape } as Writable<CategoricalSample>;
    if (scores) sample.scores = scores;
    return seeded(sample, seed, options.seeds);
  }

  /**
   * Gumbel(loc, scale) variates, the noise that every other operation adds: loc + scale*g, g = -ln(-ln(1 - v)), v uniform
   * (E. J. Gumbel, "Statistical theory of extreme values", 1954).
   *
   * @param shape   of the result; the noise of position c along `dim` is that of class c
   * @param options `loc` 0, `scale` 1, `dim` -1, `seed` fresh, `stream` 0, `rowOffset` 0, `classOffset` 0, `out` a new array
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value
   * @example
   * gs.gumbel([3], { loc: 0, scale: 2, seed: 44 }).data; // => [-0.0734, 4.7960, 3.1704]
   */
  gumbel(shape: readonly number[], options: option.GumbelOptions = {}): GumbelSample {
    const engine = this.#open();
    checkOptions(options, read.GUMBEL_OPTIONS);
    const sizes = checkShape(shape, "shape");
    const count = elements(sizes, "shape");
    const along = axis(sizes, options.dim === undefined ? -1 : options.dim, "shape");
    const seed = this.#seed(options);
    const stream = streamOf(options, seed, along);
    const number = read.streamNumberOf(options);
    const loc = read.locOf(options);
    const scale = read.scaleOf(options);
    const out = read.outOf(options.out, "Float32Array", sizes, count);
    const data = out ?? allocate(Float32Array, count);
    const at = out ? engine.arena.place(out).at : -1;
    fillGumbel(engine, along, data, at, stream, number, loc, scale);
    const result = valuesOf(engine.arena, options.out, data, at, sizes) as Writable<GumbelSample>;
    result.seed = BigInt(seed);
    return result;
  }

  /**
   * A tensor of zeros inside the module's memory: as an input or `out` it is used without a copy. Call `free()` when done.
   *
   * @throws RangeError that says how much was asked for, when there is no memory for it
   * @example
   * const z = gs.empty([2, 3]);
   * z.data.set([1, 2, 3, 3, 2, 1]);
   * gs.argmax(z).indices; // => [2, 0]
   * z.free();
   */
  empty(shape: readonly number[]): Tensor {
    return new Tensor(this.#open().arena, checkShape(shape, "shape"));
  }

  /**
   * Ends the instance and its workers: further calls are an Error. A second `close` does nothing.
   *
   * @example
   * gs.close(); // => undefined
   */
  close(): void {
    this.#engine?.pool?.close();
    this.#engine = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  //  Of no effect beside seeds.
  #seed({ seed, seeds }: { seed?: Seed | undefined; seeds?: BigUint64Array | undefined }): Seed {
    if (seed !== undefined) return seed;
    return seeds === undefined ? this.generator.next() : 0;
  }

  readonly #open: Open = () => {
    if (this.#engine === undefined) throw expectedBut(Error, "instance", "an open one", "one that is closed");
    return this.#engine;
  };

  //  What forward and backward of a sample read from their arguments.
  #sampled(logits: TensorLike, options: Seeded<option.GumbelSoftmaxOptions>): Sampled {
    checkOptions(options, read.GUMBEL_SOFTMAX_OPTIONS);
    let z = source(logits, "logits");
    let along = axisOf(z, options);
    const tau = read.tauOf(options);
    const scale = read.noiseScaleOf(options);
    const chosen = read.estimateOf(options);
    const hard = chosen.kind > 0;
    const estimator = chosen.kind < read.STRAIGHT_THROUGH ? undefined : chosen;
    const mark = read.markOf(options);
    const draws = read.drawsOf(options);
    const seed = this.#seed(options);
    const stream = streamOf(options, seed, along, draws);
    if (draws) [z, along] = drawn(z, along, draws);
    const kind = hard || tau === 0 ? HARD : SOFT;
    const settings = { kind, gradient: GRADIENT, tau, mark, scale, hard, draws, estimator };
    return { z, axis: along, settings, stream, seed };
  }

  #softened(kind: number, gradient: number, logits: TensorLike, options: option.SoftmaxOptions): Differentiable {
    checkOptions(options, read.SOFTMAX_OPTIONS);
    const z = source(logits, "logits");
    const along = axisOf(z, options);
    const tau = read.tauOf(options);
    const settings = { kind: tau === 0 ? HARD : kind, gradient, tau, mark: read.markOf(options), scale: 0 };
    if (tau > 0 || kind !== LOG) return forward(this.#open, logits, z, along, settings, NO_STREAM, options.out);
    const index = allocate(Int32Array, along.rows);
    const result = forward(this.#open, logits, z, along, settings, NO_STREAM, options.out, index);
    logarithms(result.data, index, along);
    return result;
  }

  #softenedBackward(
    gradient: number,
    cotangent: TensorLike,
    logits: TensorLike,
    options: option.SoftmaxOptions,
  ): Values {
    checkOptions(options, read.SOFTMAX_OPTIONS);
    const z = source(logits, "logits");
    const settings = { gradient, tau: read.tauOf(options), mark: read.markOf(options), scale: 0 };
    return backward(this.#open, cotangent, z, axisOf(z, options), settings, NO_STREAM, options.out);
  }

  #indices(
    z: Source,
    axis: Axis,
    options: Pick<option.ArgmaxOptions, "invalid" | "out">,
    shape: readonly number[],
    stream: Stream,
    scale: number,
    scores: Float32Array | undefined,
  ): Int32Array {
    const engine = this.#open();
    const { arena } = engine;
    const mark = read.markOf(options);
    const index = allocate(Int32Array, axis.rows);
    const out = read.outOf(options.out, "Int32Array", shape, axis.rows);
    // Indices are few beside their logits: with a copy of them, `out` stays as it is when the call throws.
    const now = out && later(arena, options.out, out, arena.place(out).at);
    run(engine, { kind: INDEX, axis, logits: z.data, index, scores, stream, scale, tau: 1, mark, guarded: false });
    if (!now) return index;
    const target = now();
    target.set(index);
    return target;
  }
}

interface Sampled {
  readonly z: Source;
  readonly axis: Axis;
  readonly settings: Settings & { readonly kind: number; readonly hard: boolean };
  readonly stream: Stream;
  readonly seed: Seed;
}

/** Options that may have `seed` or `seeds`. */
type Seeded<Options> = Options | option.RowSeeds<Options>;

//  A result with the seed, or the seeds, that it comes from.
function seeded<Result extends { seed: bigint }>(
  result: Writable<Result>,
  seed: Seed,
  seeds: BigUint64Array | undefined,
): Result {
  if (seeds) (result as { seeds?: BigUint64Array }).seeds = seeds.slice();
  else result.seed = BigInt(seed);
  return result;
}

//  The logits so many times, one after the other, along a new first axis.
function drawn({ data, shape }: Source, axis: Axis, draws: number): [Source, Axis] {
  const all = allocate(Float32Array, data.length * draws);
  all.set(data);
  for (let n = data.length; n < all.length; n *= 2) all.copyWithin(n, 0, n);
  const tiled = { ...axis, dim: axis.dim + 1, outer: axis.outer * draws, rows: axis.rows * draws };
  return [{ data: all, shape: [draws, ...shape] }, tiled];
}

//  The logarithms of one-hot rows, in place; rows without a class stay zeros.
function logarithms(hard: Float32Array, index: Int32Array, along: Axis): void {
  for (let n = 0; n < hard.length; n++) {
    if (index[rowOfElement(n, along)]! >= 0) hard[n] = hard[n] === 1 ? 0 : -Infinity;
  }
}

function axisOf(z: Source, { dim }: { dim?: number | undefined }): Axis {
  return axis(z.shape, dim === undefined ? -1 : dim, "logits");
}

function rowShape(z: Source, { dim }: Axis): number[] {
  return z.shape.filter((_, at) => at !== dim);
}

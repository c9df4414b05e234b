// The public operations: each checks its arguments, then only computes.

import { Arena } from "./arena.ts";
import { checkBoolean, checkOptions, checkSize, expected, expectedBut } from "./check.ts";
import { Tensor } from "./empty.ts";
import type { Instance, Kernels } from "./instance.ts";
import * as option from "./options.ts";
import { overlaps } from "./pieces.ts";
import { Generator, type Seed, seedOf } from "./seed.ts";
import { type Axis, axis, elements, sameShape } from "./shape.ts";
import { type ArrayLike, checkShape, type NumericArray, type Source, source } from "./tensor.ts";
import { fillGumbel, GRADIENT, HARD, INDEX, type Job, LOG, LOG_GRADIENT, run, SOFT, type Stream } from "./work.ts";

/** f32 values in C-order. */
export interface Values {
  readonly data: Float32Array;
  readonly shape: number[];
}

/** A result that can be differentiated. The gradient is computed from the logits as they are then: keep them unchanged. */
export interface Differentiable extends Values {
  /**
   * Gradient with respect to the logits.
   *
   * @param cotangent gradient of the loss with respect to `data`, same shape, finite
   * @param options   `out`, where the gradient goes
   * @throws RangeError at tau = 0, or for a cotangent that is not finite
   */
  backward(cotangent: ArrayLike, options?: option.OutOptions): Values;
}

/** A Gumbel-Softmax sample. */
export interface Sample extends Differentiable {
  /** The class of the largest perturbed logit of each row, rows in C-order with `dim` removed; -1 for an invalid row. */
  readonly indices: Int32Array;
  /** The seed that was used. */
  readonly seed: bigint;
}

/** One class per row; -1 for an invalid row. */
export interface Indices {
  readonly data: Int32Array;
  /** The same array as `data`. */
  readonly indices: Int32Array;
  /** The shape of the logits without `dim`. */
  readonly shape: number[];
}

/** A categorical sample. */
export interface CategoricalSample extends Indices {
  readonly seed: bigint;
  /** With the option `scores`: the winning perturbed logit of each row, -Infinity for an invalid row. */
  readonly scores?: Float32Array;
}

/** Gumbel noise. */
export interface GumbelSample extends Values {
  readonly seed: bigint;
}

/** A result in the module's memory, whose views end when that grows: each use of `data` finds today's. */
class Resident implements Differentiable {
  readonly shape: number[];
  readonly backward: Differentiable["backward"];
  readonly #now: () => Float32Array;

  constructor(now: () => Float32Array, shape: number[], backward: Differentiable["backward"]) {
    this.#now = now;
    this.shape = shape;
    this.backward = backward;
  }

  get data(): Float32Array {
    return this.#now();
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_STREAM: Stream = { seed: { lo: 0, hi: 0 }, row: { lo: 0, hi: 0 }, firstClass: 0 };

/** What a gradient needs to know of the forward call. */
interface Settings {
  readonly gradient: number;
  readonly tau: number;
  readonly mark: boolean;
  readonly scale: number;
}

/** Operations on one instance of the kernels. Get one from `load` or `loadSync`. */
export class GumbelSoftmax {
  /** Threads that work on a call. */
  readonly threads: number = 1;
  /** Why there are fewer threads than were asked for. */
  readonly threadsUnavailable: string | undefined;
  #kernels: Kernels | undefined;
  #arena: Arena | undefined;
  #generator: Generator | undefined;

  /** @internal */
  constructor(instance: Instance, threadsUnavailable?: string) {
    this.#kernels = instance.kernels;
    this.#arena = new Arena(instance);
    this.threadsUnavailable = threadsUnavailable;
  }

  /** Where calls without `seed` take theirs from; starts from `crypto.getRandomValues` at its first use. */
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
   * @param options `tau` 1, `hard` false, `dim` -1, `seed` fresh, `rowOffset` 0, `classOffset` 0, `noiseScale` 1,
   *                `invalid` "throw", `out` a new array
   * @returns       `data` in the shape of the logits, `indices` one per row, the `seed` used, and `backward`
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value or an invalid row
   * @example
   * const y = gs.gumbelSoftmax([[2, 0.5, -1]], { tau: 0.5, hard: true, seed: 44 });
   * y.data; // => [0, 1, 0]
   * const dz = y.backward([[1, 0, 0]]);
   * dz.data; // => [0.2299, -0.2276, -0.0022]
   */
  gumbelSoftmax(logits: ArrayLike, options: option.GumbelSoftmaxOptions = {}): Sample {
    checkOptions(options, option.GUMBEL_SOFTMAX_OPTIONS);
    const z = source(logits, "logits");
    const along = axisOf(z, options);
    const tau = option.tauOf(options);
    const hard = option.hardOf(options);
    const stream = option.streamOf(options, this.#seed(options), along);
    const scale = option.noiseScaleOf(options);
    const mark = option.markOf(options);
    const indices = new Int32Array(along.rows);
    const settings = { kind: hard || tau === 0 ? HARD : SOFT, gradient: GRADIENT, tau, mark, scale };
    const sample = this.#forward(logits, z, along, settings, stream, options.out, indices) as Writable<Sample>;
    sample.indices = indices;
    sample.seed = seedOf(stream.seed.lo, stream.seed.hi);
    return sample;
  }

  /** `gumbelSoftmax` by the name and the options (`temp`, `hard`) it has in zeta. */
  gumbelMax(x: ArrayLike, options: option.GumbelSoftmaxOptions = {}): Sample {
    return this.gumbelSoftmax(x, options);
  }

  /**
   * Gradient of a sample, soft or straight-through, with respect to the logits: dz = y*(c - <c, y>)/tau, y the soft sample,
   * whose noise is generated again from the seed.
   *
   * @param cotangent gradient of the loss with respect to the sample, in the shape of the logits, finite
   * @param logits    as in the forward call
   * @param options   as in the forward call, with the `seed` that it used; `out` is where the gradient goes
   * @throws RangeError at tau = 0; TypeError without a seed
   * @example
   * const dz = gs.gumbelSoftmaxBackward([1, 0, 0], [2, 0.5, -1], { tau: 0.5, seed: 44 });
   * dz.data; // => [0.2299, -0.2276, -0.0022]
   */
  gumbelSoftmaxBackward(cotangent: ArrayLike, logits: ArrayLike, options: option.GumbelSoftmaxOptions): Values {
    checkOptions(options, option.GUMBEL_SOFTMAX_OPTIONS);
    const z = source(logits, "logits");
    const along = axisOf(z, options ?? {});
    if (options?.seed === undefined) throw expected(TypeError, "seed", "the seed of the forward call", undefined);
    option.hardOf(options);
    const settings = {
      gradient: GRADIENT,
      tau: option.tauOf(options),
      mark: option.markOf(options),
      scale: option.noiseScaleOf(options),
    };
    const stream = option.streamOf(options, options.seed, along);
    return this.#backward(cotangent, z, along, settings, stream, options.out);
  }

  /**
   * softmax(z/tau) along `dim`, without noise.
   *
   * @param logits  f32, any shape; -Infinity masks a class
   * @param options `tau` 1, `dim` -1, `invalid` "throw", `out` a new array
   * @example
   * gs.softmax([1, 2, 3]).data; // => [0.0900, 0.2447, 0.6652]
   */
  softmax(logits: ArrayLike, options: option.SoftmaxOptions = {}): Differentiable {
    return this.#softened(SOFT, GRADIENT, logits, options);
  }

  /**
   * log(softmax(z/tau)) along `dim`, without noise; -Infinity for a masked class. Options as for `softmax`.
   *
   * @example
   * gs.logSoftmax([1, 2, 3]).data; // => [-2.4076, -1.4076, -0.4076]
   */
  logSoftmax(logits: ArrayLike, options: option.SoftmaxOptions = {}): Differentiable {
    return this.#softened(LOG, LOG_GRADIENT, logits, options);
  }

  /** Gradient of `softmax`: dz = y*(c - <c, y>)/tau. Arguments as for `gumbelSoftmaxBackward`, but for the noise. */
  softmaxBackward(cotangent: ArrayLike, logits: ArrayLike, options: option.SoftmaxOptions = {}): Values {
    return this.#softenedBackward(GRADIENT, cotangent, logits, options);
  }

  /** Gradient of `logSoftmax`: dz = (c - y*<c, 1>)/tau, y = softmax(z/tau). Arguments as for `softmaxBackward`. */
  logSoftmaxBackward(cotangent: ArrayLike, logits: ArrayLike, options: option.SoftmaxOptions = {}): Values {
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
  oneHot(indices: ArrayLike, classes: number, options: option.OneHotOptions = {}): Values {
    this.#opened();
    checkOptions(options, option.ONE_HOT_OPTIONS);
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
    const out = option.outOf(options.out, Float32Array, shape, count);
    if (out) option.checkApart(out, from, "indices");
    const data = out ?? new Float32Array(count);
    out?.fill(0);
    for (let r = 0; r < from.length; r++) {
      const c = from[r]!;
      if (c >= 0) data[(Math.floor(r / inner) * classes + c) * inner + (r % inner)] = 1;
    }
    return { data, shape };
  }

  /**
   * The class of the largest logit, the lowest one on a tie.
   *
   * @param logits  f32, any shape
   * @param options `dim` -1, `invalid` "throw", `out` a new Int32Array
   * @example
   * gs.argmax([[1, 3, 2]]).indices; // => [1]
   */
  argmax(logits: ArrayLike, options: option.ArgmaxOptions = {}): Indices {
    checkOptions(options, option.ARGMAX_OPTIONS);
    const z = source(logits, "logits");
    const along = axisOf(z, options);
    const indices = this.#indices(z, along, options, NO_STREAM, 0, undefined);
    return { data: indices, indices, shape: rowShape(z, along) };
  }

  /**
   * Categorical samples by the Gumbel-max trick: argmax(z + s*g), without a soft sample.
   *
   * Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 2.
   *
   * @param logits  unnormalised log-probabilities, f32, any shape; -Infinity masks a class
   * @param options `dim` -1, `seed` fresh, `rowOffset` 0, `classOffset` 0, `noiseScale` 1, `invalid` "throw", `scores` false,
   *                `out` a new Int32Array
   * @returns       the same indices as `gumbelSoftmax` with the same seed. Slices of classes merge by the largest score, then
   *                the lowest class.
   * @example
   * gs.categorical([[0.1, 0.5, 0.4]], { seed: 44 }).indices; // => [1]
   */
  categorical(logits: ArrayLike, options: option.CategoricalOptions = {}): CategoricalSample {
    checkOptions(options, option.CATEGORICAL_OPTIONS);
    const z = source(logits, "logits");
    const along = axisOf(z, options);
    const stream = option.streamOf(options, this.#seed(options), along);
    const scale = option.noiseScaleOf(options);
    const scores = checkBoolean(options.scores, "scores", false) ? new Float32Array(along.rows) : undefined;
    const indices = this.#indices(z, along, options, stream, scale, scores);
    const seed = seedOf(stream.seed.lo, stream.seed.hi);
    const sample = { data: indices, indices, shape: rowShape(z, along), seed };
    return scores ? { ...sample, scores } : sample;
  }

  /**
   * Gumbel(loc, scale) variates, the noise that every other operation adds: loc + scale*g.
   *
   * @param shape   of the result; the noise of position c along `dim` is that of class c
   * @param options `loc` 0, `scale` 1, `dim` -1, `seed` fresh, `rowOffset` 0, `classOffset` 0, `out` a new array
   * @example
   * gs.gumbel([3], { loc: 0, scale: 2, seed: 44 }).data; // => [-0.0734, 4.7960, 3.1704]
   */
  gumbel(shape: readonly number[], options: option.GumbelOptions = {}): GumbelSample {
    const { kernels, arena } = this.#opened();
    checkOptions(options, option.GUMBEL_OPTIONS);
    const sizes = checkShape(shape, "shape");
    const count = elements(sizes, "shape");
    const along = axis(sizes, options.dim === undefined ? -1 : options.dim, "shape");
    const stream = option.streamOf(options, this.#seed(options), along);
    const loc = option.locOf(options);
    const scale = option.scaleOf(options);
    const data = option.outOf(options.out, Float32Array, sizes, count) ?? new Float32Array(count);
    fillGumbel(kernels, arena, along, data, stream, loc, scale);
    return { data, shape: sizes, seed: seedOf(stream.seed.lo, stream.seed.hi) };
  }

  /**
   * A tensor of zeros inside the module's memory: as an input or `out` it is used without a copy. Call `free()` when done.
   *
   * @throws RangeError that says how much was asked for, when there is no memory for it
   */
  empty(shape: readonly number[]): Tensor {
    return new Tensor(this.#opened().arena, checkShape(shape, "shape"));
  }

  /** Ends the instance: further calls are an Error. A second `close` does nothing. */
  close(): void {
    this.#kernels = undefined;
    this.#arena = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #seed({ seed }: option.StreamOptions): Seed {
    return seed === undefined ? this.generator.next() : seed;
  }

  #opened(): { kernels: Kernels; arena: Arena } {
    if (!this.#kernels || !this.#arena) throw expectedBut(Error, "instance", "an open one", "one that is closed");
    return { kernels: this.#kernels, arena: this.#arena };
  }

  #run(job: Job): void {
    const { kernels, arena } = this.#opened();
    run(kernels, arena, job);
  }

  #softened(kind: number, gradient: number, logits: ArrayLike, options: option.SoftmaxOptions): Differentiable {
    checkOptions(options, option.SOFTMAX_OPTIONS);
    const z = source(logits, "logits");
    const along = axisOf(z, options);
    const tau = option.tauOf(options);
    const settings = { kind: tau === 0 ? HARD : kind, gradient, tau, mark: option.markOf(options), scale: 0 };
    const result = this.#forward(logits, z, along, settings, NO_STREAM, options.out);
    if (tau === 0 && kind === LOG)
      result.data.forEach((y, n) => {
        result.data[n] = y === 1 ? 0 : Number.NEGATIVE_INFINITY;
      });
    return result;
  }

  #softenedBackward(gradient: number, cotangent: ArrayLike, logits: ArrayLike, options: option.SoftmaxOptions): Values {
    checkOptions(options, option.SOFTMAX_OPTIONS);
    const z = source(logits, "logits");
    const settings = { gradient, tau: option.tauOf(options), mark: option.markOf(options), scale: 0 };
    return this.#backward(cotangent, z, axisOf(z, options), settings, NO_STREAM, options.out);
  }

  #forward(
    logits: ArrayLike,
    z: Source,
    along: Axis,
    settings: Settings & { kind: number },
    stream: Stream,
    target: unknown,
    index?: Int32Array,
  ): Differentiable {
    const out = option.outOf(target, Float32Array, z.shape, z.data.length);
    if (out) option.checkApart(out, z.data, "logits");
    const data = out ?? new Float32Array(z.data.length);
    const inPlace = out !== undefined && overlaps(z.data, out);
    // The call may make the memory grow, so it is found out before it how to get at what lies there after it.
    const logitsNow = this.#now(logits, z.data);
    const dataNow = this.#now(target, data);
    const { kind, tau, scale, mark } = settings;
    const guarded = out !== undefined;
    this.#run({ kind, axis: along, logits: z.data, out: data, index, stream, scale, tau, mark, guarded });
    const backward = (cotangent: ArrayLike, options?: option.OutOptions): Values => {
      checkOptions(options, option.BACKWARD_OPTIONS);
      if (inPlace) throw expectedBut(Error, "logits", "those of the forward call", "its result, written over them");
      const then = { data: logitsNow(), shape: z.shape };
      return this.#backward(cotangent, then, along, settings, stream, options?.out);
    };
    const shape = [...z.shape];
    if (!this.#opened().arena.holds(dataNow())) return { data, shape, backward };
    return new Resident(dataNow, shape, backward);
  }

  //  How to get at an array later on, which may lie in the module's memory; if it is a freed tensor's by then, an Error.
  #now<T extends NumericArray>(given: unknown, data: T): () => T {
    const { arena } = this.#opened();
    if (given instanceof Tensor && arena.holds(data)) return () => given.data as NumericArray as T;
    return arena.reviver(data);
  }

  #backward(
    cotangent: ArrayLike,
    z: Source,
    along: Axis,
    { gradient, tau, mark, scale }: Settings,
    stream: Stream,
    target: unknown,
  ): Values {
    if (tau === 0) throw expectedBut(RangeError, "tau", "a number above 0 for a gradient", "0");
    const c = source(cotangent, "cotangent", z.shape);
    if (!sameShape(c.shape, z.shape)) {
      throw expectedBut(RangeError, "cotangent", `the shape of the logits, [${z.shape}]`, `[${c.shape}]`);
    }
    const out = option.outOf(target, Float32Array, z.shape, z.data.length);
    if (out) {
      option.checkApart(out, z.data, "logits");
      option.checkApart(out, c.data, "cotangent");
    }
    const data = out ?? new Float32Array(z.data.length);
    const dataNow = this.#now(target, data);
    this.#run({
      kind: gradient,
      axis: along,
      logits: z.data,
      cotangent: c.data,
      out: data,
      stream,
      scale,
      tau,
      mark,
      guarded: out !== undefined,
    });
    return { data: dataNow(), shape: [...z.shape] };
  }

  #indices(
    z: Source,
    along: Axis,
    options: option.ArgmaxOptions,
    stream: Stream,
    scale: number,
    scores: Float32Array | undefined,
  ): Int32Array {
    const mark = option.markOf(options);
    const out = option.outOf(options.out, Int32Array, rowShape(z, along), along.rows);
    if (out) option.checkApart(out, z.data, "logits");
    const index = out ?? new Int32Array(along.rows);
    const guarded = out !== undefined;
    this.#run({ kind: INDEX, axis: along, logits: z.data, index, scores, stream, scale, tau: 1, mark, guarded });
    return index;
  }
}

function axisOf(z: Source, { dim }: { dim?: number | undefined }): Axis {
  return axis(z.shape, dim === undefined ? -1 : dim, "logits");
}

function rowShape(z: Source, { dim }: Axis): number[] {
  return z.shape.filter((_, at) => at !== dim);
}

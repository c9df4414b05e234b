/// <reference lib="esnext.disposable" preserve="true" />
// The public operations and their documentation. Each is carried out in operations/.

import type { IndexLike } from "./arguments/indices.ts";
import type * as option from "./arguments/options.ts";
import type { Seeded } from "./arguments/options.ts";
import * as read from "./arguments/read-options.ts";
import { checkShape, type Shape, type TensorLike } from "./arguments/tensor-like.ts";
import { detached, expected, expectedBut, ownOptions } from "./check.ts";
import { GRADIENT, LOG, LOG_GRADIENT, SOFT } from "./kernels/abi.ts";
import { Tensor } from "./memory/tensor.ts";
import type { Writable } from "./memory/views.ts";
import { backward } from "./operations/backward.ts";
import { sample, softened } from "./operations/forward.ts";
import { gumbel } from "./operations/gumbel.ts";
import { oneHot } from "./operations/one-hot.ts";
import { type GetEngine, planSample, planSoftmax } from "./operations/plan.ts";
import { argmax, categorical } from "./operations/winners.ts";
import type {
  CategoricalSample,
  Differentiable,
  Gradient,
  GradientWithTau,
  GumbelSample,
  Indices,
  RowSeeded,
  Sample,
  Values,
} from "./results.ts";
import { type Engine, exclusively } from "./run/engine.ts";
import { Generator } from "./seed.ts";
import type { Seeds } from "./stream.ts";

/** Options of the gradient of a sample. */
type GradientOptions = option.GumbelSoftmaxBackwardOptions | option.RowSeeds<option.GumbelSoftmaxBackwardOptions>;

/** Operations on one instance of the kernels. Get one from `load` or `loadSync`. */
export class GumbelSoftmax {
  #opened: Engine | undefined;
  readonly #unavailable: string | undefined;
  #generator: Generator | undefined;

  /** @internal */
  constructor(engine: Engine, unavailable: string | undefined) {
    this.#opened = engine;
    this.#unavailable = unavailable;
  }

  /** Number of threads that work on a call: the calling one, and the workers that have started and live. */
  get threads(): number {
    return GumbelSoftmax.#self(this, "threads").#opened?.pool?.threads ?? 1;
  }

  /** Reason why there are fewer threads than were asked for. */
  get threadsUnavailable(): string | undefined {
    const self = GumbelSoftmax.#self(this, "threadsUnavailable");
    return self.#unavailable ?? self.#opened?.pool?.failure;
  }

  /** Source of the seeds of calls without `seed`, failed ones too. Starts from `crypto.getRandomValues` at its first use. */
  get generator(): Generator {
    const self = GumbelSoftmax.#self(this, "generator");
    self.#generator ??= new Generator();
    return self.#generator;
  }

  /**
   * Samples from the Gumbel-Softmax (Concrete) distribution: y = softmax((z + s*g)/tau), g Gumbel noise, or with `hard` the
   * one-hot vector of its largest entry, which has the same gradient.
   *
   * Jang, Gu, Poole, "Categorical reparameterization with Gumbel-Softmax", ICLR 2017, equation 2; Maddison, Mnih, Teh, "The
   * Concrete distribution", ICLR 2017, equation 10.
   *
   * @param logits  unnormalised log-probabilities, f32, any shape; -Infinity masks a class
   * @param options `tau` 1 (one number, or an array with one for each row), `hard` false, `estimator` by `hard`, `unimix` 0,
   *                `conditionalSamples` 10, `dim` -1, `seed` fresh or `seeds` one per row, `numSamples` one and no axis for it,
   *                `rowOffset` 0, `classOffset` 0, `noiseScale` 1, `invalid` "throw", `keep` false, `out` a new array
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
    const self = GumbelSoftmax.#self(this, "gumbelSoftmax");
    const plan = planSample(self.#engine, logits, options, self.#fresh);
    return seeded(sample(plan), plan.seeds);
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
    return GumbelSoftmax.#self(this, "gumbelMax").gumbelSoftmax(x, options);
  }

  /**
   * Gradient of a sample, soft or straight-through, with respect to the logits: dz = y*(c - <c, y>)/tau, y the soft sample,
   * whose noise is generated again from the seed.
   *
   * With an `estimator` of its own it is that (docs/estimators.md); with `numSamples` the sum over the draws. With `tauGradient`
   * the result has dtau = -sum(c*y*(p - <y, p>))/tau^2 of every row as well, in `tau`, so that a temperature can be learned.
   *
   * @param cotangent gradient of the loss with respect to the sample, in its shape, finite
   * @param logits    as in the forward call
   * @param options   as in the forward call, with the `seed` that it used; `out` is where the gradient goes
   * @throws TypeError for the wrong kind of argument and without a seed; RangeError for a wrong value, an invalid row, a
   *         cotangent that is not finite or of another shape, and tau = 0
   * @example
   * const dz = gs.gumbelSoftmaxBackward([1, 0, 0], [2, 0.5, -1], { tau: 0.5, seed: 44 });
   * dz.data; // => [0.2299, -0.2276, -0.0022]
   * const learned = gs.gumbelSoftmaxBackward([1, 0, 0], [2, 0.5, -1], { tau: 0.5, seed: 44, tauGradient: true });
   * learned.tau; // => [0.4194]
   */
  gumbelSoftmaxBackward(
    cotangent: TensorLike,
    logits: TensorLike,
    options: GradientOptions & { tauGradient: true },
  ): GradientWithTau;
  gumbelSoftmaxBackward(cotangent: TensorLike, logits: TensorLike, options: GradientOptions): Gradient;
  gumbelSoftmaxBackward(cotangent: TensorLike, logits: TensorLike, options: GradientOptions): Gradient {
    const self = GumbelSoftmax.#self(this, "gumbelSoftmaxBackward");
    const plan = planSample(self.#engine, logits, options, noSeed, read.GUMBEL_SOFTMAX_BACKWARD_OPTIONS);
    const { tauGradient, keep } = ownOptions(options, read.GUMBEL_SOFTMAX_BACKWARD_OPTIONS);
    if (tauGradient && keep) throw expected(RangeError, "keep", "false with tauGradient", keep);
    return backward(plan, plan.logits.data, cotangent, plan.out, tauGradient);
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
    const self = GumbelSoftmax.#self(this, "softmax");
    return softened(planSoftmax(self.#engine, logits, options, SOFT, GRADIENT), SOFT);
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
    const self = GumbelSoftmax.#self(this, "logSoftmax");
    return softened(planSoftmax(self.#engine, logits, options, LOG, LOG_GRADIENT), LOG);
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
    const self = GumbelSoftmax.#self(this, "softmaxBackward");
    const plan = planSoftmax(self.#engine, logits, options, SOFT, GRADIENT);
    return backward(plan, plan.logits.data, cotangent, plan.out);
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
    const self = GumbelSoftmax.#self(this, "logSoftmaxBackward");
    const plan = planSoftmax(self.#engine, logits, options, LOG, LOG_GRADIENT);
    return backward(plan, plan.logits.data, cotangent, plan.out);
  }

  /**
   * One-hot rows, exactly 0 and 1; an index of -1 gives a row of zeros.
   *
   * @param indices integers from -1 to classes - 1, any shape; 64-bit ones too
   * @param classes length of the new axis
   * @param options `dim` -1, where the new axis stands in the result; `out` a new array
   * @throws RangeError for an index out of range
   * @example
   * gs.oneHot([2, 0], 3).data; // => [0, 0, 1, 1, 0, 0]
   */
  oneHot(indices: IndexLike, classes: number, options: option.OneHotOptions = {}): Values {
    const self = GumbelSoftmax.#self(this, "oneHot");
    return oneHot(self.#engine(), indices, classes, options);
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
    const self = GumbelSoftmax.#self(this, "argmax");
    return argmax(self.#engine(), logits, options);
  }

  /**
   * Categorical samples by the Gumbel-max trick: argmax(z + s*g), without a soft sample.
   *
   * Maddison, Tarlow, Minka, "A* sampling", NeurIPS 2014, section 2.
   *
   * @param logits  unnormalised log-probabilities, f32, any shape; -Infinity masks a class
   * @param options `dim` -1, `seed` fresh or `seeds` one per row, `numSamples` one and no axis for it, `rowOffset` 0, `classOffset`
   *                0, `noiseScale` 1, `invalid` "throw", `scores` false, `out` a new Int32Array
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
    const self = GumbelSoftmax.#self(this, "categorical");
    const { sample, seeds } = categorical(self.#engine(), logits, options, self.#fresh);
    return seeded(sample, seeds);
  }

  /**
   * Gumbel(loc, scale) variates, the noise that every other operation adds: loc + scale*g, g = -ln(-ln(1 - v)), v uniform
   * (E. J. Gumbel, "Statistical theory of extreme values", 1954).
   *
   * @param shape   of the result, an array of sizes, or the size of its one axis; the noise of position c along `dim` is that of
   *                class c. A size of 0 gives an empty result, a shape without axes one number
   * @param options `loc` 0, `scale` 1, `dim` -1, `seed` fresh, `stream` 0, `rowOffset` 0, `classOffset` 0, `out` a new array
   * @throws TypeError for the wrong kind of argument, RangeError for a wrong value
   * @example
   * gs.gumbel([3], { loc: 0, scale: 2, seed: 44 }).data; // => [-0.0734, 4.7960, 3.1704]
   * gs.gumbel(3, { loc: 0, scale: 2, seed: 44 }).data; // => [-0.0734, 4.7960, 3.1704]
   */
  gumbel(shape: Shape | number, options: option.GumbelOptions = {}): GumbelSample {
    const self = GumbelSoftmax.#self(this, "gumbel");
    return gumbel(self.#engine(), shape, options, self.#fresh);
  }

  /**
   * A tensor of zeros inside the module's memory: as an input or `out` it is used without a copy. Call `free()` when done, or
   * declare it with `using`. One that is dropped is not freed, since a view of its data may be in use.
   *
   * @param shape of the tensor; a size of 0 gives an empty one
   * @throws RangeError that says how much was asked for, when there is no memory for it
   * @example
   * const z = gs.empty([2, 3]);
   * z.data.set([1, 2, 3, 3, 2, 1]);
   * gs.argmax(z).indices; // => [2, 0]
   * z.free();
   */
  empty(shape: Shape): Tensor {
    const self = GumbelSoftmax.#self(this, "empty");
    const engine = self.#engine();
    // The memory may grow, which it may not inside a call.
    return exclusively(engine, () => new Tensor(engine.arena, checkShape(shape, "shape")));
  }

  /**
   * Ends the instance and its workers: further calls are an Error. A second `close` does nothing.
   *
   * @example
   * gs.close(); // => undefined
   */
  close(): void {
    const self = GumbelSoftmax.#self(this, "close");
    self.#opened?.pool?.close();
    self.#opened = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Tells Vue to leave an instance as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  //  The instance that a method is called on; an error that names the method, where it was taken off the instance.
  static #self(self: unknown, method: string): GumbelSoftmax {
    if (typeof self === "object" && self !== null && #opened in self) return self;
    throw detached(method, "instance", self);
  }

  readonly #engine: GetEngine = () => {
    if (this.#opened === undefined) throw expectedBut(Error, "instance", "an open one", "one that is closed");
    return this.#opened;
  };

  readonly #fresh = (): bigint => this.generator.next();
}

//  In place of a fresh seed, where the seed is that of another call.
function noSeed(): never {
  throw expected(TypeError, "seed", "the seed of the forward call", undefined);
}

//  Adds the seed, or the seeds, that a result comes from.
function seeded<Result extends { seed: bigint }>(result: Writable<Result>, { seed, seeds }: Seeds): Result {
  if (seeds) (result as { seeds?: BigUint64Array }).seeds = seeds;
  else result.seed = BigInt(seed);
  return result;
}

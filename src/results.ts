// Results of the operations.
//
// Methods are on the prototypes, so that structuredClone and postMessage take a result as plain data. A result that lies in the
// module's memory has no view of it among its own properties: all of that memory would go along.

import type { OutOptions, SampleBackwardOptions } from "./arguments/options.ts";
import type { JsonNumber, TensorLike } from "./arguments/tensor-like.ts";
import { detached } from "./check.ts";

/** A result as plain JSON: arrays, and seeds in decimal. */
export interface ResultJson {
  readonly data?: JsonNumber[];
  readonly indices?: number[];
  readonly scores?: JsonNumber[];
  readonly logProbs?: JsonNumber[];
  readonly position?: number | number[];
  readonly shape: number[];
  readonly tau?: JsonNumber[];
  readonly seed?: string;
  readonly seeds?: string[];
}

/** f32 values in C-order. */
export interface Values {
  readonly data: Float32Array;
  readonly shape: number[];
  /** A copy of `data` that belongs to the caller, as a result in the module's memory needs it to be sent anywhere. */
  toArray(): Float32Array;
  /** The result as JSON carries it. */
  toJSON(): ResultJson;
}

/** A gradient with respect to the logits. */
export interface Gradient extends Values {
  /** With `tauGradient`, the gradient with respect to the temperature of each row, with `numSamples` summed over the draws. */
  readonly tau?: Float32Array;
}

/** A gradient with respect to the logits and to the temperature. */
export interface GradientWithTau extends Gradient {
  readonly tau: Float32Array;
}

/** A result that can be differentiated. `backward` reads the logits again: leave them unchanged until then. */
export interface Differentiable extends Values {
  /**
   * Gradient with respect to the logits.
   *
   * @param cotangent gradient of the loss with respect to `data`, same shape, finite
   * @param options   `out` for the gradient
   * @throws RangeError at tau = 0, or for a cotangent that is not finite
   */
  backward(cotangent: TensorLike, options?: OutOptions): Values;
}

/** A Gumbel-Softmax sample. */
export interface Sample extends Differentiable {
  /**
   * Gradient with respect to the logits, and with `tauGradient` to the temperature too.
   *
   * @param cotangent gradient of the loss with respect to `data`, same shape, finite
   * @param options   `out` for the gradient, `tauGradient` false
   * @throws RangeError at tau = 0, or for a cotangent that is not finite
   */
  backward(cotangent: TensorLike, options: SampleBackwardOptions & { tauGradient: true }): GradientWithTau;
  backward(cotangent: TensorLike, options?: SampleBackwardOptions): Gradient;
  /** Sampled class of each row, rows in C-order with `dim` removed; -1 for an invalid row. */
  readonly indices: Int32Array;
  /** Seed that was used. */
  readonly seed: bigint;
}

/** A sample with a seed of its own for each row: a copy of the `seeds` that were used, in place of `seed`. */
export type RowSeeded<Result> = Omit<Result, "seed"> & {
  readonly seeds: BigUint64Array;
  readonly seed?: undefined;
};

/** One class per row; -1 for an invalid row. */
export interface Indices {
  readonly data: Int32Array;
  /** The same array as `data`. */
  readonly indices: Int32Array;
  /** Shape of the logits without `dim`; with `numSamples`, that number first. */
  readonly shape: number[];
  /** A copy of `data` that belongs to the caller. */
  toArray(): Int32Array;
  /** The result as JSON carries it. */
  toJSON(): ResultJson;
}

/** A categorical sample. */
export interface CategoricalSample extends Indices {
  readonly seed: bigint;
  /** Winning perturbed logit of each row, with the option `scores`; -Infinity for an invalid row. */
  readonly scores?: Float32Array;
}

/** Gumbel noise. */
export interface GumbelSample extends Values {
  readonly seed: bigint;
}

/** The way from a result to its gradient. */
type Backward = (cotangent: TensorLike, options?: OutOptions) => Values;

/** The common part of all results. @internal */
abstract class Result {
  toJSON(): ResultJson {
    return jsonOf(this);
  }

  /** Tells Vue to leave a result as it is: a reactive proxy has no private fields. */
  get __v_skip(): true {
    return true;
  }
}

/** A result without arrays of its own to differentiate: its fields, and the methods of all results. @internal */
export class RecordResult extends Result {
  /** A result with these fields. */
  static of<Fields extends object>(fields: Fields): Fields & RecordResult {
    return Object.assign(new RecordResult(), fields);
  }
}

/** The fields of a result as JSON carries them; those of a result in the module's memory are not its own. @internal */
export function jsonOf(result: object): ResultJson {
  const json: Record<string, unknown> = {};
  for (const name of ["data", "indices", ...Object.keys(result)]) {
    const value = (result as Record<string, unknown>)[name];
    if (value !== undefined) json[name] = plain(value);
  }
  return json as unknown as ResultJson;
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return Array.from(value as ArrayLike<unknown>, plain);
  return value;
}

abstract class Floats extends Result {
  abstract readonly data: Float32Array;

  toArray(): Float32Array {
    return new Float32Array(this.data);
  }
}

// Each class below has the fields of its own, and one level of constructors: to make a result of a small call may not take longer
// than a literal, and private fields of a base class do. Fields are declared, not defined, which would write each twice.

/** f32 values in an array of the caller's. @internal */
export class ValuesResult extends Floats implements Values {
  declare readonly data: Float32Array;
  declare readonly shape: number[];

  constructor(data: Float32Array, shape: number[]) {
    super();
    this.data = data;
    this.shape = shape;
  }
}

/** The same with its gradient. @internal */
export class DifferentiableResult extends Floats implements Differentiable {
  declare readonly data: Float32Array;
  declare readonly shape: number[];
  readonly #gradient: Backward;

  constructor(data: Float32Array, shape: number[], gradient: Backward) {
    super();
    this.data = data;
    this.shape = shape;
    this.#gradient = gradient;
  }

  backward(cotangent: TensorLike, options?: OutOptions): Values {
    if (!isObject(this) || !(#gradient in this)) throw detached("backward", "result", this);
    return this.#gradient(cotangent, options);
  }
}

/** f32 values in the module's memory, where `now` finds them. @internal */
export class ResidentValues extends Floats implements Values {
  declare readonly shape: number[];
  readonly #now: () => Float32Array;

  constructor(now: () => Float32Array, shape: number[]) {
    super();
    this.shape = shape;
    this.#now = now;
  }

  get data(): Float32Array {
    if (!(#now in this)) throw detached("data", "result", this);
    return this.#now();
  }
}

/** The same with its gradient. @internal */
export class ResidentDifferentiable extends ResidentValues implements Differentiable {
  readonly #gradient: Backward;

  constructor(now: () => Float32Array, shape: number[], gradient: Backward) {
    super(now, shape);
    this.#gradient = gradient;
  }

  backward(cotangent: TensorLike, options?: OutOptions): Values {
    if (!isObject(this) || !(#gradient in this)) throw detached("backward", "result", this);
    return this.#gradient(cotangent, options);
  }
}

//  False for the `this` of a method that was taken off.
function isObject(self: unknown): boolean {
  return typeof self === "object" && self !== null;
}

/** Classes in an array of the caller's. @internal */
export class IndicesResult extends Result implements Indices {
  declare readonly data: Int32Array;
  declare readonly indices: Int32Array;
  declare readonly shape: number[];

  constructor(data: Int32Array, shape: number[]) {
    super();
    this.data = data;
    this.indices = data;
    this.shape = shape;
  }

  toArray(): Int32Array {
    return new Int32Array(this.data);
  }
}

/** Classes in the module's memory, where `now` finds them. @internal */
export class ResidentIndices extends Result implements Indices {
  declare readonly shape: number[];
  readonly #now: () => Int32Array;

  constructor(now: () => Int32Array, shape: number[]) {
    super();
    this.#now = now;
    this.shape = shape;
  }

  get data(): Int32Array {
    if (!(#now in this)) throw detached("data", "result", this);
    return this.#now();
  }

  get indices(): Int32Array {
    return this.data;
  }

  toArray(): Int32Array {
    return new Int32Array(this.data);
  }
}

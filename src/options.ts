// The options of the operations, and how each is checked.

import { checkBoolean, checkFinite, checkNonNegative, checkSize, either, expected, expectedBut } from "./check.ts";
import type { Stream } from "./job.ts";
import { halves, type Seed, seedOf } from "./seed.ts";
import { type Axis, sameShape } from "./shape.ts";

/** Where f32 results go: an array of the right length, or one with its shape, for example a tensor of `empty`. */
export type Out =
  | Float32Array
  | { readonly data: Float32Array; readonly shape?: readonly number[]; readonly dims?: readonly number[] };

/** Where indices go. */
export type IndexOut =
  | Int32Array
  | { readonly data: Int32Array; readonly shape?: readonly number[]; readonly dims?: readonly number[] };

/** Along which axis, and what becomes of rows that have no answer. */
export interface AxisOptions {
  /** The axis that holds the classes; negative counts from the end. Default -1. */
  dim?: number | undefined;
  /**
   * A row with NaN or Infinity, or of nothing but -Infinity: "throw" is a RangeError that names the first one, "mark" gives
   * index -1 and a row of zeros and leaves the other rows as they are. Default "throw".
   */
  invalid?: "throw" | "mark" | undefined;
}

/** The temperature, under any one of its names. */
export interface TemperatureOptions {
  /** Temperature, finite and >= 0; 0 is the limit, a hard sample. Default 1. */
  tau?: number | undefined;
  /** The same as `tau`. */
  temperature?: number | undefined;
  /** The same as `tau`. */
  temp?: number | undefined;
}

/** Which part of the noise stream is used, so that any slice can be computed anywhere. */
export interface StreamOptions {
  /** 64-bit unsigned integer. Default: `next()` of the instance's generator; the result carries it. */
  seed?: Seed | undefined;
  /** Added to the number of every row, 64-bit unsigned. Default 0. */
  rowOffset?: Seed | undefined;
  /** Added to the number of every class; class numbers stay below 2^34. Default 0. */
  classOffset?: number | undefined;
}

export interface NoiseOptions extends StreamOptions {
  /** Factor s of the noise in p = z + s*g, from 0 (no noise) to 1e29. Default 1. */
  noiseScale?: number | undefined;
}

export interface OutOptions {
  /** Where the result goes. Default: a new array. May be the input itself, except for `oneHot`. */
  out?: Out | undefined;
}

/** Options of `softmax`, `logSoftmax` and their gradients. */
export interface SoftmaxOptions extends AxisOptions, TemperatureOptions, OutOptions {}

/** Options of `gumbelSoftmax`, `gumbelMax` and their gradient. */
export interface GumbelSoftmaxOptions extends SoftmaxOptions, NoiseOptions {
  /** One-hot samples forward, the gradient of soft ones backward (straight-through). Default false. */
  hard?: boolean | undefined;
  /**
   * Form the soft sample in the forward call, hard or not, and keep it for `backward`, which then neither reads the logits nor
   * makes the noise again: the same gradient in about a third of the time. `true`: in an array of the result's own (of soft
   * samples, `data` itself: leave it unchanged); an array or tensor: there. Default false.
   */
  keep?: boolean | Out | undefined;
}

/** Options of `gumbelSoftmaxBackward`: those of the forward call, with the seed that it used. */
export interface GumbelSoftmaxBackwardOptions extends GumbelSoftmaxOptions {
  seed: Seed;
}

/** Options of `argmax`. */
export interface ArgmaxOptions extends AxisOptions {
  /** Where the indices go. Default: a new array. */
  out?: IndexOut | undefined;
}

/** Options of `categorical`. */
export interface CategoricalOptions extends ArgmaxOptions, NoiseOptions {
  /** Give the winning perturbed logit of each row too. Default false. */
  scores?: boolean | undefined;
}

/** Options of `gumbel`. */
export interface GumbelOptions extends StreamOptions, OutOptions {
  /** The axis whose positions are class numbers; negative counts from the end. Default -1. */
  dim?: number | undefined;
  /** Which of the seed's streams, a 32-bit unsigned integer; 0 is the noise of every other operation. Default 0. */
  stream?: number | undefined;
  /** Location, finite. Default 0. A result beyond f32 is Infinity. */
  loc?: number | undefined;
  /** Scale, finite and >= 0. Default 1. */
  scale?: number | undefined;
}

/** Options of `oneHot`. */
export interface OneHotOptions extends OutOptions {
  /** Where the axis of classes stands in the result; negative counts from the end. Default -1. */
  dim?: number | undefined;
}

const TEMPERATURES = ["tau", "temperature", "temp"] as const;
const AXIS = ["dim", "invalid", "out"] as const;
const STREAM = ["seed", "rowOffset", "classOffset"] as const;

/** @internal */
export const SOFTMAX_OPTIONS: ReadonlySet<string> = new Set([...TEMPERATURES, ...AXIS]);
/** @internal */
export const GUMBEL_SOFTMAX_OPTIONS: ReadonlySet<string> = new Set([
  ...TEMPERATURES,
  "hard",
  "keep",
  ...AXIS,
  ...STREAM,
  "noiseScale",
]);
/** @internal */
export const ARGMAX_OPTIONS: ReadonlySet<string> = new Set([...AXIS]);
/** @internal */
export const CATEGORICAL_OPTIONS: ReadonlySet<string> = new Set([...AXIS, ...STREAM, "noiseScale", "scores"]);
/** @internal */
export const GUMBEL_OPTIONS: ReadonlySet<string> = new Set([...STREAM, "stream", "loc", "scale", "dim", "out"]);
/** @internal */
export const ONE_HOT_OPTIONS: ReadonlySet<string> = new Set(["dim", "out"]);
/** @internal */
export const BACKWARD_OPTIONS: ReadonlySet<string> = new Set(["out"]);

/** Above it, the noise could carry a finite logit to Infinity. */
const GREATEST_SCALE = 1e29;
const CLASS_NUMBERS = 2 ** 34;

/** @internal */
export function tauOf({ tau, temperature, temp }: TemperatureOptions): number {
  const found = either(either({ name: "tau", value: tau }, "temperature", temperature), "temp", temp);
  return checkNonNegative(found.value, found.name, 1);
}

/** @internal */
export function markOf({ invalid }: AxisOptions): boolean {
  if (invalid === undefined || invalid === "throw") return false;
  if (invalid === "mark") return true;
  throw expected(typeof invalid === "string" ? RangeError : TypeError, "invalid", '"throw" or "mark"', invalid);
}

/** @internal */
export function noiseScaleOf({ noiseScale }: NoiseOptions): number {
  return checkNonNegative(noiseScale, "noiseScale", 1, GREATEST_SCALE);
}

/** @internal */
export function streamNumberOf({ stream }: GumbelOptions): number {
  const number = checkSize(stream, "stream", 0);
  if (number >= 2 ** 32) throw expected(RangeError, "stream", "an integer below 2^32", number);
  return number;
}

/** @internal */
export function locOf({ loc }: GumbelOptions): number {
  return checkFinite(loc, "loc", 0);
}

/** @internal */
export function scaleOf({ scale }: GumbelOptions): number {
  return checkNonNegative(scale, "scale", 1);
}

/** @internal */
export function hardOf({ hard }: GumbelSoftmaxOptions): boolean {
  return checkBoolean(hard, "hard", false);
}

/** The stream of a call, for rows and classes that are all there. @internal */
export function streamOf(options: StreamOptions, seed: Seed, { rows, classes }: Axis): Stream {
  const row = halves(options.rowOffset === undefined ? 0 : options.rowOffset, "rowOffset");
  // Only with an upper half this large can rows, a safe integer, lead beyond 64 bits.
  if (row.hi >= 2 ** 20 && seedOf(row.lo, row.hi) + BigInt(rows) > 2n ** 64n) {
    throw expected(RangeError, "rowOffset", `row numbers below 2^64 for ${rows} rows`, options.rowOffset);
  }
  const firstClass = checkSize(options.classOffset, "classOffset", 0);
  if (firstClass + classes > CLASS_NUMBERS) {
    throw expected(RangeError, "classOffset", `class numbers below 2^34 for ${classes} classes`, firstClass);
  }
  return { seed: halves(seed, "seed"), row, firstClass };
}

interface Kinds {
  Float32Array: Float32Array;
  Int32Array: Int32Array;
}

/** The caller's array for results, if one is given: of the right kind, length and shape. @internal */
export function outOf<Kind extends keyof Kinds>(
  out: unknown,
  kind: Kind,
  shape: readonly number[],
  count: number,
  name: string = "out",
): Kinds[Kind] | undefined {
  if (out === undefined) return undefined;
  const bare = ArrayBuffer.isView(out);
  const target = (bare ? { data: out } : Object(out)) as { data?: unknown; shape?: unknown; dims?: unknown };
  const { data, shape: given = target.dims } = target;
  if (!ArrayBuffer.isView(data) || (data as Int32Array)[Symbol.toStringTag] !== kind) {
    throw expected(TypeError, name, `${kind} or { data: ${kind}, shape }`, bare ? out : (data ?? out));
  }
  const array = data as unknown as Kinds[Kind];
  if (array.length !== count) throw expectedBut(RangeError, name, `${count} elements`, `${array.length}`);
  if (given !== undefined && !sameShape(given, shape)) {
    throw expectedBut(RangeError, name, `shape [${shape}]`, `[${given}]`);
  }
  return array;
}

// The options of the operations, and how each is checked.

import { checkBoolean, checkFinite, checkNonNegative, checkSize, either, expected, expectedBut } from "./check.ts";
import type { Stream } from "./job.ts";
import { halves, SAMPLES, type Seed, seedOf } from "./seed.ts";
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
  /**
   * So many draws of every row in one call: the result has a leading axis of that length, and a gradient is the sum over it.
   * With `seed` it is as if the logits stood there so many times, draw k of row r with the row number rowOffset + k*rows + r;
   * with `seeds` draw k has the number rowOffset + k. Default: one draw, without the axis.
   */
  numSamples?: number | undefined;
  /** See `RowSeeds`. */
  seeds?: undefined;
  /** Factor s of the noise in p = z + s*g, from 0 (no noise) to 1e29. Default 1. */
  noiseScale?: number | undefined;
}

/**
 * Options with a seed of its own for each row (in C-order with `dim` removed), in place of `seed`: what a row draws does then
 * not depend on the others. Every row has the number `rowOffset`.
 */
export type RowSeeds<Options> = Omit<Options, "seed" | "seeds"> & {
  readonly seeds: BigUint64Array;
  readonly seed?: undefined;
};

export interface OutOptions {
  /** Where the result goes. Default: a new array. May be the input itself, except for `oneHot`. */
  out?: Out | undefined;
}

/** Options of `softmax`, `logSoftmax` and their gradients. */
export interface SoftmaxOptions extends AxisOptions, TemperatureOptions, OutOptions {}

/** Options of `gumbelSoftmax`, `gumbelMax` and their gradient. */
export interface GumbelSoftmaxOptions extends SoftmaxOptions, NoiseOptions {
  /** One-hot samples forward, the gradient of soft ones backward: "straight-through-gumbel". Default false. */
  hard?: boolean | undefined;
  /**
   * What stands for the gradient of a categorical sample; all but the first give it one-hot. With the last three `noiseScale` is
   * 1 and nothing is kept. See docs/estimators.md. Default "gumbel-softmax", or with `hard` "straight-through-gumbel".
   */
  estimator?: Estimator | undefined;
  /** For "straight-through": the share of the uniform distribution over the open classes, from 0 to 1. Default 0. */
  unimix?: number | undefined;
  /** For "gumbel-rao": conditional samples to take the mean of, from 1 to 65536. Default 10. */
  conditionalSamples?: number | undefined;
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

const ESTIMATORS = ["gumbel-softmax", "straight-through-gumbel", "straight-through", "reinmax", "gumbel-rao"] as const;

/** The ways to a gradient of a categorical sample. */
export type Estimator = (typeof ESTIMATORS)[number];

/** The places of these in ESTIMATORS. @internal */
export const STRAIGHT_THROUGH = 2;
/** @internal */
export const REINMAX = 3;

/** The estimator, by its place in ESTIMATORS, and its parameters; the gradient is `share` of what comes of it. @internal */
export interface Estimate {
  readonly kind: number;
  readonly unimix: number;
  readonly samples: number;
  readonly share: number;
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
  /**
   * Which of the seed's streams, a 32-bit unsigned integer; 0 is the noise of every other operation. Others that the library
   * uses are 1 to 4 and 4 + 2^16 * k; 5 to 65535 are free. Default 0.
   */
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
const NOISE = ["noiseScale", "numSamples", "seeds"] as const;

const GRADIENTS = ["hard", "keep", "estimator", "unimix", "conditionalSamples"] as const;

//  A call that bundlers may drop: spreading the lists is not, as they see it.
function namesOf(...lists: (readonly string[])[]): ReadonlySet<string> {
  return new Set(lists.flat());
}

/** @internal */
export const SOFTMAX_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(TEMPERATURES, AXIS);
/** @internal */
export const GUMBEL_SOFTMAX_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(
  TEMPERATURES,
  GRADIENTS,
  AXIS,
  STREAM,
  NOISE,
);
/** @internal */
export const ARGMAX_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(AXIS);
/** @internal */
export const CATEGORICAL_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(AXIS, STREAM, NOISE, ["scores"]);
/** @internal */
export const GUMBEL_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(STREAM, [
  "stream",
  "loc",
  "scale",
  "dim",
  "out",
]);
/** @internal */
export const ONE_HOT_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(["dim", "out"]);
/** @internal */
export const BACKWARD_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(["out"]);

/** Above it, the noise could carry a finite logit to Infinity. */
const GREATEST_SCALE = 1e29;
const CLASS_NUMBERS = 0x400000000;

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
export function noiseScaleOf({ noiseScale }: Pick<NoiseOptions, "noiseScale">): number {
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

/** Which estimator, and its parameters; a RangeError for an option that is not its own. @internal */
export function estimateOf(options: Omit<GumbelSoftmaxOptions, "seed" | "seeds">): Estimate {
  const { estimator, hard, unimix, conditionalSamples } = options;
  let kind = Number(checkBoolean(hard, "hard", false));
  if (estimator === undefined && unimix === undefined && conditionalSamples === undefined) {
    return { kind, unimix: 0, samples: 1, share: 1 };
  }
  if (estimator !== undefined) kind = ESTIMATORS.indexOf(estimator);
  if (kind < 0) {
    const wanted = `one of ${ESTIMATORS.join(", ")}`;
    throw expected(typeof estimator === "string" ? RangeError : TypeError, "estimator", wanted, estimator);
  }
  const plain = kind < STRAIGHT_THROUGH;
  const own: Record<string, unknown> = {
    hard: kind > 0,
    unimix: kind === STRAIGHT_THROUGH ? unimix : 0,
    conditionalSamples: kind > REINMAX ? conditionalSamples : 1,
    noiseScale: plain ? options.noiseScale : 1,
    keep: plain ? options.keep : false,
  };
  for (const name in own) {
    const given = options[name as "keep"];
    if (given !== undefined && given !== own[name]) {
      throw expected(RangeError, name, `${own[name]} with estimator "${ESTIMATORS[kind]}"`, given);
    }
  }
  const mix = checkNonNegative(unimix, "unimix", 0, 1);
  const samples = countOf(conditionalSamples, "conditionalSamples", SAMPLES, kind > REINMAX ? 10 : 1);
  return { kind, unimix: mix, samples, share: (1 - mix) / samples };
}

/** The number of draws, if it is given. @internal */
export function drawsOf({ numSamples }: { numSamples?: number | undefined }): number | undefined {
  return countOf(numSamples, "numSamples", Number.MAX_SAFE_INTEGER, undefined);
}

//  An integer from 1 to `most`.
function countOf<T>(value: number | undefined, name: string, most: number, byDefault: T): number | T {
  if (value === undefined) return byDefault;
  const n = checkSize(value, name);
  if (n < 1 || n > most) throw expected(RangeError, name, `an integer from 1 to ${most}`, n);
  return n;
}

/** The stream of a call, for rows and classes that are all there; `draws` of each row. @internal */
export function streamOf(
  options: StreamOptions & { readonly seeds?: BigUint64Array | undefined },
  seed: Seed,
  { rows, classes }: Axis,
  draws: number = 1,
): Stream {
  const { seeds, rowOffset = 0 } = options;
  if (seeds !== undefined) checkSeeds(seeds, options.seed, rows);
  const numbers = draws * (seeds ? 1 : rows);
  const row = halves(rowOffset, "rowOffset");
  // Only with an upper half this large can rows, a safe integer, lead beyond 64 bits.
  if (row.hi >= 2 ** 20 && seedOf(row.lo, row.hi) + BigInt(numbers) > 2n ** 64n) {
    throw expected(RangeError, "rowOffset", `row numbers below 2^64 for ${numbers} rows`, rowOffset);
  }
  const firstClass = checkSize(options.classOffset, "classOffset", 0);
  if (firstClass + classes > CLASS_NUMBERS) {
    throw expected(RangeError, "classOffset", `class numbers below 2^34 for ${classes} classes`, firstClass);
  }
  return { seed: halves(seed, "seed"), row, firstClass, seeds: seeds && new Uint32Array(seeds.slice().buffer) };
}

function checkSeeds(seeds: BigUint64Array, seed: unknown, rows: number): void {
  const fits = seed === undefined && ArrayBuffer.isView(seeds) && seeds[Symbol.toStringTag] === "BigUint64Array";
  if (fits && seeds.length === rows) return;
  const wanted = `a BigUint64Array of ${rows} rows, and no seed`;
  throw expected(fits ? RangeError : TypeError, "seeds", wanted, seed ?? seeds);
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

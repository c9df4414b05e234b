// Readers of the options, one for each: they check it and give its value or its default.

import {
  checkBoolean,
  checkFinite,
  checkNonNegative,
  checkSize,
  either,
  expected,
  expectedBut,
  rowError,
} from "../check.ts";
import { SAMPLES } from "../seed.ts";
import { codingOf } from "./element-type.ts";
import { declaresMore, type Fields, fieldsOf } from "./fields.ts";
import { isCOrder, layoutOf } from "./layout.ts";
import type {
  AxisOptions,
  Estimator,
  GumbelOptions,
  GumbelSoftmaxOptions,
  NoiseOptions,
  TemperatureOptions,
} from "./options.ts";
import { sameShape } from "./shape.ts";
import { isNumeric } from "./tensor-like.ts";

const ESTIMATORS: readonly Estimator[] = [
  "gumbel-softmax",
  "straight-through-gumbel",
  "straight-through",
  "reinmax",
  "gumbel-rao",
];

/** The places of these in ESTIMATORS. */
export const STRAIGHT_THROUGH = 2;
export const REINMAX = 3;

/** An estimator, by its place in ESTIMATORS, and its parameters. Its sum over samples times `weight` is the gradient. */
export interface Estimate {
  readonly kind: number;
  readonly unimix: number;
  readonly samples: number;
  readonly weight: number;
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

export const SOFTMAX_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(TEMPERATURES, AXIS);
export const GUMBEL_SOFTMAX_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(
  TEMPERATURES,
  GRADIENTS,
  AXIS,
  STREAM,
  NOISE,
);
export const ARGMAX_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(AXIS);
export const CATEGORICAL_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(AXIS, STREAM, NOISE, ["scores"]);
export const GUMBEL_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(STREAM, [
  "stream",
  "loc",
  "scale",
  "dim",
  "out",
]);
export const ONE_HOT_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(["dim", "out"]);
export const BACKWARD_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(["out"]);
export const SAMPLE_BACKWARD_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(["out", "tauGradient"]);
export const GUMBEL_SOFTMAX_BACKWARD_OPTIONS: ReadonlySet<string> = /* @__PURE__ */ namesOf(
  TEMPERATURES,
  GRADIENTS,
  AXIS,
  STREAM,
  NOISE,
  ["tauGradient"],
);

/** Above it, the noise could carry a finite logit to Infinity. */
const GREATEST_SCALE = 1e29;

/** The temperature, or one for each of the rows. */
export function tauOf({ tau, temperature, temp }: TemperatureOptions, rows: number): number | Float64Array {
  const found = either(either({ name: "tau", value: tau }, "temperature", temperature), "temp", temp);
  const { name, value } = found;
  if (typeof value === "object" && value !== null) return tausOf(value, name, rows);
  return checkNonNegative(value, name, 1);
}

//  Temperatures of rows; one number, where all are the same.
function tausOf(values: object, name: string, rows: number): number | Float64Array {
  if (!isNumeric(values) && !Array.isArray(values)) {
    throw expected(TypeError, name, "a number, or an array or typed array with one for each row", values);
  }
  if (values.length !== rows) throw expectedBut(RangeError, name, `${rows}, one per row`, `${values.length}`);
  const taus = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const tau = values[row];
    if (typeof tau !== "number") throw expected(TypeError, `${name}[${row}]`, "a number", tau);
    if (!(tau >= 0 && tau < Infinity)) {
      throw rowError(RangeError, name, "finite numbers >= 0", `${tau} in row ${row}`, row);
    }
    taus[row] = tau;
  }
  if (rows === 0) return 1;
  return taus.every((tau) => tau === taus[0]) ? taus[0]! : taus;
}

export function markOf({ invalid }: AxisOptions): boolean {
  if (invalid === undefined || invalid === "throw") return false;
  if (invalid === "mark") return true;
  throw expected(typeof invalid === "string" ? RangeError : TypeError, "invalid", '"throw" or "mark"', invalid);
}

export function noiseScaleOf({ noiseScale }: Pick<NoiseOptions, "noiseScale">): number {
  return checkNonNegative(noiseScale, "noiseScale", 1, GREATEST_SCALE);
}

export function streamNumberOf({ stream }: GumbelOptions): number {
  const number = checkSize(stream, "stream", 0);
  if (number >= 2 ** 32) throw expected(RangeError, "stream", "an integer below 2^32", number);
  return number;
}

export function locOf({ loc }: GumbelOptions): number {
  return checkFinite(loc, "loc", 0);
}

export function scaleOf({ scale }: GumbelOptions): number {
  return checkNonNegative(scale, "scale", 1);
}

/** The estimator and its parameters. Throws a RangeError for an option of another estimator. */
export function estimateOf(options: Omit<GumbelSoftmaxOptions, "seed" | "seeds">): Estimate {
  const { estimator, hard, unimix, conditionalSamples } = options;
  let kind = Number(checkBoolean(hard, "hard", false));
  if (estimator === undefined && unimix === undefined && conditionalSamples === undefined) {
    return { kind, unimix: 0, samples: 1, weight: 1 };
  }
  if (estimator !== undefined && estimator !== null) kind = ESTIMATORS.indexOf(estimator);
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
  for (const name of Object.keys(own)) {
    const given = options[name as "keep"];
    if (given !== undefined && given !== own[name]) {
      throw expected(RangeError, name, `${own[name]} with estimator "${ESTIMATORS[kind]}"`, given);
    }
  }
  const mix = checkNonNegative(unimix, "unimix", 0, 1);
  const samples = countOf(conditionalSamples, "conditionalSamples", SAMPLES, kind > REINMAX ? 10 : 1);
  return { kind, unimix: mix, samples, weight: (1 - mix) / samples };
}

/** The number of draws, if it is given. */
export function drawsOf({ numSamples }: { numSamples?: number | null | undefined }): number | undefined {
  return countOf(numSamples, "numSamples", Number.MAX_SAFE_INTEGER, undefined);
}

//  An integer from 1 to `most`.
function countOf<T>(value: number | null | undefined, name: string, most: number, byDefault: T): number | T {
  if (value === undefined || value === null) return byDefault;
  const n = checkSize(value, name);
  if (n < 1 || n > most) throw expected(RangeError, name, `an integer from 1 to ${most}`, n);
  return n;
}

interface Kinds {
  Float32Array: Float32Array;
  Int32Array: Int32Array;
}

/** The caller's array for results, if one is given: of the right kind, length and shape. */
export function outOf<Kind extends keyof Kinds>(
  out: unknown,
  kind: Kind,
  shape: readonly number[],
  count: number,
  name: string = "out",
): Kinds[Kind] | undefined {
  if (out === undefined) return undefined;
  const bare = ArrayBuffer.isView(out);
  const target: Fields = bare ? { data: out, shape: undefined, dims: undefined } : Object(out);
  const more = !bare && declaresMore(target);
  const fields = more ? fieldsOf(target) : target;
  const { data } = fields;
  const given = fields.shape ?? fields.dims;
  if (!ArrayBuffer.isView(data) || (data as Int32Array)[Symbol.toStringTag] !== kind) {
    throw expected(TypeError, name, `${kind} or { data: ${kind}, shape }`, bare ? out : (data ?? out));
  }
  const array = data as unknown as Kinds[Kind];
  if (array.length !== count) throw expectedBut(RangeError, name, `${count} elements`, `${array.length}`);
  if (given !== undefined && given !== null && !sameShape(given, shape)) {
    throw expectedBut(RangeError, name, `shape [${shape}]`, `[${given}]`);
  }
  if (more) checkOrder(fields, kind, shape, name);
  return array;
}

//  Results are written in C-order, and as numbers.
function checkOrder(fields: Fields, kind: string, shape: readonly number[], name: string): void {
  codingOf(fields, kind, name);
  const layout = layoutOf(fields, shape, name);
  if (layout && (layout.offset !== 0 || !isCOrder(layout.strides, shape))) {
    const got = `strides [${layout.strides}], offset ${layout.offset}`;
    throw expectedBut(TypeError, name, "a place in C-order, all of its data", got);
  }
}

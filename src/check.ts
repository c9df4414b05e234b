// Checks of arguments, and the form of every message: `name: expected …, got …`.

type ErrorClass = new (message: string) => Error;

/** The error to throw: TypeError for the wrong kind, RangeError for the wrong value, Error for the wrong state. */
export function expected(kind: ErrorClass, name: string, wanted: string, got: unknown): Error {
  return new kind(`${name}: expected ${wanted}, got ${describe(got)}`);
}

/** An error whose `got` is a phrase of its own. */
export function expectedBut(kind: ErrorClass, name: string, wanted: string, got: string): Error {
  return new kind(`${name}: expected ${wanted}, got ${got}`);
}

/** An error about a row, whose number it carries as `row`; where one class is wrong, it carries that as `class`. */
export function rowError(
  kind: ErrorClass,
  name: string,
  wanted: string,
  got: string,
  row: number,
  wrongClass?: number,
): Error {
  const error = expectedBut(kind, name, wanted, got);
  return Object.assign(error, wrongClass === undefined ? { row } : { row, class: wrongClass });
}

/** The error of a method, or an accessor, whose `this` is no instance of its class: one that was taken off it, or a proxy. */
export function detached(method: string, kind: string, self: unknown): Error {
  const proxied = typeof self === "object" && self !== null && method in self;
  const got = proxied ? `a Proxy of it, or an object that inherits from it` : describe(self);
  return expectedBut(TypeError, method, `to be called on the ${kind} itself`, got);
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shortened(value));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "object";
  const length = Array.isArray(value) || ArrayBuffer.isView(value) ? (value as ArrayLike<unknown>).length : undefined;
  return length === undefined ? `an object (${name})` : `${name} of length ${length}`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Options as they are read: null means absent. */
export type Given<Options> = { [Name in keyof Options]: Exclude<Options[Name], null> };

//  A class whose objects inherit nothing. Engines keep them in their fast form, unlike those of Object.create(null).
function bareClass(): new () => object {
  function Bare() {}
  Bare.prototype = { __proto__: null };
  return Bare as unknown as new () => object;
}

const Bare = /* @__PURE__ */ bareClass();

//  Whether a program has added a name of an option to Object.prototype. Constant names cost next to nothing in compiled code.
function isPolluted(): boolean {
  const all = Object.prototype;
  return (
    "tau" in all ||
    "temperature" in all ||
    "temp" in all ||
    "dim" in all ||
    "invalid" in all ||
    "out" in all ||
    "hard" in all ||
    "tauGradient" in all ||
    "seed" in all ||
    "seeds" in all ||
    "rows" in all ||
    "rowOffset" in all ||
    "classOffset" in all ||
    "numSamples" in all ||
    "noiseScale" in all ||
    "estimator" in all ||
    "unimix" in all ||
    "conditionalSamples" in all ||
    "keep" in all ||
    "scores" in all ||
    "stream" in all ||
    "loc" in all ||
    "scale" in all ||
    "threads" in all ||
    "module" in all ||
    "topK" in all ||
    "topP" in all ||
    "minP" in all ||
    "position" in all ||
    "logProbs" in all ||
    "history" in all ||
    "mask" in all ||
    "index" in all ||
    "maximum" in all ||
    "tolerance" in all ||
    "row" in all ||
    "initial" in all ||
    "rate" in all ||
    "floor" in all ||
    "every" in all ||
    "factor" in all ||
    "from" in all ||
    "to" in all ||
    "over" in all
  );
}

/**
 * The own properties of a plain object of options, every one of them `known`, where that is given: what a program adds to
 * Object.prototype, or an object inherits otherwise, is no option. One that is null or undefined is absent. It is the object
 * itself, if that shows nothing else, or else a copy that inherits nothing.
 */
export function ownOptions<Options extends object>(
  options: Options | undefined,
  known?: ReadonlySet<string>,
): Given<Options> {
  if (options === undefined) return new Bare() as Given<Options>;
  if (known && typeof options === "object" && options !== null && Object.getPrototypeOf(options) === Object.prototype) {
    let isPlain = !isPolluted();
    for (const name in options) if (!known.has(name) || options[name] === null) isPlain = false;
    if (isPlain) return options as Given<Options>;
  }
  return copied(options, known);
}

function copied<Options extends object>(options: Options, known: ReadonlySet<string> | undefined): Given<Options> {
  if (Object.prototype.toString.call(options) !== "[object Object]") {
    throw expected(TypeError, "options", "an object", options);
  }
  const own = new Bare() as Record<string, unknown>;
  for (const name of Object.keys(options)) {
    if (known?.has(name) === false) {
      throw expectedBut(TypeError, shortened(name), `one of the options ${[...known].join(", ")}`, "an unknown option");
    }
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined && value !== null) own[name] = value;
  }
  return own as Given<Options>;
}

export function checkBoolean(value: unknown, name: string, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value !== "boolean") throw expected(TypeError, name, "a boolean", value);
  return value;
}

export function checkFinite(value: unknown, name: string, byDefault?: number): number {
  if (value === undefined && byDefault !== undefined) return byDefault;
  if (typeof value !== "number") throw expected(TypeError, name, "a number", value);
  if (!Number.isFinite(value)) throw expected(RangeError, name, "a finite number", value);
  return value;
}

/** Finite and between 0 and `most`. */
export function checkNonNegative(
  value: unknown,
  name: string,
  byDefault?: number,
  most: number = Number.MAX_VALUE,
): number {
  const number = checkFinite(value, name, byDefault);
  if (number < 0 || number > most) {
    const wanted = most === Number.MAX_VALUE ? "a finite number >= 0" : `a number from 0 to ${most}`;
    throw expected(RangeError, name, wanted, number);
  }
  return number;
}

/** A non-negative safe integer. */
export function checkSize(value: unknown, name: string, byDefault?: number): number {
  if (value === undefined && byDefault !== undefined) return byDefault;
  if (typeof value !== "number") throw expected(TypeError, name, "a non-negative integer", value);
  if (!Number.isSafeInteger(value) || value < 0) throw expected(RangeError, name, "a non-negative integer", value);
  return value;
}

/** An option by the name it was given under. */
export interface Named {
  readonly name: string;
  readonly value: unknown;
}

/** One option that has another name too, under which it may be given instead. */
export function either(found: Named, name: string, value: unknown): Named {
  if (value === undefined) return found;
  if (found.value !== undefined) {
    throw expectedBut(TypeError, name, `${found.name} alone`, "the same option under two names");
  }
  return { name, value };
}

/** An instance, of whatever copy of the library. @internal */
export function checkInstance(gs: unknown): void {
  if (typeof (gs as { gumbelSoftmax?: unknown } | null | undefined)?.gumbelSoftmax !== "function") {
    throw expected(TypeError, "gs", "an instance, as load() gives it", gs);
  }
}

/** Whether something thrown is a RangeError, of whatever realm: an engine's for memory that it does not have. */
export function isRangeError(error: unknown): boolean {
  return (error as Error | null | undefined)?.name === "RangeError";
}

/** An array for `count` values. Without memory for it, a RangeError that says how many bytes were asked for. @internal */
export function allocate<T>(Kind: (new (length: number) => T) & { BYTES_PER_ELEMENT: number }, count: number): T {
  try {
    return new Kind(count);
  } catch (error) {
    if (!isRangeError(error)) throw error;
    const bytes = count * Kind.BYTES_PER_ELEMENT;
    throw expectedBut(RangeError, "memory", `room for a result of ${bytes} bytes`, "no more to be had");
  }
}

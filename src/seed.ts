// Seeds: 64-bit unsigned integers, and how new ones are derived.
//
// Every random word of the library is word(seed, row, class, stream), Philox4x32-10 under the key (lo32(seed), hi32(seed))
// at the counter (class >> 2, lo32(row), hi32(row), stream). The streams, all of them:
//
//   0  Gumbel noise of every operation
//   1  fold        2  split        3  Generator
//   4  noise conditioned on an index or a maximum; of several samples of it, number k is 4 + 2^16 * k
//
// A derived seed is the words of classes 0 (low half) and 1 (high half) at row n of its stream.

import { detached, expected, expectedBut } from "./check.ts";

const FOLD = 1;
const SPLIT = 2;
const GENERATOR = 3;
export const CONDITIONAL = 4;
/** Between the streams of samples of conditional noise; as many of them there may be. */
export const SAMPLES: number = 0x10000;

/** Seeds that `split` gives at a time; more is a case for `fold`. */
const MOST_SEEDS = 0x1000000;

/** Largest seed, 2^64 - 1. */
const LAST: bigint = 0xffffffffffffffffn;

/** A 64-bit unsigned integer: a `bigint`, a non-negative safe integer, or 1 to 20 decimal digits, as JSON carries it. */
export type Seed = bigint | number | string;

/** One seed for each row: numbers, or decimal strings as JSON carries them. */
export type SeedList = BigUint64Array | readonly string[];

const DIGITS = /^\d{1,20}$/;

/** The two 32-bit halves of a 64-bit number. */
export interface Halves {
  readonly lo: number;
  readonly hi: number;
}

/** The two 32-bit halves of a 64-bit unsigned integer; a TypeError or RangeError that names `name` for anything else. */
export function halves(value: Seed, name: string): Halves {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw expected(RangeError, name, "a 64-bit unsigned integer (a bigint or a non-negative safe integer)", value);
    }
    return { lo: value >>> 0, hi: Math.floor(value / 2 ** 32) };
  }
  const text = typeof value === "string" && DIGITS.test(value);
  if (typeof value !== "bigint" && !text) {
    throw expected(
      TypeError,
      name,
      "a bigint, a non-negative safe integer or a string of 1 to 20 decimal digits",
      value,
    );
  }
  const integer = BigInt(value);
  if (integer < 0n || integer > LAST) throw expected(RangeError, name, "at least 0 and below 2^64", value);
  return { lo: Number(integer & 0xffffffffn), hi: Number(integer >> 32n) };
}

/**
 * A new seed from a seed and a number, as good as independent of both and of every other pair's.
 *
 * @param seed the seed to derive from
 * @param n    which one, 0 <= n < 2^64; for example an epoch, a worker, a draw
 * @returns    word(seed, row = n, class, stream = 1) for class 0, the low half, and 1
 * @throws RangeError or TypeError that names the argument
 * @example
 * fold(44, 3); // => 10516282079588861405n
 * fold("44", 3); // => 10516282079588861405n
 */
export function fold(seed: Seed, n: Seed): bigint {
  return derive(halves(seed, "seed"), halves(n, "n"), FOLD);
}

/**
 * `n` new seeds from one; the first k are the same for every n >= k. Not those of `fold`.
 *
 * @param seed the seed to derive from
 * @param n    how many, an integer from 0 to 2^24
 * @returns    seed i from the words of classes 0 and 1 of row i, stream 2
 * @throws RangeError or TypeError that names the argument
 * @example
 * split(44, 2); // => [3726956389443084708n, 7467914251712129309n]
 */
export function split(seed: Seed, n: number): bigint[] {
  const key = halves(seed, "seed");
  if (typeof n !== "number") throw expected(TypeError, "n", "a number", n);
  if (!Number.isInteger(n) || n < 0 || n > MOST_SEEDS) {
    throw expected(RangeError, "n", `an integer from 0 to ${MOST_SEEDS}`, n);
  }
  const seeds: bigint[] = [];
  for (let i = 0; i < n; i++) seeds.push(derive(key, halves(i, "n"), SPLIT));
  return seeds;
}

/** State of a `Generator` as plain JSON: its seed in decimal, and the number of seeds it has given. */
export interface GeneratorState {
  readonly seed: string;
  readonly step: number;
}

/**
 * A seed and a step count: every `next()` is a fresh seed, and the state can be saved and restored.
 *
 * @throws RangeError or TypeError that names the seed, or the state it is given
 * @example
 * const generator = new Generator(44);
 * const saved = generator.state;
 * const a = generator.next();
 * generator.state = saved;
 * generator.next() === a; // => true
 */
export class Generator {
  #seed: bigint;
  #key: Halves;
  #step = 0;

  /** @param seed default: 64 bits from `crypto.getRandomValues` */
  constructor(seed: Seed = randomSeed()) {
    this.#key = halves(seed, "seed");
    this.#seed = BigInt(seed);
  }

  /** Seed number `step`, from the words of classes 0 and 1 of that row, stream 3. */
  next(): bigint {
    const self = Generator.#self(this, "next");
    return derive(self.#key, halves(self.#step++, "step"), GENERATOR);
  }

  get state(): GeneratorState {
    const self = Generator.#self(this, "state");
    return { seed: String(self.#seed), step: self.#step };
  }

  set state(state: GeneratorState) {
    const self = Generator.#self(this, "state");
    const { seed, step } = Object(state) as Partial<GeneratorState>;
    if (seed === undefined || !Number.isSafeInteger(step) || step! < 0) {
      throw expected(TypeError, "state", "the state of a Generator, { seed, step }", state);
    }
    self.#key = halves(seed, "state.seed");
    self.#seed = BigInt(seed);
    self.#step = step!;
  }

  /** `state`, so that JSON carries a generator. */
  toJSON(): GeneratorState {
    return Generator.#self(this, "toJSON").state;
  }

  /** Tells Vue to leave a generator as it is: a reactive proxy has no private fields. @internal */
  get __v_skip(): true {
    return true;
  }

  static #self(self: unknown, method: string): Generator {
    if (typeof self !== "object" || self === null || !(#step in self)) throw detached(method, "Generator", self);
    return self;
  }
}

/** 64 bits from the host. */
function randomSeed(): bigint {
  if (typeof crypto !== "object" || typeof crypto.getRandomValues !== "function") {
    throw expectedBut(Error, "seed", "one, for this runtime has no crypto.getRandomValues to draw it from", "none");
  }
  const words = crypto.getRandomValues(new Uint32Array(2));
  return seedOf(words[0]!, words[1]!);
}

/** The seed with these halves. */
export function seedOf(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

function derive(key: Halves, row: Halves, stream: number): bigint {
  const words = philox4x32(key.lo, key.hi, 0, row.lo, row.hi, stream);
  return seedOf(words[0], words[1]);
}

/** The same Philox4x32-10 as the kernels' (Salmon et al., SC 2011, section 3.3), one counter at a time. */
function philox4x32(
  k0: number,
  k1: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
): [number, number, number, number] {
  for (let round = 0; round < 10; round++) {
    const hi0 = multiplyHigh(0xd2511f53, c0);
    const lo0 = Math.imul(0xd2511f53, c0);
    const hi1 = multiplyHigh(0xcd9e8d57, c2);
    const lo1 = Math.imul(0xcd9e8d57, c2);
    c0 = hi1 ^ c1 ^ k0;
    c2 = hi0 ^ c3 ^ k1;
    c1 = lo1;
    c3 = lo0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** Upper half of the 64-bit product of two 32-bit unsigned integers: every partial sum stays below 2^53. */
function multiplyHigh(a: number, b: number): number {
  const bLo = b & 0xffff;
  const bHi = b >>> 16;
  return Math.floor((a * bHi + Math.floor((a * bLo) / 65536)) / 65536);
}

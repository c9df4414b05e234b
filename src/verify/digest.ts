// A SHA-256 over the output bits of fixed calls of every operation: the promise about bits as one known answer.
//
// Inputs:  multiples of 2^-12 between -8 and 8 from an integer generator, so that they are the same f32 everywhere
// Bits:    call by call, f32 and i32 elements and 64-bit seeds as little-endian bytes
//
// Imports nothing of the library but types: what is digested is the package that is handed over, as its runtime resolved it.

import type * as Library from "gumbel-softmax";

type GumbelSoftmax = Library.GumbelSoftmax;
type Seeds = Pick<typeof Library, "fold" | "split" | "Generator">;
type Bits = Float32Array | Int32Array | bigint;
type Call = (gs: GumbelSoftmax, seeds: Seeds) => Bits[];
type Input = (shape: number[]) => { data: Float32Array; shape: number[] };

/** The known answer of `digest`. A change of it is a change of the library's bits. */
export const DIGEST: string = "93067fe4e0b38ad8600e62c1acb6d78a610ed9e85d83bb881d7289c28a238914";

const LAST_SEED = 2n ** 64n - 1n;

/** Rows of every length up to a few blocks of four lanes, and of many. */
const LENGTHS = [...Array.from({ length: 17 }, (_, n) => n + 1), 31, 33, 100, 1000];

/** The calls: one entry is a sample, or what goes without noise, with its gradients. */
export const CALLS: readonly Call[] = [
  ...LENGTHS.flatMap((classes) => [
    sample([3, classes], { tau: 0.5, seed: classes }),
    sample([3, classes], { tau: 2, hard: true, seed: classes }),
    draw([3, classes], { seed: classes }),
    noiseless([3, classes], { tau: 0.75 }),
    noise([3, classes], { seed: classes }),
  ]),
  ...[0, 1, -1].flatMap((dim) => [
    sample([5, 7, 6], { dim, tau: 0.5, seed: 2n }),
    sample([5, 7, 6], { dim, hard: true, seed: 2n }),
    draw([5, 7, 6], { dim, seed: 3 }),
    noiseless([5, 7, 6], { dim }),
    noise([5, 7, 6], { dim, loc: 1, scale: 2, seed: 4 }),
    oneHot(dim),
  ]),
  ...[0, 5e-324, 1e-30, 1e-3, 3, 1e30].flatMap((tau) => [
    sample([4, 37], { tau, seed: 5 }),
    sample([4, 37], { tau, seed: 5, hard: true }),
    noiseless([4, 37], { tau }),
  ]),
  ...[0, 0.25, 10, 1e29].map((noiseScale) => sample([3, 21], { noiseScale, seed: 6n })),
  ...[1, 2 ** 32 - 2, 2 ** 53 - 1, LAST_SEED - 4n].map((rowOffset) => sample([5, 9], { rowOffset, seed: 7 })),
  ...[1, 2, 3, 4, 2 ** 33 + 1].map((classOffset) => draw([5, 9], { classOffset, seed: 8 })),
  ...[0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, LAST_SEED].map((seed) => sample([2, 13], { seed })),
  noise([3, 11], { loc: -2.5, scale: 0.5, seed: 9 }),
  noise([3, 11], { scale: 1e30, seed: 9 }),
  ...[0, -1].flatMap((dim) => [
    sample([12, 12], { dim, invalid: "mark", seed: 10 }, damaged(dim)),
    sample([12, 12], { dim, invalid: "mark", seed: 10, hard: true }, damaged(dim)),
    draw([12, 12], { dim, invalid: "mark", seed: 10 }, damaged(dim)),
    noiseless([12, 12], { dim, invalid: "mark" }, damaged(dim)),
  ]),
  resident,
  // Work that is worth several threads: many rows, rows apart from each other in memory, few rows of many classes.
  sample([3000, 70], { tau: 0.5, seed: 11 }),
  sample([70, 41, 73], { dim: 1, hard: true, seed: 12 }),
  sample([2, 70000], { tau: 0.25, seed: 13 }),
  draw([1, 20011], { seed: 14 }),
  draw([2, 128256], { seed: 15 }),
  noiseless([700, 300], { tau: 2 }),
  noiseless([1, 210001], {}),
  noise([999, 257], { seed: 16 }),
  (_, { fold }) => [0, 1, 2 ** 40, LAST_SEED].flatMap((n) => [fold(44, n), fold(LAST_SEED, n)]),
  (_, { split }) => [...split(44, 5), ...split(LAST_SEED, 3)],
  (_, { Generator }) => {
    const generator = new Generator(LAST_SEED);
    return [generator.next(), generator.next(), generator.next()];
  },
];

/**
 * The SHA-256 of the calls' output bits, in hexadecimal.
 *
 * @param gs    the instance under test, with any number of threads
 * @param seeds the package it comes from
 */
export async function digest(gs: GumbelSoftmax, seeds: Seeds): Promise<string> {
  const bytes = littleEndian(CALLS.flatMap((call) => call(gs, seeds)));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A sample, its indices, and its gradient by the three ways to it, which needs a tau that is not 0. */
function sample(shape: number[], options: Library.GumbelSoftmaxBackwardOptions, input: Input = logits): Call {
  return (gs) => {
    const z = input(shape);
    const c = cotangent(shape);
    const y = gs.gumbelSoftmax(z, options);
    const forward = [y.data, y.indices, y.seed, gs.gumbelMax(z, options).data];
    if (options.tau === 0) return forward;
    const kept = gs.gumbelSoftmax(z, { ...options, keep: true });
    return [
      ...forward,
      y.backward(c).data,
      gs.gumbelSoftmaxBackward(c, z, options).data,
      kept.data,
      kept.backward(c).data,
    ];
  };
}

function draw(shape: number[], options: Library.CategoricalOptions, input: Input = logits): Call {
  return (gs) => {
    const { indices, scores, seed } = gs.categorical(input(shape), { ...options, scores: true });
    return [indices, scores!, seed];
  };
}

/** softmax, logSoftmax and argmax, and the gradients of the first two by both ways to them. */
function noiseless(
  shape: number[],
  options: { tau?: number; dim?: number; invalid?: "mark" },
  input: Input = logits,
): Call {
  return (gs) => {
    const z = input(shape);
    const c = cotangent(shape);
    const { tau, ...axis } = options;
    const y = gs.softmax(z, options);
    const log = gs.logSoftmax(z, options);
    const forward = [y.data, log.data, gs.argmax(z, axis).indices];
    if (tau === 0) return forward;
    const backward = [gs.softmaxBackward(c, z, options), gs.logSoftmaxBackward(c, z, options)];
    return [...forward, ...[...backward, y.backward(c), log.backward(c)].map(({ data }) => data)];
  };
}

function noise(shape: number[], options: Parameters<GumbelSoftmax["gumbel"]>[1]): Call {
  return (gs) => {
    const { data, seed } = gs.gumbel(shape, options);
    return [data, seed];
  };
}

function oneHot(dim: number): Call {
  return (gs) => [gs.oneHot({ data: Int32Array.of(2, 0, -1, 4, 1, 3), shape: [2, 3] }, 5, { dim }).data];
}

/** From one tensor inside the module's memory to another, and in place. */
function resident(gs: GumbelSoftmax): Bits[] {
  const from = logits([13, 29]);
  const z = gs.empty(from.shape);
  const y = gs.empty(from.shape);
  try {
    z.data.set(from.data);
    const sampled = gs.gumbelSoftmax(z, { tau: 0.5, seed: 17, out: y });
    const bits = [sampled.data.slice(), sampled.indices, sampled.backward(cotangent(from.shape)).data];
    gs.softmax(z, { dim: 0, out: z });
    return [...bits, z.data.slice()];
  } finally {
    z.free();
    y.free();
  }
}

/** Logits of which about one in 16 is masked, but none of class 0 along the last axis. */
function logits(shape: number[]): { data: Float32Array; shape: number[] } {
  const length = shape.at(-1)!;
  const { data } = numbers(shape, 1);
  // Below -7: the first sixteenth of the range.
  return { data: data.map((z, n) => (z < -7 && n % length > 0 ? -Infinity : z)), shape };
}

/** A matrix of logits in which, along `dim`, row 3 has a NaN, row 7 an Infinity and row 9 nothing but -Infinity. */
function damaged(dim: number): Input {
  return (shape) => {
    const z = numbers(shape, 1);
    const [rows, length] = shape as [number, number];
    const put = (row: number, at: number, value: number): void => {
      z.data[dim === 0 ? at * length + row : row * length + at] = value;
    };
    put(3, 5, Number.NaN);
    put(7, 0, Infinity);
    for (let at = 0; at < (dim === 0 ? rows : length); at++) put(9, at, -Infinity);
    return z;
  };
}

function cotangent(shape: number[]): { data: Float32Array; shape: number[] } {
  return numbers(shape, 2);
}

/** Multiples of 2^-12 from -8 to below 8: the upper halves of a linear congruential generator (Knuth and Lewis). */
function numbers(shape: number[], seed: number): { data: Float32Array; shape: number[] } {
  const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
  let state = seed;
  for (let n = 0; n < data.length; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[n] = ((state >>> 16) - 32768) / 4096;
  }
  return { data, shape };
}

function littleEndian(parts: readonly Bits[]): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, part) => sum + (typeof part === "bigint" ? 8 : part.byteLength), 0);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const part of parts) {
    if (typeof part === "bigint") {
      view.setBigUint64(at, part, true);
      at += 8;
      continue;
    }
    for (const bits of new Int32Array(part.buffer, part.byteOffset, part.length)) {
      view.setInt32(at, bits, true);
      at += 4;
    }
  }
  return new Uint8Array(view.buffer);
}

// Calls on an instance with threads and the same on one without, in whatever memory their arrays lie. Uses nothing but the
// library handed over, so that it runs in a browser too.

import type { GumbelSoftmax, Tensor, TensorLike } from "gumbel-softmax";
import { integers, normals, size, uniform } from "../support/random.ts";

export interface Problem {
  readonly shape: readonly number[];
  readonly dim: number;
  readonly logits: Float32Array;
  readonly cotangent: Float32Array;
  readonly invalid: "throw" | "mark";
}

/** Where the arrays of a call lie; `out` may be an operand's own place. */
export interface Places {
  readonly logits: "array" | "f64" | "shared" | "tensor";
  readonly cotangent: "array" | "f64" | "shared" | "tensor";
  readonly out: "none" | "array" | "shared" | "tensor" | "logits" | "cotangent";
}

export const ARRAYS: Places = { logits: "array", cotangent: "array", out: "none" };

export type Result = (Float32Array | Int32Array)[];

type Out = Float32Array | Tensor | undefined;

interface Operands {
  readonly z: TensorLike;
  readonly c: TensorLike;
  readonly out: Out;
  readonly winners: Int32Array | undefined;
  readonly shape: readonly number[];
  readonly options: { readonly dim: number; readonly invalid: "throw" | "mark" };
}

interface Operation {
  /** What it takes beside the logits, and whether it takes these. */
  readonly cotangent?: true;
  readonly bare?: true;
  run(gs: GumbelSoftmax, operands: Operands): Result;
}

const FAR = { seed: 2n ** 63n + 5n, rowOffset: 2n ** 32n - 3n, classOffset: 5 };

function sample(options: object): Operation {
  return {
    run(gs, { z, out, options: common }) {
      const { data, indices } = gs.gumbelSoftmax(z, { seed: 7, ...common, ...options, out });
      return [data, indices];
    },
  };
}

/** Every operation that threads share, under the options that lead through different code. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  soft: sample({ tau: 0.7 }),
  hard: sample({ hard: true }),
  cold: sample({ tau: 1e-35 }),
  frozen: sample({ tau: 0 }),
  quiet: sample({ noiseScale: 0 }),
  far: sample({ noiseScale: 0.5, ...FAR }),
  sampleBackward: {
    cotangent: true,
    run: (gs, { z, c, out, options }) => [
      gs.gumbelSoftmaxBackward(c, z, { tau: 0.7, noiseScale: 0.5, ...FAR, ...options, out }).data,
    ],
  },
  keptBackward: {
    cotangent: true,
    run: (gs, { z, c, out, options }) => {
      const y = gs.gumbelSoftmax(z, { tau: 0.7, hard: true, keep: true, ...FAR, ...options });
      return [y.data, y.backward(c, { out }).data];
    },
  },
  softmax: { run: (gs, { z, out, options }) => [gs.softmax(z, { tau: 0.3, ...options, out }).data] },
  softmaxBackward: {
    cotangent: true,
    run: (gs, { z, c, out, options }) => [gs.softmaxBackward(c, z, { ...options, out }).data],
  },
  logSoftmax: { run: (gs, { z, out, options }) => [gs.logSoftmax(z, { tau: 2, ...options, out }).data] },
  logSoftmaxBackward: {
    cotangent: true,
    run: (gs, { z, c, out, options }) => [gs.logSoftmaxBackward(c, z, { ...options, out }).data],
  },
  categorical: {
    run(gs, { z, winners, options }) {
      const { indices, scores } = gs.categorical(z, { seed: 8, scores: true, ...options, out: winners });
      return [indices, scores!];
    },
  },
  argmax: { run: (gs, { z, winners, options }) => [gs.argmax(z, { ...options, out: winners }).indices] },
  gumbel: {
    bare: true,
    run: (gs, { out, shape, options: { dim } }) => [
      gs.gumbel(shape, { loc: -2, scale: 0.5, dim, stream: 4, ...FAR, out }).data,
    ],
  },
};

/** Carries out an operation; what it gives is the caller's own. `watch` sees the arrays that are handed over. */
export function run(
  gs: GumbelSoftmax,
  name: string,
  problem: Problem,
  places: Places = ARRAYS,
  watch: (data: Float32Array) => void = () => {},
): Result {
  const operation = OPERATIONS[name]!;
  const { shape, dim, invalid } = problem;
  const tensors: Tensor[] = [];
  const tensor = (): Tensor => {
    tensors.push(gs.empty(shape));
    return tensors.at(-1)!;
  };
  const bring = (data: Float32Array, place: Places["logits"]): TensorLike => {
    if (place === "f64") return { data: Float64Array.from(data), shape };
    if (place === "tensor") {
      const to = tensor();
      to.data.set(data);
      return to;
    }
    const copy = place === "array" ? data.slice() : sharedCopy(data);
    watch(copy);
    return { data: copy, shape };
  };
  try {
    const z = operation.bare ? [] : bring(problem.logits, places.logits);
    const c = operation.cotangent ? bring(problem.cotangent, places.cotangent) : [];
    const out = outAt(places.out, z, c, tensor, problem.logits.length);
    if (places.out === "array") watch(out as Float32Array);
    const winners = places.out === "none" ? undefined : new Int32Array(problem.logits.length / shape.at(dim)!).fill(-7);
    const result = operation.run(gs, { z, c, out, winners, shape, options: { dim, invalid } });
    return result.map((data) => data.slice());
  } finally {
    for (const each of tensors) each.free();
  }
}

/** Whether an operation can be carried out in these places: f64 operands are no place for a result. */
export function fits(name: string, { logits, cotangent, out }: Places): boolean {
  const { bare, cotangent: two } = OPERATIONS[name]!;
  if (out === "logits") return !bare && logits !== "f64";
  return out !== "cotangent" || (two === true && cotangent !== "f64");
}

function outAt(place: Places["out"], z: TensorLike, c: TensorLike, tensor: () => Tensor, count: number): Out {
  if (place === "none") return undefined;
  if (place === "tensor") return tensor();
  if (place === "array" || place === "shared") {
    const fresh = new Float32Array(count).fill(7);
    return place === "array" ? fresh : sharedCopy(fresh);
  }
  const operand = place === "logits" ? z : c;
  return ("shape" in operand && "free" in operand ? operand : (operand as { data: unknown }).data) as Out;
}

function sharedCopy(data: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return copy;
}

/** What a call throws. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return "nothing";
}

/** The first difference between two results, to the bit. */
export function difference(got: Result, expected: Result): string | undefined {
  for (const [n, right] of expected.entries()) {
    const [a, b] = [bits(got[n]!), bits(right)];
    if (a.length !== b.length) return `result ${n}: ${a.length} elements, expected ${b.length}`;
    for (let i = 0; i < b.length; i++) {
      if (a[i] !== b[i]) return `result ${n}, element ${i}: ${got[n]![i]}, expected ${right[i]}`;
    }
  }
  return undefined;
}

function bits({ buffer, byteOffset, length }: Float32Array | Int32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** Logits of a shape: `masked` has classes of -Infinity, and ties, `spoiled` some invalid rows too, the first and the last among them. */
export function problem(
  shape: readonly number[],
  dim: number,
  kind: "plain" | "masked" | "spoiled",
  seed: number,
): Problem {
  const count = size(shape);
  const logits = normals(count, seed, 3);
  const next = uniform(seed + 1);
  const classes = shape.at(dim)!;
  const inner = size(shape.slice(dim < 0 ? shape.length + dim + 1 : dim + 1));
  if (kind !== "plain") {
    // The first class is never masked, so a row stays valid. Many classes share the maximum.
    for (let i = 0; i < count; i++) {
      logits[i] = Math.min(logits[i]!, 4);
      if (next() < 0.3 && Math.floor(i / inner) % classes > 0) logits[i] = Number.NEGATIVE_INFINITY;
    }
  }
  const rows = count / classes;
  const spoil = kind === "spoiled" ? [0, rows - 1, ...Array.from({ length: 6 }, () => Math.floor(next() * rows))] : [];
  for (const [n, row] of spoil.entries()) {
    const start = Math.floor(row / inner) * classes * inner + (row % inner);
    const at = start + Math.floor(next() * classes) * inner;
    if (n % 3 === 0) logits[at] = Number.NaN;
    else if (n % 3 === 1) logits[at] = Number.POSITIVE_INFINITY;
    else for (let c = 0; c < classes; c++) logits[start + c * inner] = Number.NEGATIVE_INFINITY;
  }
  const cotangent = normals(count, seed + 2);
  return { shape, dim, logits, cotangent, invalid: kind === "spoiled" ? "mark" : "throw" };
}

/** A random call: every layout that is cut differently, every operation, all places. */
export function randomCall(seed: number): { name: string; problem: Problem; places: Places } {
  const between = integers(seed);
  const pick = <T>(from: readonly T[]): T => from[between(0, from.length - 1)]!;
  const [shape, dim] = pick<() => [number[], number]>([
    () => [[between(1, 40), between(1, 9000)], -1],
    () => [[between(2000, 9000), between(1, 40)], -1],
    () => [[between(1, 3), between(20_000, 140_000)], -1],
    () => [[between(1, 50), between(1, 80), between(1, 60)], 1],
    () => [[between(1, 3), between(4097, 20_000), between(2, 18)], 1],
    () => [[between(2, 300), between(100, 1000)], 0],
  ])();
  const kind = pick(["plain", "masked", "spoiled"] as const);
  const operands = ["array", "array", "f64", "shared", "tensor"] as const;
  const outs = ["none", "none", "array", "shared", "tensor", "logits", "cotangent"] as const;
  for (;;) {
    const name = pick(Object.keys(OPERATIONS));
    const places = { logits: pick(operands), cotangent: pick(operands), out: pick(outs) };
    if (fits(name, places)) return { name, problem: problem(shape, dim, kind, seed), places };
  }
}

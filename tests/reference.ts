// The contract in scalar f64: what every operation means, one element at a time, with no thought for speed.
//
// Noise is computed here from the seed on, and the library's noise is held against it (noise.test.ts). An index is exact, and a
// sample is bounded, "for the same p"; so everything after the noise takes p, the perturbed logits, which a test makes by
// perturb() from the noise that the library itself returned.

export type Words = readonly [number, number, number, number];

export interface Address {
  readonly seed: bigint;
  readonly rowOffset?: bigint;
  readonly classOffset?: number;
  /** Of noise alone; that of every operation is 0. */
  readonly stream?: number;
}

export interface Layout {
  readonly rows: number;
  readonly classes: number;
  readonly inner: number;
}

/** Philox4x32 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011). */
export function philox4x32(counter: Words, key: readonly [number, number], rounds = 10): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < rounds; round++) {
    const [high0, low0] = multiply(0xd2511f53, c0);
    const [high1, low1] = multiply(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

function word(seed: bigint, row: bigint, cls: number, stream = 0): number {
  const [block, lane] = [Math.floor(cls / 4), cls % 4];
  return philox4x32([block, low32(row), high32(row), stream], [low32(seed), high32(seed)])[lane]!;
}

/** Gumbel(0, 1) from a word, as (x + 1/2) / 2^32 or its exact complement: neither end loses precision. */
export function noise(x: number): number {
  const exponential = x < 2 ** 31 ? -Math.log1p(-(x + 0.5) / 2 ** 32) : -Math.log((2 ** 32 - 1 - x + 0.5) / 2 ** 32);
  return -Math.log(exponential);
}

export function gumbel(shape: readonly number[], dim: number, address: Address): Float64Array {
  const { seed, rowOffset = 0n, classOffset = 0, stream = 0 } = address;
  const l = layout(shape, dim);
  const out = new Float64Array(l.rows * l.classes);
  for (let row = 0; row < l.rows; row++) {
    for (let k = 0; k < l.classes; k++) {
      out[position(l, row, k)] = noise(word(seed, rowOffset + BigInt(row), classOffset + k, stream));
    }
  }
  return out;
}

/** p = z + scale * g, rounded to f32. A masked class takes no noise. */
export function perturb(logits: ArrayLike<number>, g: ArrayLike<number>, scale = 1): Float32Array {
  return Float32Array.from(logits, (z, i) => (z === -Infinity ? z : z + scale * g[i]!));
}

/** Softmax of p / tau along dim: the soft sample where p is perturbed, softmax where p is the logits. */
export function soft(p: ArrayLike<number>, shape: readonly number[], dim: number, tau: number): Float64Array {
  return mapRows(shape, dim, (row) => softRow(row, tau), p);
}

export function hard(p: ArrayLike<number>, shape: readonly number[], dim: number): Float64Array {
  return mapRows(shape, dim, (row) => oneHotRow(indexRow(row), row.length), p);
}

export function logSoftmax(p: ArrayLike<number>, shape: readonly number[], dim: number, tau: number): Float64Array {
  return mapRows(shape, dim, (row) => logSoftmaxRow(row, tau), p);
}

/** Per element, how far below its row's maximum it lies: |p - max p| / tau, which the bounds of a sample are stated in. */
export function depth(p: ArrayLike<number>, shape: readonly number[], dim: number, tau: number): Float64Array {
  return mapRows(shape, dim, (row) => depthRow(row, tau), p);
}

/** The argument of the maximum along dim, the lowest class on a tie; -1 for a row that has none. */
export function index(p: ArrayLike<number>, shape: readonly number[], dim: number): Int32Array {
  return Int32Array.from(perRow(shape, dim, indexRow, p));
}

/** The perturbed logit that won, one a row. */
export function scores(p: ArrayLike<number>, shape: readonly number[], dim: number): Float64Array {
  return perRow(shape, dim, (row) => row[indexRow(row)]!, p);
}

/** dz = y * (c - <c, y>) / tau with y the soft sample, for soft and straight-through samples alike. */
export function backward(
  cotangent: ArrayLike<number>,
  p: ArrayLike<number>,
  shape: readonly number[],
  dim: number,
  tau: number,
): Float64Array {
  return mapRows(shape, dim, (c, row) => backwardRow(c, softRow(row, tau), tau), cotangent, p);
}

/** dz = (c - softmax * sum c) / tau. */
export function logSoftmaxBackward(
  cotangent: ArrayLike<number>,
  p: ArrayLike<number>,
  shape: readonly number[],
  dim: number,
  tau: number,
): Float64Array {
  const row = (c: Float64Array, p: Float64Array): Float64Array => {
    const y = softRow(p, tau);
    const sum = c.reduce((a, b) => a + b, 0);
    return c.map((value, k) => (value - y[k]! * sum) / tau);
  };
  return mapRows(shape, dim, row, cotangent, p);
}

/** One-hot rows laid along a new axis at dim of shape, which has the classes; an index of -1 gives a row of zeros. */
export function oneHot(indices: ArrayLike<number>, shape: readonly number[], dim: number): Float64Array {
  const l = layout(shape, dim);
  const out = new Float64Array(l.rows * l.classes);
  for (let row = 0; row < l.rows; row++) {
    if (indices[row]! >= 0) out[position(l, row, indices[row]!)] = 1;
  }
  return out;
}

export function layout(shape: readonly number[], dim: number): Layout {
  const axis = dim < 0 ? dim + shape.length : dim;
  const size = (part: readonly number[]): number => part.reduce((a, b) => a * b, 1);
  const inner = size(shape.slice(axis + 1));
  return { rows: size(shape.slice(0, axis)) * inner, classes: shape[axis]!, inner };
}

/** Where class k of a row lies in the data. */
export function position({ classes, inner }: Layout, row: number, k: number): number {
  return (Math.floor(row / inner) * classes + k) * inner + (row % inner);
}

/** Applies f to every row of the inputs and lays its result where the row was. */
export function mapRows(
  shape: readonly number[],
  dim: number,
  f: (...rows: Float64Array[]) => Float64Array,
  ...inputs: ArrayLike<number>[]
): Float64Array {
  const l = layout(shape, dim);
  const out = new Float64Array(l.rows * l.classes);
  for (let row = 0; row < l.rows; row++) {
    const result = f(...inputs.map((input) => gather(input, l, row)));
    for (let k = 0; k < l.classes; k++) out[position(l, row, k)] = result[k]!;
  }
  return out;
}

/** Applies f to every row of the input and collects one number a row. */
export function perRow(
  shape: readonly number[],
  dim: number,
  f: (row: Float64Array) => number,
  input: ArrayLike<number>,
): Float64Array {
  const l = layout(shape, dim);
  return Float64Array.from({ length: l.rows }, (_, row) => f(gather(input, l, row)));
}

function gather(input: ArrayLike<number>, l: Layout, row: number): Float64Array {
  const values = new Float64Array(l.classes);
  for (let k = 0; k < l.classes; k++) values[k] = input[position(l, row, k)]!;
  return values;
}

function indexRow(row: Float64Array): number {
  let best = -1;
  for (let k = 0; k < row.length; k++) {
    const value = row[k]!;
    if (Number.isNaN(value) || value === Infinity) return -1;
    if (value > (best < 0 ? -Infinity : row[best]!)) best = k;
  }
  return best;
}

function oneHotRow(index: number, classes: number): Float64Array {
  const row = new Float64Array(classes);
  if (index >= 0) row[index] = 1;
  return row;
}

function depthRow(row: Float64Array, tau: number): Float64Array {
  const max = row[indexRow(row)]!;
  return row.map((value) => (value === max ? 0 : (max - value) / tau));
}

function softRow(row: Float64Array, tau: number): Float64Array {
  const index = indexRow(row);
  if (index < 0 || tau === 0) return oneHotRow(index, row.length);
  const exponentials = depthRow(row, tau).map((d) => Math.exp(-d));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}

function logSoftmaxRow(row: Float64Array, tau: number): Float64Array {
  if (tau === 0) return softRow(row, tau).map(Math.log);
  const depths = depthRow(row, tau);
  const logSum = Math.log(depths.reduce((sum, d) => sum + Math.exp(-d), 0));
  return depths.map((d) => -d - logSum);
}

function backwardRow(c: Float64Array, y: Float64Array, tau: number): Float64Array {
  const inner = c.reduce((sum, value, k) => sum + value * y[k]!, 0);
  return c.map((value, k) => (y[k]! * (value - inner)) / tau);
}

/** The 64-bit product of two 32-bit words as [high, low]; in 16-bit halves, each partial sum stays below 2^53. */
function multiply(a: number, b: number): [number, number] {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle % 2 ** 16);
  return [aHigh * bHigh + Math.floor(middle / 2 ** 16) + Math.floor(carry / 2 ** 16), Math.imul(a, b) >>> 0];
}

function low32(x: bigint): number {
  return Number(x & 0xffff_ffffn);
}

function high32(x: bigint): number {
  return Number((x >> 32n) & 0xffff_ffffn);
}

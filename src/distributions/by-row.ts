// Operations whose temperature differs from row to row: neighbouring rows of one temperature go together in one call.

import type { GumbelSoftmaxOptions, OutOptions } from "../arguments/options.ts";
import { outOf } from "../arguments/read-options.ts";
import { type Axis, rowStart, sameShape } from "../arguments/shape.ts";
import { source, type TensorLike } from "../arguments/tensor-like.ts";
import { expectedBut, type Given } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { type Differentiable, type RowSeeded, type Sample, type Values, ValuesResult } from "../results.ts";
import { seedsOf, streamOf } from "../stream.ts";
import { type Draws, drawsIn } from "./arguments.ts";
import { flatDraws, inShape, type ManyDraws } from "./draws.ts";
import { drawn } from "./results.ts";
import { tauAt } from "./temperature.ts";

/** Neighbouring rows of one draw, from `from` to before `to`, with one temperature. */
export interface Run {
  readonly draw: number;
  readonly from: number;
  readonly to: number;
  readonly tau: number;
}

/** Result of an operation row by row; `backward` sums over the draws. */
export interface ByRow {
  readonly data: Float32Array;
  readonly shape: number[];
  readonly indices: Int32Array;
  backward(cotangent: TensorLike, options?: OutOptions): Values;
}

/** Values of a run of rows, and the way to their gradient. */
type Part = Pick<Differentiable, "data" | "backward"> & { readonly indices?: Int32Array };

/** Rows of logits as the kernels see them. */
export interface Rows {
  readonly centred: { readonly data: Float32Array; readonly shape: number[] };
  readonly along: Axis;
}

/** `gs.gumbelSoftmax` of the rows with one temperature for all, or one for each. */
export function relaxedSample(
  gs: GumbelSoftmax,
  { centred, along }: Rows,
  taus: Float64Array,
  options: Given<ManyDraws<Omit<GumbelSoftmaxOptions, "dim" | "tau" | "temperature" | "temp">>>,
): Sample | RowSeeded<Sample> {
  const draws = drawsIn(options);
  if (taus.length <= 1) {
    const flat = { ...flatDraws(options, draws), dim: along.dim, tau: taus[0] ?? 1 };
    return inShape(gs.gumbelSoftmax(centred, flat), draws);
  }
  const { rows, classes } = along;
  const { seed, seeds, rowOffset, out, keep, numSamples: _, ...rest } = options;
  const given = seedsOf({ seed, seeds }, rows, () => gs.generator.next());
  streamOf(given, { rowOffset, classOffset: rest.classOffset }, along, draws.count); // refuses numbers that are too large
  const first = BigInt(rowOffset ?? 0);
  const y = byRow({ along, shape: centred.shape }, taus, draws, ({ draw, from, to, tau }) => {
    const z = { data: rowsOf(centred.data, along, from, to), shape: [to - from, classes] };
    const stream = given.seeds
      ? { seeds: given.seeds.subarray(from, to), rowOffset: first + BigInt(draw) }
      : { seed: given.seed, rowOffset: first + BigInt(draw * rows + from) };
    return gs.gumbelSoftmax(z, { ...rest, ...stream, keep: Boolean(keep), tau } as GumbelSoftmaxOptions);
  });
  const data = outOf(out, "Float32Array", y.shape, y.data.length) ?? y.data;
  if (data !== y.data) data.set(y.data);
  const used = given.seeds === undefined ? { seed: BigInt(given.seed) } : { seeds: given.seeds };
  return drawn({ data, shape: y.shape, indices: y.indices }, used, y.backward);
}

/** Rows side by side, in f32. */
export function rowsOf(data: ArrayLike<number>, along: Axis, from: number, to: number): Float32Array {
  const { classes, inner } = along;
  const rows = new Float32Array((to - from) * classes);
  for (let row = from, at = 0; row < to; row++) {
    for (let c = 0, place = rowStart(row, along); c < classes; c++, place += inner) rows[at++] = data[place]!;
  }
  return rows;
}

function addRows(to: Float64Array | Float32Array, along: Axis, from: number, rows: Float32Array): void {
  const { classes, inner } = along;
  for (let row = from, at = 0; at < rows.length; row++) {
    for (let c = 0, place = rowStart(row, along); c < classes; c++, place += inner) to[place]! += rows[at++]!;
  }
}

/** Puts together what `call` gives for each run of rows, in the shape of the logits after the axes of the draws. */
export function byRow(
  { along, shape: own }: { readonly along: Axis; readonly shape: readonly number[] },
  taus: Float64Array,
  draws: Draws,
  call: (run: Run) => Part,
): ByRow {
  const { rows, classes } = along;
  const shape = [...draws.axes, ...own];
  const data = new Float32Array(draws.count * rows * classes);
  const indices = new Int32Array(draws.count * rows);
  const parts: { run: Run; part: Part }[] = [];
  for (let draw = 0; draw < draws.count; draw++) {
    for (let from = 0, to = 1; from < rows; from = to++) {
      const tau = tauAt(taus, from);
      while (to < rows && tauAt(taus, to) === tau) to++;
      const run = { draw, from, to, tau };
      const part = call(run);
      addRows(data, along, draw * rows + from, part.data);
      if (part.indices) indices.set(part.indices, draw * rows + from);
      parts.push({ run, part });
    }
  }
  const backward = (cotangent: TensorLike, options?: OutOptions): Values => {
    const c = source(cotangent, "cotangent", shape);
    if (!sameShape(c.shape, shape)) throw expectedBut(RangeError, "cotangent.shape", `[${shape}]`, `[${c.shape}]`);
    const wild = c.data.findIndex((value) => !Number.isFinite(value));
    if (wild >= 0) throw expectedBut(RangeError, "cotangent", "finite numbers", `${c.data[wild]} at position ${wild}`);
    const sums = new Float64Array(rows * classes);
    const target = outOf(options?.out, "Float32Array", own, sums.length);
    for (const { run, part } of parts) {
      const { draw, from, to } = run;
      const given = { data: rowsOf(c.data, along, draw * rows + from, draw * rows + to), shape: [to - from, classes] };
      addRows(sums, along, from, part.backward(given).data);
    }
    const gradient = target ?? new Float32Array(sums.length);
    gradient.set(sums);
    return new ValuesResult(gradient, [...own]);
  };
  return { data, indices, shape, backward };
}

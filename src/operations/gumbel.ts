// Gumbel variates.

import type { GumbelOptions } from "../arguments/options.ts";
import * as read from "../arguments/read-options.ts";
import { axisOf, elements } from "../arguments/shape.ts";
import { checkShape, type Shape } from "../arguments/tensor-like.ts";
import { allocate, ownOptions } from "../check.ts";
import { fresh } from "../memory/arena.ts";
import { valuesOf, type Writable } from "../memory/views.ts";
import type { GumbelSample } from "../results.ts";
import type { Engine } from "../run/engine.ts";
import { fillGumbel } from "../run/noise.ts";
import type { Seed } from "../seed.ts";
import { seedsOf, streamOf } from "../stream.ts";
import { targetOf } from "./plan.ts";

/** Noise loc + scale*g over a shape. */
export function gumbel(
  engine: Engine,
  shape: Shape | number,
  allOptions: GumbelOptions,
  freshSeed: () => Seed,
): GumbelSample {
  const options = ownOptions(allOptions, read.GUMBEL_OPTIONS);
  const sizes = typeof shape === "number" ? [shape] : checkShape(shape, "shape");
  const count = elements(sizes, "shape");
  // A shape without axes has one element, which is class 0 of row 0.
  const axis = axisOf(sizes.length > 0 ? sizes : [1], options.dim, "shape", 0);
  const seeds = seedsOf(options, axis.rows, freshSeed);
  const stream = streamOf(seeds, options, axis);
  const number = read.streamNumberOf(options);
  const loc = read.locOf(options);
  const scale = read.scaleOf(options);
  const target = targetOf(engine, options.out, sizes, count);
  const out = target?.place ?? fresh(allocate(Float32Array, count));
  fillGumbel(engine, axis, out, stream, number, loc, scale);
  const result = valuesOf(engine.arena, target, out.data, sizes) as Writable<GumbelSample>;
  result.seed = BigInt(seeds.seed!);
  return result;
}

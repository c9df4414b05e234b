// The known answers of tests/vectors/distributions.json, and the bounds that gumbel-softmax/distributions is held to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { DoubleValues } from "gumbel-softmax/distributions";

/** A number of the Gumbel distribution against SciPy's or mpmath's, relative. */
export const GUMBEL = 1e-12;
/** KL between Gumbels, relative to its largest term and at least to 1. */
export const GUMBEL_KL = 1e-12;
/** A log-density, a log-probability, an entropy or a gradient against torch's in f64, times max(1, |value|). */
export const DENSITY = 1e-12;

type Json = number | "Infinity" | "-Infinity";
type Point = "x" | "pdf" | "logPdf" | "cdf" | "logCdf" | "sf" | "logSf";
interface Gradient {
  readonly logits: number[];
  readonly value: number[];
}

interface Vectors {
  readonly gumbel: {
    readonly loc: number;
    readonly scale: number;
    readonly points: Record<Point, Json[]>;
    readonly icdf: [number, Json][];
    readonly isf: [number, Json][];
    readonly mean: number;
    readonly median: number;
    readonly variance: number;
    readonly stddev: number;
    readonly entropy: number;
  }[];
  readonly kl: [number, number, number, number, Json][];
  readonly concrete: {
    readonly tau: number;
    readonly logits: number[];
    readonly x: number[];
    readonly y: number[];
    readonly simplex: Gradient & { readonly logProb: number };
    readonly logs: Gradient & { readonly logProb: number };
  }[];
  readonly bernoulli: {
    readonly tau: number;
    readonly logits: number[];
    readonly x: number[];
    readonly logProb: number[];
    readonly gradient: Gradient;
  }[];
  readonly categorical: {
    readonly shape: number[];
    readonly unimix: number;
    readonly logits: number[];
    readonly other: number[];
    readonly indices: number[];
    readonly probs: number[];
    readonly logProbs: number[];
    readonly logProb: number[];
    readonly entropy: number[];
    readonly kl: number[];
  }[];
}

export const vectors: Vectors = JSON.parse(readFileSync("tests/vectors/distributions.json", "utf8"));

/** got is within bound * max(least, |exact|) of exact; infinite or 0 only together. */
export function assertNear(label: string, got: number, exact: Json, bound: number, least = 0): void {
  const target = Number(exact);
  if (got === target) return;
  const error = Math.abs(got - target) / Math.max(least, Math.abs(target));
  assert.ok(error <= bound, `${label}: got ${got}, expected ${target}, error ${error}`);
}

export function assertValues(label: string, got: DoubleValues, exact: readonly Json[], shape: readonly number[]): void {
  assert.deepEqual(got.shape, shape, label);
  assert.equal(got.data.length, exact.length, label);
  for (const [i, target] of exact.entries()) assertNear(`${label}, ${i}`, got.data[i]!, target, DENSITY, 1);
}

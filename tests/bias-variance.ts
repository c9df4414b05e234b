// Bias and variance of the estimators for the gradient of E[f(D)] with respect to the logits, D one-hot: what they give for many
// draws, against the exact gradient pi_j*(f(e_j) - E f) by enumeration. `node --import tsx tests/bias-variance.ts` writes the
// table of docs/estimators.md.

import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { type Estimator, type GumbelSoftmax, loadSync } from "gumbel-softmax";
import { normals } from "./support/random.ts";

const DRAWS = 10_000;
const SEED = 2024;

/** A function of a point of the simplex: its value, and its gradient. */
interface Cost {
  readonly name: string;
  value(x: readonly number[]): number;
  gradient(x: readonly number[]): number[];
}

export interface Problem {
  readonly name: string;
  readonly logits: Float32Array;
  readonly cost: Cost;
}

export interface Setting {
  readonly estimator: Estimator;
  readonly tau: number;
  readonly conditionalSamples?: number;
}

/** Draws of the gradient, row by row, the class of each, and what they should be on average. */
export interface Gradients {
  readonly rows: readonly Float32Array[];
  readonly indices: Int32Array;
  readonly exact: readonly number[];
  readonly probabilities: readonly number[];
}

function quadratic(classes: number): Cost {
  const target = Array.from(normals(classes, 5 + classes, 0.6));
  return {
    name: "quadratic",
    value: (x) => x.reduce((sum, v, i) => sum + (1 + i / 2) * (v - target[i]!) ** 2, 0),
    gradient: (x) => x.map((v, i) => (2 + i) * (v - target[i]!)),
  };
}

function exponential(classes: number): Cost {
  const slope = Array.from(normals(classes, 50 + classes, 0.8));
  const value = (x: readonly number[]) => Math.exp(x.reduce((sum, v, i) => sum + v * slope[i]!, 0));
  return { name: "exponential", value, gradient: (x) => slope.map((s) => s * value(x)) };
}

export const PROBLEMS: readonly Problem[] = [4, 8].flatMap((classes) =>
  [quadratic(classes), exponential(classes)].map((cost) => ({
    name: `${classes} classes, ${cost.name}`,
    logits: normals(classes, 7 * classes),
    cost,
  })),
);

const SETTINGS: readonly Setting[] = [
  { estimator: "gumbel-softmax", tau: 1 },
  { estimator: "gumbel-softmax", tau: 0.5 },
  { estimator: "straight-through-gumbel", tau: 1 },
  { estimator: "straight-through-gumbel", tau: 0.5 },
  { estimator: "gumbel-rao", tau: 0.5, conditionalSamples: 1 },
  { estimator: "gumbel-rao", tau: 0.5, conditionalSamples: 10 },
  { estimator: "gumbel-rao", tau: 0.5, conditionalSamples: 100 },
  { estimator: "straight-through", tau: 1 },
  { estimator: "reinmax", tau: 1 },
];

/** Estimators whose gradient depends on the class that was drawn, and on no other noise. */
const BY_CLASS: readonly Estimator[] = ["straight-through", "reinmax"];

export function gradients(gs: GumbelSoftmax, { logits, cost }: Problem, setting: Setting): Gradients {
  const classes = logits.length;
  const y = gs.gumbelSoftmax(logits, { ...setting, numSamples: DRAWS, seed: SEED });
  const points = Array.from({ length: DRAWS }, (_, k) => Array.from(y.data.subarray(k * classes, (k + 1) * classes)));
  // The same draws as rows of a batch, whose gradients stay apart.
  const tiled = {
    data: Float32Array.from({ length: DRAWS * classes }, (_, e) => logits[e % classes]!),
    shape: [DRAWS, classes],
  };
  const cotangent = { data: Float32Array.from(points.flatMap((x) => cost.gradient(x))), shape: [DRAWS, classes] };
  const { data } = gs.gumbelSoftmaxBackward(cotangent, tiled, { ...setting, seed: SEED });
  const weights = Array.from(logits, Math.exp);
  const probabilities = weights.map((w) => w / weights.reduce((a, b) => a + b, 0));
  const values = weights.map((_, i) => cost.value(weights.map((__, j) => (i === j ? 1 : 0))));
  const mean = values.reduce((sum, v, i) => sum + v * probabilities[i]!, 0);
  return {
    rows: points.map((_, k) => data.subarray(k * classes, (k + 1) * classes)),
    indices: y.indices,
    exact: values.map((v, i) => probabilities[i]! * (v - mean)),
    probabilities,
  };
}

/** The mean of rows, and for each row the square of its distance from it. */
export function spread(rows: readonly Float32Array[]): { mean: number[]; squares: number[] } {
  const mean = Array.from(rows[0]!, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
  return { mean, squares: rows.map((row) => distance(row, mean) ** 2) };
}

/**
 * The same where the gradient depends on the class alone, from one draw of each: without an error of chance. Undefined if a class
 * was never drawn.
 */
export function enumerated({
  rows,
  indices,
  probabilities,
}: Gradients): { mean: number[]; variance: number } | undefined {
  const each = probabilities.map((_, i) => rows[indices.indexOf(i)]);
  if (each.includes(undefined)) return undefined;
  const mean = probabilities.map((_, j) => each.reduce((sum, row, i) => sum + probabilities[i]! * row![j]!, 0));
  return { mean, variance: each.reduce((sum, row, i) => sum + probabilities[i]! * distance(row!, mean) ** 2, 0) };
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.sqrt(Array.from(a, (value, i) => (value - b[i]!) ** 2).reduce((x, y) => x + y, 0));
}

export function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** The table's lines: bias and standard deviation, in percent of the length of the exact gradient. */
export function table(gs: GumbelSoftmax): string {
  const head = ["estimator", "tau", ...PROBLEMS.map(({ name }) => name)];
  const lines = SETTINGS.map((setting) => {
    const { estimator, tau, conditionalSamples: k } = setting;
    const cells = PROBLEMS.map((problem) => {
      const found = gradients(gs, problem, setting);
      const { exact } = found;
      const { mean, squares } = spread(found.rows);
      const whole = BY_CLASS.includes(estimator) ? enumerated(found)! : { mean, variance: average(squares) };
      const length = distance(
        exact,
        exact.map(() => 0),
      );
      const percent = (value: number) => ((100 * value) / length).toFixed(0);
      return `${percent(distance(whole.mean, exact))} ± ${percent(Math.sqrt(whole.variance))}`;
    });
    return [`\`${estimator}\`${k ? `, k = ${k}` : ""}`, String(tau), ...cells];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export const TABLE: RegExp = /(<!-- table -->\n)[\s\S]*?(<!-- \/table -->)/;

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) {
  const page = readFileSync("docs/estimators.md", "utf8");
  writeFileSync(
    "docs/estimators.md",
    page.replace(TABLE, (_, before, after) => `${before}${table(loadSync())}\n${after}`),
  );
}

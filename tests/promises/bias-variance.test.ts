// The known orderings of the estimators' bias and variance, and the table that docs/estimators.md shows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import {
  average,
  distance,
  enumerated,
  gradients,
  PROBLEMS,
  type Setting,
  spread,
  TABLE,
  table,
} from "../bias-variance.ts";
import { FAILURE, normalTails } from "../support/statistics.ts";

/** ReinMax is exact for a quadratic f at tau = 1; what rounding leaves, against the length of the exact gradient. */
const ROUNDED = 1e-5;

const gs = loadSync();
const RAO = { estimator: "gumbel-rao", tau: 0.5 } as const;

//  That the mean of differences is above 0, by more than chance makes it once in 1 / FAILURE.
function assertAbove(label: string, differences: readonly number[]): void {
  const mean = average(differences);
  const error = Math.sqrt(average(differences.map((d) => (d - mean) ** 2)) / differences.length);
  assert.ok(mean > 0 && normalTails(mean / error) < FAILURE, `${label}: ${mean} with error ${error}`);
}

for (const problem of PROBLEMS) {
  test(`${problem.name}: the variance of gumbel-rao falls with k, and is below straight-through-gumbel's; fails once in 1e7`, () => {
    const squares = (setting: Setting) => spread(gradients(gs, problem, setting).rows).squares;
    const plain = squares({ estimator: "straight-through-gumbel", tau: 0.5 });
    const [few, many] = [2, 20].map((k) => squares({ ...RAO, conditionalSamples: k })) as [number[], number[]];
    assertAbove(
      "straight-through-gumbel above k = 2",
      plain.map((s, n) => s - few[n]!),
    );
    assertAbove(
      "k = 2 above k = 20",
      few.map((s, n) => s - many[n]!),
    );
  });

  test(`${problem.name}: gumbel-rao has the mean of straight-through-gumbel; fails once in 1e7`, () => {
    const [a, b] = [
      gradients(gs, problem, { estimator: "straight-through-gumbel", tau: 0.5 }).rows,
      gradients(gs, problem, { ...RAO, conditionalSamples: 3 }).rows,
    ];
    a[0]!.forEach((_, i) => {
      const differences = a.map((row, n) => row[i]! - b[n]![i]!);
      const mean = average(differences);
      const error = Math.sqrt(average(differences.map((d) => (d - mean) ** 2)) / differences.length);
      assert.ok(normalTails(Math.abs(mean) / error) > FAILURE / 10, `class ${i}: ${mean} with error ${error}`);
    });
  });

  test(`${problem.name}: the bias of reinmax is below straight-through's, and nothing for a quadratic f`, () => {
    const bias = (setting: Setting) => {
      const found = gradients(gs, problem, setting);
      const length = distance(
        found.exact,
        found.exact.map(() => 0),
      );
      return distance(enumerated(found)!.mean, found.exact) / length;
    };
    const [plain, second] = [bias({ estimator: "straight-through", tau: 1 }), bias({ estimator: "reinmax", tau: 1 })];
    assert.ok(second < plain / 2, `${second}, ${plain}`);
    if (problem.cost.name === "quadratic") assert.ok(second < ROUNDED, `${second}`);
  });
}

test("the table of docs/estimators.md", () => {
  const [shown] = readFileSync("docs/estimators.md", "utf8").match(TABLE)!;
  assert.equal(
    shown,
    `<!-- table -->\n${table(gs)}\n<!-- /table -->`,
    "node --import tsx tests/bias-variance.ts writes it",
  );
});

// The same bits for 1 to 8 threads: every operation on every layout, wherever its arrays lie.

import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { type GumbelSoftmax, load, loadSync } from "gumbel-softmax";
import { ARRAYS, difference, fits, OPERATIONS, type Places, type Problem, problem, randomCall, run } from "./calls.ts";

const one = loadSync();
const many: GumbelSoftmax[] = [];

before(async () => {
  many.push(...(await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((threads) => load({ threads })))));
});
after(() => {
  for (const gs of many) gs.close();
});

const LAYOUTS: readonly [readonly number[], number][] = [
  [[4096, 100], -1],
  [[100, 4096], 0],
  [[3, 100_000], -1],
  [[1, 128_256], -1],
  [[64, 32, 300], 1],
  [[2, 20_000, 7], 1],
  [[5, 9000, 20], 1],
  [[100_000, 1], -1],
  [[100_000, 3], -1],
  [[1, 600_000], -1],
  [[1, 40_000, 33], 1],
  [[5, 70_000], -1],
];

const PLACES: readonly Places[] = [
  { logits: "tensor", cotangent: "tensor", out: "tensor" },
  { logits: "tensor", cotangent: "array", out: "logits" },
  { logits: "array", cotangent: "shared", out: "logits" },
  { logits: "shared", cotangent: "tensor", out: "cotangent" },
  { logits: "f64", cotangent: "array", out: "cotangent" },
  { logits: "array", cotangent: "f64", out: "array" },
  { logits: "tensor", cotangent: "tensor", out: "shared" },
  { logits: "shared", cotangent: "f64", out: "tensor" },
];

function check(
  gs: GumbelSoftmax,
  name: string,
  given: Problem,
  places: Places,
  expected = run(one, name, given),
): void {
  const wrong = difference(run(gs, name, given, places), expected);
  assert.ok(
    wrong === undefined,
    `${name}, [${given.shape}], ${gs.threads} threads, ${JSON.stringify(places)}: ${wrong}`,
  );
}

test("as many threads as were asked for", () => {
  assert.deepEqual(
    many.map(({ threads, threadsUnavailable }) => [threads, threadsUnavailable]),
    many.map((_, n) => [n + 1, undefined]),
  );
});

for (const [n, [shape, dim]] of LAYOUTS.entries()) {
  test(`the bits of one thread: [${shape}] along ${dim}`, () => {
    const kinds = ["plain", "masked", "spoiled"] as const;
    const problems = kinds.map((kind) => problem(shape, dim, kind, 100 + n));
    const given = problems[0]!.logits;
    for (const [at, name] of Object.keys(OPERATIONS).entries()) {
      // Each operation meets every kind of logits, and every number of threads, on the largest layouts every second one.
      const expected = problems.map((given) => run(one, name, given));
      for (const [m, gs] of many.entries()) {
        if (given.length > 800_000 && (m + at) % 2) continue;
        const kind = (m + at + n) % 3;
        check(gs, name, problems[kind]!, ARRAYS, expected[kind]);
      }
      const places = PLACES[(at + n) % PLACES.length]!;
      if (fits(name, places)) check(many[1 + ((at + n) % 7)]!, name, problems[at % 3]!, places, expected[at % 3]);
    }
  });
}

test("every operation in all places", () => {
  const given = problem([700, 250], -1, "spoiled", 1);
  const split = problem([2, 60_000], -1, "masked", 2);
  for (const name of Object.keys(OPERATIONS)) {
    for (const each of [given, split]) {
      const expected = run(one, name, each);
      for (const [n, places] of PLACES.entries()) {
        if (fits(name, places)) check(many[1 + (n % 7)]!, name, each, places, expected);
      }
    }
  }
});

test("random calls", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const { name, problem, places } = randomCall(seed);
    check(many[1 + (seed % 7)]!, name, problem, places);
  }
});

// Errors of calls that are shared: those of one thread, with nothing written, and an instance that works on.

import assert from "node:assert/strict";
import test, { after, afterEach } from "node:test";
import { type GumbelSoftmax, load, loadSync } from "gumbel-softmax";
import { size } from "../support/random.ts";
import { ARRAYS, difference, messageOf, type Problem, problem, run } from "./calls.ts";

const one = loadSync();
const many: readonly GumbelSoftmax[] = await Promise.all([2, 3, 8].map((threads) => load({ threads })));
const usual = problem([300, 400], -1, "masked", 1);
const expected = run(one, "soft", usual);

afterEach(() => {
  for (const gs of many) assert.equal(difference(run(gs, "soft", usual), expected), undefined, "the instance works on");
});
after(() => {
  for (const gs of many) gs.close();
});

const LAYOUTS: readonly [number[], number][] = [
  [[3000, 100], -1],
  [[90, 2500], 0],
  [[3, 50_000], -1],
  [[2, 9000, 19], 1],
  [[300, 3000], -1],
];

/** A problem with these values at these positions. */
function spoiled(
  given: Problem,
  operand: "logits" | "cotangent",
  values: readonly [at: number, value: number][],
): Problem {
  const data = given[operand].slice();
  for (const [at, value] of values) data[at] = value;
  return { ...given, [operand]: data };
}

/** Positions at both ends, around those where chunks may end, and in between. */
function positions(count: number): number[] {
  return [0, 1, 2047, 2048, 4095, 4096, 8191, 32_767, 32_768, Math.floor(count / 3), count - 2, count - 1];
}

function checkBoth(name: string, bad: Problem): string {
  const told = messageOf(() => run(one, name, bad));
  assert.match(told, /^RangeError: (logits|cotangent): expected .+, got /);
  for (const gs of many) {
    assert.equal(
      messageOf(() => run(gs, name, bad)),
      told,
      `${name}, [${bad.shape}], ${gs.threads} threads`,
    );
  }
  return told;
}

test("the first invalid row is told as by one thread", () => {
  for (const [n, [shape, dim]] of LAYOUTS.entries()) {
    const given = problem(shape, dim, "plain", n);
    const at = positions(size(shape));
    for (const [k, position] of at.entries()) {
      const name = ["soft", "categorical", "sampleBackward", "argmax", "logSoftmax"][k % 5]!;
      checkBoth(name, spoiled(given, "logits", [[position, k % 2 ? Number.NaN : Infinity]]));
      const later = at[(k * 5 + 3) % at.length]!;
      const two: [number, number][] = [
        [later, Infinity],
        [position, Number.NaN],
      ];
      checkBoth(name, spoiled(given, "logits", two));
    }
  }
});

test("a cotangent that is not finite is told as by one thread", () => {
  for (const [n, [shape, dim]] of LAYOUTS.entries()) {
    const given = problem(shape, dim, "plain", n);
    for (const [k, position] of positions(size(shape)).entries()) {
      const name = ["sampleBackward", "softmaxBackward", "logSoftmaxBackward"][k % 3]!;
      checkBoth(name, spoiled(given, "cotangent", [[position, k % 2 ? Number.NaN : -Infinity]]));
    }
  }
});

test("of a bad row and a bad cotangent the cotangent is told, wherever they lie", () => {
  for (const [n, [shape, dim]] of LAYOUTS.entries()) {
    const given = problem(shape, dim, "plain", n);
    const last = size(shape) - 1;
    for (const [row, wild] of [
      [0, last],
      [last, 0],
      [0, Math.floor(last / 50)],
    ] as const) {
      const bad = spoiled(spoiled(given, "logits", [[row, Number.NaN]]), "cotangent", [[wild, Infinity]]);
      assert.match(checkBoth("softmaxBackward", bad), /cotangent/);
    }
  }
});

test("nothing is written to `out` when a call throws", () => {
  for (const [n, [shape, dim]] of LAYOUTS.entries()) {
    const given = problem(shape, dim, "plain", n);
    const count = size(shape);
    for (const gs of many) {
      const [z, c, out] = [gs.empty(shape), gs.empty(shape), gs.empty(shape)];
      const rows = count / shape.at(dim)!;
      for (const position of [0, Math.floor(count / 2), count - 1]) {
        const bad = spoiled(given, "logits", [[position, Number.NaN]]);
        const wild = spoiled(given, "cotangent", [[position, Infinity]]);
        z.data.set(bad.logits);
        c.data.set(given.cotangent);
        const inPlace = bad.logits.slice();
        const kept: [Float32Array, () => unknown][] = [
          [
            new Float32Array(count).fill(7),
            () => gs.gumbelSoftmax({ data: bad.logits, shape }, { dim, out: kept[0]![0] }),
          ],
          [inPlace, () => gs.softmax({ data: inPlace, shape }, { dim, out: inPlace })],
          [out.data.fill(7), () => gs.gumbelSoftmax(z, { dim, out })],
          [z.data, () => gs.logSoftmax(z, { dim, out: z })],
          [out.data, () => gs.softmaxBackward(c, z, { dim, out })],
          [c.data, () => gs.softmaxBackward(c, z, { dim, out: c })],
          [
            wild.cotangent,
            () =>
              gs.softmaxBackward(
                { data: wild.cotangent, shape },
                { data: given.logits, shape },
                { dim, out: wild.cotangent },
              ),
          ],
        ];
        for (const [target, call] of kept) {
          const before = target.slice();
          assert.throws(call, { name: "RangeError" }, `${call}`);
          assert.equal(difference([target], [before]), undefined, `${call}, [${shape}], ${gs.threads} threads`);
        }
        const winners = new Int32Array(rows).fill(-7);
        assert.throws(() => gs.categorical({ data: bad.logits, shape }, { dim, out: winners }), { name: "RangeError" });
        assert.ok(winners.every((winner) => winner === -7));
      }
      for (const tensor of [z, c, out]) tensor.free();
    }
  }
});

test("a call that throws leaves nothing behind for the next one", () => {
  for (const gs of many) {
    for (let round = 0; round < 60; round++) {
      const bad = spoiled(usual, "logits", [[(round * 2003) % usual.logits.length, Number.NaN]]);
      const out = (["none", "array", "tensor", "logits"] as const)[round % 4]!;
      assert.throws(() => run(gs, "soft", bad, { ...ARRAYS, out }), { name: "RangeError" });
      assert.equal(difference(run(gs, "soft", usual), expected), undefined);
    }
  }
});

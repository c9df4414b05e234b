// Shares of any size, and shares that a worker keeps: the bits and the errors of one thread.

import assert from "node:assert/strict";
import test from "node:test";
import { axis } from "../../src/arguments/shape.ts";
import { shareSize } from "../../src/run/shares.ts";
import { rig, single, type Temper } from "./adversary.ts";
import { ARRAYS, difference, messageOf, OPERATIONS, type Problem, problem, randomCall, run } from "./calls.ts";

const HARMLESS: Temper = { keeps: 0, does: 0, frees: 0 };
const TEMPERS: readonly Temper[] = [
  { keeps: 0.9, does: 0.1, frees: 0.1 },
  { keeps: 0.05, does: 0.01, frees: 0.5 },
  { keeps: 0.3, does: 0.02, frees: 0.02 },
  { keeps: 0.02, does: 0, frees: 0.9 },
];
const THREADS = [2, 3, 5, 8, 30];

const one = single();

test("the same bits for any size of the shares", () => {
  const layouts: [number[], number][] = [
    [[700, 150], -1],
    [[40, 2500], 0],
    [[20, 7000], -1],
    [[3, 9000, 20], 1],
    [[1, 90_000], -1],
    [[70_000, 2], -1],
  ];
  for (const [n, [shape, dim]] of layouts.entries()) {
    const given = problem(shape, dim, "spoiled", n);
    const expected = new Map(Object.keys(OPERATIONS).map((name) => [name, run(one, name, given)]));
    const cuts = new Set<string>();
    for (const threads of [2, 3, 5, 7, 9, 12, 17, 30, 64]) {
      cuts.add(JSON.stringify(shareSize(axis(shape, dim, "logits"), threads)));
      const { gs } = rig(threads, HARMLESS, 1);
      for (const [name, results] of expected) {
        const wrong = difference(run(gs, name, given), results);
        assert.ok(wrong === undefined, `${name}, [${shape}] along ${dim}, cut for ${threads} threads: ${wrong}`);
      }
      gs.close();
    }
    // A row that is shared by its classes has one cut.
    assert.ok(cuts.size >= (shape[0]! < 4 ? 1 : 2), `[${shape}]: ${[...cuts]}`);
  }
});

function rigs(seed: number) {
  return THREADS.flatMap((threads) => TEMPERS.map((temper, n) => rig(threads, temper, seed + n)));
}

test("workers that keep tasks, scribble over what the tasks name, finish late or die: random calls", () => {
  const all = rigs(1);
  for (let seed = 1; seed <= 200; seed++) {
    const { gs } = all[seed % all.length]!;
    const { name, problem, places } = randomCall(seed);
    const wrong = difference(run(gs, name, problem, places), run(one, name, problem));
    assert.ok(wrong === undefined, `seed ${seed}, ${name}, [${problem.shape}], ${JSON.stringify(places)}: ${wrong}`);
  }
  const sum = (of: "lost" | "done"): number => all.reduce((total, each) => total + each[of], 0);
  assert.ok(sum("lost") > 300 && sum("done") > 100, `${sum("lost")} lost, ${sum("done")} done`);
});

test("the same, into arrays of the caller", () => {
  const small = problem([700, 150], -1, "masked", 1);
  const large = problem([3000, 230], -1, "masked", 2);
  for (const name of ["soft", "hard", "categorical", "sampleBackward"]) {
    for (const given of [small, large]) {
      const expected = run(one, name, given);
      for (const { gs } of [...rigs(5), ...(given === small ? rigs(50) : [])]) {
        const wrong = difference(run(gs, name, given, { ...ARRAYS, out: "array" }), expected);
        assert.ok(wrong === undefined, `${name}, [${given.shape}]: ${wrong}`);
        gs.close();
      }
    }
  }
});

test("the first invalid row is told, whoever keeps its share", () => {
  const whole = problem([900, 100], -1, "plain", 3);
  const split = problem([2, 60_000], -1, "plain", 4);
  for (const given of [whole, split]) {
    for (const [n, rows] of [[0], [1], [-1], [0, -1], [-2, -1], [-1, -2, 1]].entries()) {
      const [count, classes] = given.shape as [number, number];
      const logits = given.logits.slice();
      for (const row of rows) logits[((row + count) % count) * classes + ((37 * n) % classes)] = Number.NaN;
      const bad: Problem = { ...given, logits };
      for (const { gs } of rigs(n)) {
        for (const out of ["none", "array", "logits"] as const) {
          const places = { ...ARRAYS, out };
          assert.equal(
            messageOf(() => run(gs, "soft", bad, places)),
            messageOf(() => run(one, "soft", bad, places)),
          );
        }
        assert.equal(difference(run(gs, "soft", given), run(one, "soft", given)), undefined, "the next call");
        gs.close();
      }
    }
  }
});

// Deriving seeds: fold, split and Generator.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fold, Generator, loadSync, split } from "gumbel-softmax";
import { chiSquareTail, FAILURE } from "../support/statistics.ts";

const LIMIT = 2n ** 64n;
const SEEDS = [0n, 1n, 2n, 44n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, LIMIT - 1n];

function assertSeeds(seeds: readonly bigint[]): void {
  for (const seed of seeds) assert.ok(typeof seed === "bigint" && seed >= 0n && seed < LIMIT, String(seed));
  // Two of 1e5 random 64-bit numbers are alike with probability 3e-10.
  assert.equal(new Set(seeds).size, seeds.length, "distinct");
}

test("known answers, from another implementation (vectors/seeds.py)", () => {
  const known = JSON.parse(readFileSync("tests/vectors/seeds.json", "utf8")) as {
    fold: [string, string, string][];
    split: [string, string[]][];
    generator: [string, string[]][];
  };
  for (const [seed, n, folded] of known.fold) assert.equal(fold(BigInt(seed), BigInt(n)), BigInt(folded));
  for (const [seed, seeds] of known.split) assert.deepEqual(split(BigInt(seed), seeds.length).map(String), seeds);
  for (const [seed, seeds] of known.generator) {
    const generator = new Generator(BigInt(seed));
    assert.deepEqual(
      seeds.map(() => String(generator.next())),
      seeds,
    );
  }
});

test("fold is a function of seed and number, and keeps them apart", () => {
  assertSeeds(SEEDS.flatMap((seed) => Array.from({ length: 1000 }, (_, n) => fold(seed, n))));
  for (const seed of SEEDS) assert.equal(fold(seed, 7), fold(seed, 7));
  assert.equal(fold(44, 3), fold(44n, 3));
});

test("a folded seed is not the seed, nor the fold of a neighbour the other way round", () => {
  for (let a = 0; a < 100; a++) {
    assert.notEqual(fold(a, 0), BigInt(a));
    for (let b = 0; b < a; b++) assert.notEqual(fold(a, b), fold(b, a));
  }
  assert.notEqual(fold(fold(1, 2), 3), fold(fold(1, 3), 2));
});

test("split gives as many seeds as asked, distinct and repeatable", () => {
  for (const count of [0, 1, 2, 1000]) {
    const seeds = split(9, count);
    assert.equal(seeds.length, count);
    assert.deepEqual(split(9n, count), seeds);
  }
  assert.deepEqual(split(9, 10), split(9, 1000).slice(0, 10));
  assertSeeds(SEEDS.flatMap((seed) => split(seed, 1000)));
});

test("fold, split and Generator do not walk on one another's seeds", () => {
  const generator = new Generator(5);
  const drawn = Array.from({ length: 1000 }, () => generator.next());
  const folded = Array.from({ length: 1000 }, (_, n) => fold(5, n));
  assertSeeds([5n, ...drawn, ...folded]);
  assertSeeds([...drawn, ...split(5, 1000)]);
});

test("the bits of derived seeds are even: neighbours differ in half of their bits", () => {
  const streams: [string, (n: number) => bigint][] = [
    ["fold by number", (n) => fold(3, n)],
    ["fold by seed", (n) => fold(n, 3)],
    ["split", (n) => splits[n]!],
    ["Generator", () => generator.next()],
  ];
  const splits = split(4, 4001);
  const generator = new Generator(4);
  for (const [name, derive] of streams) {
    const seeds = Array.from({ length: 4001 }, (_, n) => derive(n));
    let statistic = 0;
    for (let bit = 0n; bit < 64n; bit++) {
      let flips = 0;
      for (let i = 0; i < 4000; i++) if (((seeds[i]! ^ seeds[i + 1]!) >> bit) & 1n) flips++;
      statistic += (flips - 2000) ** 2 / 1000;
    }
    assert.ok(chiSquareTail(statistic, 64) > FAILURE, `${name}: chi-square ${statistic}`);
  }
});

test("a Generator repeats from its seed, and from its state in the middle", () => {
  const [a, b] = [new Generator(12), new Generator(12n)];
  const first = Array.from({ length: 5 }, () => a.next());
  assert.deepEqual(
    first,
    Array.from({ length: 5 }, () => b.next()),
  );
  const saved = JSON.parse(JSON.stringify(a.state)) as typeof a.state;
  const rest = Array.from({ length: 5 }, () => a.next());
  a.state = saved;
  assert.deepEqual(
    Array.from({ length: 5 }, () => a.next()),
    rest,
  );
  const fresh = new Generator(99);
  fresh.state = saved;
  assert.deepEqual(
    Array.from({ length: 5 }, () => fresh.next()),
    rest,
  );
  assertSeeds([...first, ...rest]);
});

test("a saved state stays as it was while its generator goes on", () => {
  const generator = new Generator(13);
  generator.next();
  const saved = generator.state;
  const copy = JSON.stringify(saved);
  generator.next();
  assert.equal(JSON.stringify(saved), copy);
});

test("generators without a seed, and instances, start apart", () => {
  assertSeeds(Array.from({ length: 100 }, () => new Generator().next()));
  const [a, b] = [loadSync(), loadSync()];
  assert.notEqual(a.gumbel([1]).seed, b.gumbel([1]).seed);
  a.generator.state = new Generator(7).state;
  b.generator.state = new Generator(7).state;
  assert.equal(a.gumbel([1]).seed, new Generator(7).next());
  assert.equal(b.softmax([1, 2]).data.length, 2);
  assert.equal(b.categorical([1, 2]).seed, new Generator(7).next());
});

test("bad seeds and counts are refused by name", () => {
  const refusals: [string, () => unknown, string][] = [
    ["seed", () => fold(-1, 0), "RangeError"],
    ["seed", () => fold(1.5, 0), "RangeError"],
    ["seed", () => fold(LIMIT, 0), "RangeError"],
    ["seed", () => fold(2 ** 53, 0), "RangeError"],
    ["seed", () => fold("1n", 0), "TypeError"],
    ["n", () => fold(1, -1), "RangeError"],
    ["n", () => fold(1, 0.5), "RangeError"],
    ["n", () => fold(1, "-1"), "TypeError"],
    ["seed", () => split(-1n, 2), "RangeError"],
    ["n", () => split(1, -1), "RangeError"],
    ["n", () => split(1, 1.5), "RangeError"],
    ["seed", () => new Generator(-1), "RangeError"],
    ["seed", () => new Generator(Number.NaN), "RangeError"],
    ["seed", () => new Generator({} as never), "TypeError"],
    ["state", () => Object.assign(new Generator(1), { state: null }), "TypeError"],
    ["state", () => Object.assign(new Generator(1), { state: "nonsense" }), "(Type|Range)Error"],
  ];
  for (const [name, call, kind] of refusals) {
    assert.throws(call, (error: Error) => {
      assert.match(error.name, new RegExp(`^${kind}$`), call.toString());
      assert.match(error.message, new RegExp(`\\b${name}\\b.*: expected .+, got .+`), call.toString());
      return true;
    });
  }
});

// The noise map and exp on chosen words: every 4,093rd, and all near the ends and near 2^31. `npm run test:exhaustive`
// takes every one.

import assert from "node:assert/strict";
import test from "node:test";
import { MAPS, type MapName, merge, scan, type Worst } from "../exhaustive/maps.ts";
import { noise } from "../reference.ts";
import { NOISE } from "../tolerance.ts";

/** A prime: steps of it meet every remainder of the powers of two that the maps branch at. */
const STEP = 4093;
const NEAR = 65_536;

function assertBound(name: MapName, worst: Worst): void {
  const { bound } = MAPS[name];
  assert.ok(worst.error <= bound, `${name}: error ${worst.error} at word ${worst.word}, allowed ${bound}`);
}

/** Every STEP-th word of the map's range, both of its ends, and the surroundings of some words. */
function sample(name: MapName, ...middles: number[]): Worst {
  const map = MAPS[name];
  const ranges: [number, number, number][] = [
    [map.first, map.last, STEP],
    [map.first, map.first + NEAR - 1, 1],
    [map.last - NEAR + 1, map.last, 1],
    ...middles.map((middle): [number, number, number] => [middle - NEAR / 2, middle + NEAR / 2 - 1, 1]),
  ];
  return merge(ranges.map(([from, to, step]) => scan(map, from, to, step)));
}

test("noise: error and range", () => {
  const worst = sample("noise", 2 ** 31);
  assertBound("noise", worst);
  for (const [got, x] of [
    [worst.min, 2 ** 32 - 1],
    [worst.max, 0],
  ] as const) {
    assert.ok(Math.abs(got / noise(x) - 1) <= NOISE, `got ${got}, the end is ${noise(x)}`);
  }
});

test("noise falls as the word grows, through the seam at 2^31", () => {
  // The reference's own slope there is -1/2^31 * 1/ln 2 a word, below an f32 step: neighbours may be equal, never rise by more.
  const ends = [0, 1, 2, 3, 1000, 2 ** 31 - 2, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 2, 2 ** 32 - 1];
  const values = ends.map((x) => scan(MAPS.noise, x, x).max);
  for (let i = 1; i < values.length; i++)
    assert.ok(values[i]! <= values[i - 1]!, `${values[i]} after ${values[i - 1]}`);
});

test("exp over its range", () => {
  const worst = sample("exp", bits(-1), bits(-Math.LN2 / 2), bits(-85.19), bits(-87.33));
  assertBound("exp", worst);
  assert.equal(worst.max, 1, "exp(0) is 1, and nothing is above");
  assert.ok(worst.min >= 0);
});

test("exp by the other way, for a tau no maximum is near for", () => {
  const tau = 2 ** -20;
  const worst = sample("expFar", bits(-tau), bits((-Math.LN2 / 2) * tau), bits(-85.19 * tau), bits(-87.33 * tau));
  assertBound("expFar", worst);
  assert.equal(worst.max, 1, "exp(0) is 1, and nothing is above");
  assert.ok(worst.min >= 0);
});

function bits(x: number): number {
  return new Uint32Array(Float32Array.of(x).buffer)[0]!;
}

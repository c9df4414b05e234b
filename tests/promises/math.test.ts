// src/math.ts: the elementary functions against values of 80 digits, at the ends of their ranges, and bit for bit.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { cosPi, exp, expm1, log, log1p } from "../../src/math.ts";
import { uniform } from "../support/random.ts";

/** The error of every function, in units of the last place of the exact value rounded to f64. */
const MATH_ULP = 1;

const FUNCTIONS = { exp, expm1, log, log1p, cosPi };
/** Rows of tests/vectors/math-values.py: x, the f64 nearest to the exact value, and what is missing to it in units of the last place. */
const values: Record<string, [number, number, number][]> = JSON.parse(
  readFileSync("tests/vectors/math-values.json", "utf8"),
);

for (const [name, f] of Object.entries(FUNCTIONS)) {
  test(`${name} is within MATH_ULP of the exact value`, () => {
    assert.ok(values[name]!.length >= 200);
    for (const [x, nearest, rest] of values[name]!) {
      const got = f(x);
      const error = got === nearest ? Math.abs(rest) : Math.abs((got - nearest) / lastPlace(nearest) - rest);
      assert.ok(error < MATH_ULP, `${name}(${x}): got ${got}, nearest ${nearest}, ${error} units in the last place`);
    }
  });
}

test("the ends of the ranges", () => {
  const ends: [(x: number) => number, number, number][] = [
    [exp, -Infinity, 0],
    [exp, -1e308, 0],
    [exp, -745.2, 0],
    [exp, -0, 1],
    [exp, 0, 1],
    [exp, 709.782712893385, Infinity],
    [exp, 1e308, Infinity],
    [exp, Infinity, Infinity],
    [expm1, -Infinity, -1],
    [expm1, -1e308, -1],
    [expm1, -0, -0],
    [expm1, 0, 0],
    [expm1, 709.782712893385, Infinity],
    [expm1, Infinity, Infinity],
    [log, 0, -Infinity],
    [log, -0, -Infinity],
    [log, 1, 0],
    [log, Infinity, Infinity],
    [log, -5e-324, NaN],
    [log, -Infinity, NaN],
    [log1p, -1, -Infinity],
    [log1p, -0, -0],
    [log1p, 0, 0],
    [log1p, Infinity, Infinity],
    [log1p, -1 - 2 ** -52, NaN],
    [log1p, -Infinity, NaN],
    [cosPi, 0, 1],
    [cosPi, -0, 1],
    [cosPi, 0.5, 0],
    [cosPi, 1, -1],
  ];
  for (const f of Object.values(FUNCTIONS)) ends.push([f, NaN, NaN]);
  for (const [f, x, y] of ends) assert.ok(Object.is(f(x), y), `${f.name}(${x}): got ${f(x)}, expected ${y}`);
});

test("powers of two: log takes them apart, exp puts them together", () => {
  for (let n = -1074; n <= 1023; n++) {
    const error = Math.abs(log(2 ** n) - n * Math.LN2);
    assert.ok(error <= 2 ** -52 * Math.abs(n), `log(2^${n})`);
    //  x = n*ln(2), rounded, is off by |x| * 2^-53 at most, and e^x by as much relatively.
    const back = exp(n * Math.LN2);
    assert.ok(Math.abs(back - 2 ** n) <= 2 ** n * (Math.abs(n) + 2) * 2 ** -53 + Number.MIN_VALUE, `exp(${n} ln 2)`);
  }
});

test("identities: cos(pi*x) = -cos(pi*(1 - x)), and the functions rise", () => {
  const next = uniform(44);
  for (let i = 0; i < 10_000; i++) {
    const x = Math.round(next() * 2 ** 30) / 2 ** 30;
    assert.equal(cosPi(1 - x), 0 - cosPi(x));
    const [low, high] = [next() * 80 - 40, next() * 1e-6 + 1e-9];
    assert.ok(exp(low + high) > exp(low));
    assert.ok(expm1(low / 4 + high) > expm1(low / 4));
    assert.ok(log(Math.abs(low) + high) > log(Math.abs(low)));
    assert.ok(log1p(Math.abs(low) + high) > log1p(Math.abs(low)));
  }
});

//  Another engine, or another way of writing a sum, that changes one bit of one result changes these.
test("the same bits as ever", () => {
  const digests = Object.entries(FUNCTIONS).map(([name, f]) => {
    const next = uniform(44);
    const inputs = { exp: [1450, -740], expm1: [80, -40], log: [1e6, 0], log1p: [2, -1], cosPi: [1, 0] }[name]!;
    const results = Float64Array.from({ length: 20_000 }, () => f(next() * inputs[0]! + inputs[1]!));
    let hash = 0xcbf29ce484222325n;
    for (const bits of new BigUint64Array(results.buffer)) hash = BigInt.asUintN(64, (hash ^ bits) * 0x100000001b3n);
    return [name, hash.toString(16)];
  });
  assert.deepEqual(Object.fromEntries(digests), {
    exp: "f3fba3562affb93",
    expm1: "383fb5fd6e9488a6",
    log: "97a08a3a4bd8f27b",
    log1p: "88f74431781978eb",
    cosPi: "1bc0b8821fe312f",
  });
});

function lastPlace(x: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(x));
  bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
  return bits.getFloat64(0) - Math.abs(x);
}

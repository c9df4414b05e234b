// The schedules: the formulas they name, their ends, and what they refuse.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { constant, cosine, exponential, geometric, linear, type Schedule } from "gumbel-softmax/schedules";
import { uniform } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";

/** Relative error of `geometric`: times 1 + ln(initial / tau). */
const GEOMETRIC = 3.4e-16;
/** Error of the others against the same formula in Math.*, whose own error is of this size: times the largest temperature. */
const FORMULA = 4e-15;

const HUGE = [1e9, 2 ** 53, 1e100, 1e300, Number.MAX_VALUE];

function assertNear(got: number, formula: number, largest: number, label: string): void {
  assert.ok(Math.abs(got - formula) <= FORMULA * largest, `${label}: got ${got}, the formula gives ${formula}`);
}

describe("exponential", () => {
  it("is max(floor, initial * e^(-rate*t)), and holds it for `every` steps", () => {
    for (const [initial, rate, floor, every] of [
      [1, 1e-4, 0.5, 500],
      [1, 3e-5, 0.5, 2000],
      [5, 0.01, 0, 1],
    ] as const) {
      const tau = exponential({ initial, rate, floor, every });
      for (const step of [0, 1, 499, 500, 501, 1999, 2000, 12345, 30000]) {
        const t = Math.floor(step / every) * every;
        assertNear(tau(step), Math.max(floor, initial * Math.exp(-rate * t)), initial, `${rate}, step ${step}`);
      }
      assert.equal(tau(0), initial);
      assert.equal(tau(every - 1), initial);
      for (const step of HUGE) assert.equal(tau(step), floor);
    }
  });

  it("starts at 1, ends at 0.5 and changes at every step, unless told otherwise", () => {
    const tau = exponential({ rate: 0.1 });
    assert.equal(tau(0), 1);
    assert.ok(tau(1) < tau(0));
    assert.equal(tau(100), 0.5);
    assert.equal(exponential({ rate: 0 })(Number.MAX_VALUE), 1);
  });
});

describe("geometric", () => {
  it("is initial * factor^t, to the accuracy that its page states", () => {
    const rows: [number, number, number, number][] = JSON.parse(
      readFileSync("tests/vectors/math-values.json", "utf8"),
    ).geometric;
    assert.ok(rows.length > 40);
    for (const [initial, factor, step, exact] of rows) {
      const got = geometric({ initial, factor, floor: 0 })(step);
      const bound = GEOMETRIC * (1 + Math.log(initial / exact));
      assert.ok(Math.abs(got / exact - 1) <= bound, `${initial} * ${factor}^${step}: got ${got}, exact ${exact}`);
    }
  });

  it("is wav2vec 2.0's by default: from 2, by 0.999995, to 0.5", () => {
    const [tau, told] = [geometric(), geometric({ initial: 2, factor: 0.999995, floor: 0.5 })];
    for (const step of [0, 1, 1000, 277257, 277258, 277259, ...HUGE]) assert.equal(tau(step), told(step));
    assert.equal(tau(0), 2);
    //  2 * 0.999995^t reaches 0.5 at t = ln(4) / -ln(0.999995) = 277258.18.
    assert.ok(tau(277258) > 0.5);
    assert.equal(tau(277259), 0.5);
    assert.equal(geometric({ factor: 1 })(Number.MAX_VALUE), 2);
    assert.equal(geometric({ factor: Number.MIN_VALUE, floor: 0 })(Number.MAX_VALUE), 0);
  });
});

describe("linear and cosine", () => {
  const shapes: [string, typeof linear, (t: number) => number][] = [
    ["linear", linear, (t) => 1 - t],
    ["cosine", cosine, (t) => (1 + Math.cos(Math.PI * t)) / 2],
  ];
  for (const [name, make, share] of shapes) {
    it(`${name} goes from one end to the other, and stays`, () => {
      for (const [from, to, over] of [
        [2, 0.5, 1000],
        [1, 1 / 16, 150000],
        [0.1, 0.7, 3],
        [0.3, 0, 7.5],
      ] as const) {
        const tau = make({ from, to, over });
        assert.equal(tau(0), from);
        for (const step of [over, over + 0.25, ...HUGE]) assert.equal(tau(step), to);
        for (let i = 1; i < 100; i++) {
          const t = i / 100;
          assertNear(tau(t * over), to + (from - to) * share(t), Math.max(from, to), `from ${from} to ${to}, ${t}`);
        }
      }
    });
  }

  it("cosine is half way at half the steps", () => {
    assert.equal(cosine({ from: 1, to: 0.5, over: 10 })(5), 0.75);
  });
});

it("constant is what it was given", () => {
  for (const step of [0, 0.5, ...HUGE]) assert.equal(constant(2 / 3)(step), 2 / 3);
  assert.equal(constant(0)(1), 0);
});

it("never NaN, never outside its ends, never rising: random settings and steps", () => {
  const next = uniform(44);
  const size = () => 10 ** (next() * 30 - 15);
  for (let i = 0; i < 3000; i++) {
    const [low, high] = [size(), size()].sort((a, b) => a - b) as [number, number];
    const made: Schedule[] = [
      exponential({ initial: high, rate: size(), floor: low, every: Math.ceil(next() * 1000) }),
      geometric({ initial: high, factor: 1 - next(), floor: low }),
      linear({ from: high, to: low, over: size() }),
      cosine({ from: high, to: low, over: size() }),
    ];
    for (const tau of made) {
      let last = high;
      for (const step of [size(), size(), size(), size() * 1e250].sort((a, b) => a - b)) {
        const value = tau(step);
        assert.ok(value >= low && value <= last, `${tau}: ${value} at ${step}, from ${high} to ${low}`);
        last = value;
      }
    }
  }
});

it("an initial temperature below the default floor is the floor, and stays", () => {
  for (const initial of [0, 1e-300, 0.1, 0.4999, 0.5]) {
    for (const tau of [exponential({ rate: 0.1, initial }), geometric({ initial, factor: 0.5 })]) {
      assert.deepEqual([0, 1, 2.5, 1e9].map(tau), [initial, initial, initial, initial]);
    }
  }
  assert.equal(exponential({ rate: 1, initial: 0.6 })(1e9), 0.5);
  assert.equal(exponential({ rate: 1, initial: 0.4, floor: 0.1 })(1e9), 0.1);
});

describe("what is refused, by name", () => {
  const call =
    (make: unknown, ...args: unknown[]) =>
    () =>
      (make as (...args: unknown[]) => unknown)(...args);
  const BAD = [NaN, Infinity, -Infinity, -1] as const;

  it("options", () => {
    for (const make of [exponential, linear, cosine]) refuses("TypeError", "options", call(make));
    for (const make of [exponential, geometric, linear, cosine]) {
      for (const options of [null, 3, "rate", []]) refuses("TypeError", "options", call(make, options));
      refuses("TypeError", "tau", call(make, { tau: 1 }), /unknown/);
    }
    const good = { exponential: { rate: 1 }, geometric: {}, ramp: { from: 1, to: 0.5, over: 10 } };
    const cases: [unknown, object, string][] = [
      ...["rate", "initial", "floor", "every"].map((name) => [exponential, good.exponential, name] as const),
      ...["initial", "factor", "floor"].map((name) => [geometric, good.geometric, name] as const),
      ...["from", "to", "over"].flatMap((name) =>
        [linear, cosine].map((make): [unknown, object, string] => [make, good.ramp, name]),
      ),
    ] as [unknown, object, string][];
    for (const [make, options, name] of cases) {
      for (const value of BAD) refuses("RangeError", name, call(make, { ...options, [name]: value }));
      for (const value of ["1", 1n, {}]) refuses("TypeError", name, call(make, { ...options, [name]: value }));
    }
    for (const [name, options] of [
      ["rate", {}],
      ["from", { to: 1, over: 1 }],
      ["to", { from: 1, over: 1 }],
      ["over", { from: 1, to: 1 }],
    ] as const) {
      refuses("TypeError", name, call(name === "rate" ? exponential : linear, options));
    }
  });

  it("values that make no sense together or at all", () => {
    const low = { initial: 0.4, floor: 0.5 };
    refuses("RangeError", "initial", call(exponential, { rate: 1, ...low }), /floor, which is 0\.5, got 0\.4/);
    refuses("RangeError", "initial", call(geometric, low), /floor, which is 0\.5, got 0\.4/);
    refuses("RangeError", "initial", call(geometric, { floor: 3 }), /floor, which is 3, got 2/);
    for (const every of [0, 1.5, 2 ** 53]) refuses("RangeError", "every", call(exponential, { rate: 1, every }));
    for (const factor of [0, 1 + 2 ** -52, 2]) refuses("RangeError", "factor", call(geometric, { factor }));
    for (const make of [linear, cosine]) refuses("RangeError", "over", call(make, { from: 1, to: 1, over: 0 }));
    for (const tau of BAD) refuses("RangeError", "tau", call(constant, tau));
    for (const tau of [undefined, "1", null]) refuses("TypeError", "tau", call(constant, tau));
  });

  it("steps", () => {
    const ramp = { from: 1, to: 0.5, over: 10 };
    for (const tau of [constant(1), exponential({ rate: 1 }), geometric(), linear(ramp), cosine(ramp)]) {
      for (const step of BAD) refuses("RangeError", "step", call(tau, step));
      for (const step of [undefined, null, "1", 1n]) refuses("TypeError", "step", call(tau, step));
    }
  });
});

// Bad input: the class of the error, the form of its message, and nothing lost.

import { type Cases, type Context, equal, refuses, same } from "./check.ts";

const Z = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };

/** The class of the error, what its message names, and the call. Wrong types are what a user of plain JavaScript can pass. */
const REFUSED: [kind: string, name: string, call: (context: Context) => unknown][] = [
  ["RangeError", "tau", ({ gs }) => gs.gumbelSoftmax(Z, { tau: -1 })],
  ["RangeError", "tau", ({ gs }) => gs.softmax(Z, { tau: Number.NaN })],
  ["RangeError", "temp", ({ gs }) => gs.gumbelMax(Z, { temp: Infinity })],
  ["TypeError", "tau", ({ gs }) => gs.softmax(Z, { tau: "1" as never })],
  ["TypeError", "temp", ({ gs }) => gs.softmax(Z, { tau: 1, temp: 1 })],
  ["RangeError", "tau", ({ gs }) => gs.softmax(Z, { tau: 0 }).backward(Z)],
  ["RangeError", "dim", ({ gs }) => gs.argmax(Z, { dim: 2 })],
  ["RangeError", "seed", ({ gs }) => gs.categorical(Z, { seed: 2n ** 64n })],
  ["RangeError", "seed", ({ gs }) => gs.gumbel([3], { seed: 1.5 })],
  ["RangeError", "seed", ({ library }) => library.fold(-1, 0)],
  ["TypeError", "seed", ({ gs }) => gs.gumbelSoftmaxBackward(Z, Z, {} as never)],
  ["RangeError", "noiseScale", ({ gs }) => gs.gumbelSoftmax(Z, { noiseScale: -1 })],
  ["TypeError", "hard", ({ gs }) => gs.gumbelSoftmax(Z, { hard: 1 as never })],
  ["TypeError", "wat", ({ gs }) => gs.gumbelSoftmax(Z, { wat: 1 } as never)],
  ["TypeError", "logits", ({ gs }) => gs.softmax("logits" as never)],
  ["TypeError", "logits", ({ gs }) => gs.softmax([[1, 2], [3]])],
  ["RangeError", "logits", ({ gs }) => gs.softmax({ data: Z.data, shape: [2, 2] })],
  ["RangeError", "logits", ({ gs }) => gs.softmax({ data: new Float32Array(0), shape: [3, 0] })],
  [
    "RangeError",
    "logits",
    ({ gs }) =>
      gs.gumbelSoftmax([
        [1, 2],
        [1, Number.NaN],
      ]),
  ],
  ["RangeError", "logits", ({ gs }) => gs.logSoftmax([-Infinity, -Infinity])],
  ["RangeError", "cotangent", ({ gs }) => gs.softmaxBackward([[1, 2]], Z)],
  ["RangeError", "cotangent", ({ gs }) => gs.softmaxBackward([1, Infinity], [1, 2])],
  ["RangeError", "classes", ({ gs }) => gs.oneHot([0], 0)],
  ["RangeError", "indices", ({ gs }) => gs.oneHot([3], 3)],
  ["RangeError", "out", ({ gs }) => gs.softmax(Z, { out: new Float32Array(5) })],
  ["TypeError", "out", ({ gs }) => gs.argmax(Z, { out: new Float32Array(2) as never })],
  ["RangeError", "memory", ({ gs }) => gs.empty([2 ** 31])],
  ["RangeError", "threads", ({ library }) => library.load({ threads: 0 })],
  ["RangeError", "threads", ({ library }) => library.loadSync({ threads: 1.5 })],
  ["TypeError", "threads", ({ library }) => library.load({ threads: "2" as never })],
  ["TypeError", "module", ({ library }) => library.load({ module: {} as never })],
  ["TypeError", "wat", ({ library }) => library.loadSync({ wat: 1 } as never)],
];

export const errors: Cases = {
  async "bad input is refused, and the instance works on"(context) {
    const expected = context.gs.gumbelSoftmax(Z, { seed: 1 }).data;
    for (const [kind, name, call] of REFUSED) {
      await refuses(kind, name, () => call(context));
      same(context.gs.gumbelSoftmax(Z, { seed: 1 }).data, expected, `after the error about ${name}`);
    }
  },
  "the first bad row is named, and nothing is written to out"({ gs }) {
    const out = new Float32Array(6).fill(7);
    let message = "";
    try {
      gs.softmax(
        [
          [1, 2],
          [Number.NaN, 0],
          [1, Number.NaN],
        ],
        { out },
      );
    } catch (error) {
      message = (error as Error).message;
    }
    equal(/\brow 1\b/.test(message), true, message);
    same(out, [7, 7, 7, 7, 7, 7], "out");
  },
};

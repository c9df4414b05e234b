// Bad arguments: the error's class, a message that names the argument, and an instance that works on.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { afterEach } from "node:test";
import { load, loadSync, split } from "gumbel-softmax";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits } from "../tolerance.ts";

const gs = loadSync();

const LOGITS = { data: normals(12, 1), shape: [3, 4] };
const COTANGENT = { data: normals(12, 2), shape: [3, 4] };
const EXPECTED = gs.gumbelSoftmax(LOGITS, { seed: 1 }).data;
const NOTHING = [undefined, null] as const;

afterEach(() => assertBits("the instance still works", gs.gumbelSoftmax(LOGITS, { seed: 1 }).data, EXPECTED));

/** Each operation with these options laid over valid ones. */
function operations(extra: object): [string, () => unknown][] {
  const options = extra as never;
  const seeded = { seed: 1, ...extra } as never;
  return [
    ["gumbelSoftmax", () => gs.gumbelSoftmax(LOGITS, options)],
    ["gumbelMax", () => gs.gumbelMax(LOGITS, options)],
    ["gumbelSoftmaxBackward", () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, seeded)],
    ["softmax", () => gs.softmax(LOGITS, options)],
    ["softmaxBackward", () => gs.softmaxBackward(COTANGENT, LOGITS, options)],
    ["logSoftmax", () => gs.logSoftmax(LOGITS, options)],
    ["logSoftmaxBackward", () => gs.logSoftmaxBackward(COTANGENT, LOGITS, options)],
    ["categorical", () => gs.categorical(LOGITS, options)],
    ["argmax", () => gs.argmax(LOGITS, options)],
    ["gumbel", () => gs.gumbel([3, 4], options)],
    ["oneHot", () => gs.oneHot([0, 1, -1], 4, options)],
  ];
}

/** Which operations take an option; all others have to refuse it as unknown. */
const TAKES: Record<string, RegExp> = {
  tau: /gumbelSoftmax|gumbelMax|softmax|logSoftmax/i,
  dim: /./,
  seed: /gumbel|categorical/,
  noiseScale: /gumbelSoftmax|gumbelMax|categorical/,
};

function refusesOption(kind: string, option: string, values: readonly unknown[], name = option): void {
  for (const [operation, call] of values.flatMap((value) => operations({ [option]: value }))) {
    if (TAKES[name === "tau" ? "tau" : option]!.test(operation))
      refuses(kind, name === "tau" ? `tau|${option}` : name, call);
    else refuses("TypeError", ".*", call, new RegExp(`\\b${option}\\b`));
  }
}

test("tau negative, NaN or infinite", () => {
  for (const option of ["tau", "temperature", "temp"]) {
    refusesOption("RangeError", option, [-1, -1e-300, Number.NaN, Infinity, -Infinity], "tau");
    refusesOption(
      "TypeError",
      option,
      ["1", 1n, {}, [1, "1", 1], [[1], [1], [1]], BigInt64Array.of(1n, 1n, 1n)],
      "tau",
    );
    refusesOption(
      "RangeError",
      option,
      [[1], [1, 2], [], [1, -1, 1], [1, 1, Number.NaN], Float32Array.of(1, 1, Infinity)],
      "tau",
    );
  }
});

test("two names for the temperature at once", () => {
  for (const both of [
    { tau: 1, temperature: 2 },
    { temp: 1, tau: 2 },
    { temperature: 0.5, temp: 1 },
  ]) {
    const call = (): unknown => gs.gumbelSoftmax(LOGITS, both as never);
    assert.throws(call, /(tau|temp|temperature).*: expected .+, got .+/);
  }
});

test("dim out of range or not a whole number", () => {
  refusesOption("RangeError", "dim", [2, -3, 0.5, Number.NaN, Infinity, 2 ** 32]);
  refusesOption("TypeError", "dim", ["0", 1n]);
});

test("seed negative, fractional or too large", () => {
  refusesOption("RangeError", "seed", [-1, 1.5, 2 ** 53, Number.NaN, Infinity, -1n, 2n ** 64n, "18446744073709551616"]);
  refusesOption("TypeError", "seed", ["44n", "", "-1", " 1", "1.5", "0x1", "000000000000000000001", {}]);
  refuses("TypeError", "seed", () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, {} as never));
  refuses("TypeError", "seed", () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, undefined as never));
});

test("noiseScale and the offsets", () => {
  refusesOption("RangeError", "noiseScale", [Number.NaN, Infinity, -Infinity]);
  refusesOption("TypeError", "noiseScale", ["1"]);
  for (const option of ["rowOffset", "classOffset"]) {
    for (const value of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, -1n, 2n ** 64n]) {
      refuses("RangeError|TypeError", option, () => gs.gumbelSoftmax(LOGITS, { [option]: value }));
      refuses("RangeError|TypeError", option, () => gs.gumbel([2], { [option]: value }));
    }
    refuses("TypeError", option, () => gs.categorical(LOGITS, { [option]: "one" as never }));
  }
});

test("options of the wrong kind", () => {
  refuses("TypeError", "hard", () => gs.gumbelSoftmax(LOGITS, { hard: "yes" as never }));
  refuses("TypeError", "hard", () => gs.gumbelSoftmax(LOGITS, { hard: 1 as never }));
  refuses("TypeError", "scores", () => gs.categorical(LOGITS, { scores: 1 as never }));
  refuses("TypeError|RangeError", "invalid", () => gs.softmax(LOGITS, { invalid: "skip" as never }));
  refuses("TypeError", "invalid", () => gs.softmax(LOGITS, { invalid: true as never }));
  for (const option of ["loc", "scale"]) {
    refuses("RangeError", option, () => gs.gumbel([2], { [option]: Number.NaN }));
    refuses("TypeError", option, () => gs.gumbel([2], { [option]: "1" }));
  }
  for (const bad of [null, 1, "tau", true]) refuses("TypeError", "options", () => gs.softmax(LOGITS, bad as never));
  for (const stream of [-1, 0.5, 2 ** 32, Number.NaN])
    refuses("RangeError", "stream", () => gs.gumbel([2], { stream }));
  refuses("TypeError", "stream", () => gs.gumbel([2], { stream: 1n as never }));
});

test("an unknown option is named", () => {
  for (const option of ["axis", "Tau", "Hard", "eps", "rowoffset"]) {
    for (const [, call] of operations({ [option]: 1 })) refuses("TypeError", ".*", call, new RegExp(`\\b${option}\\b`));
  }
  refuses("TypeError", ".*", () => loadSync({ thread: 1 } as never), /\bthread\b/);
  const y = gs.gumbelSoftmax(LOGITS, { seed: 1 });
  refuses("TypeError", ".*", () => y.backward(COTANGENT, { tau: 1 } as never), /\btau\b/);
});

test("an option that is undefined is an option left out", () => {
  const { data } = gs.gumbelSoftmax(LOGITS, {
    seed: 1,
    tau: undefined,
    dim: undefined,
    hard: undefined,
    out: undefined,
  } as never);
  assertBits("defaults", data, EXPECTED);
});

test("logits that are not numbers", () => {
  const sparse = [1, 2, 3];
  delete sparse[1];
  const bad: unknown[] = [
    ...NOTHING,
    "1,2,3",
    5,
    () => 1,
    {},
    { shape: [2] },
    { data: [1, 2] },
    { data: "12", shape: [2] },
    { data: null, shape: [2] },
    { data: { length: 2 }, shape: [2] },
    ["1", "2"],
    [1, "2"],
    [1, null],
    [1, undefined],
    [1n, 2n],
    [true, false],
    sparse,
    BigInt64Array.of(1n, 2n),
    { data: BigUint64Array.of(1n, 2n), shape: [2] },
    { data: [1, "2"], shape: [2] },
    { data: sparse, shape: [3] },
    new DataView(new ArrayBuffer(8)),
    new ArrayBuffer(8),
    [[1, 2], [3]],
    [[1, 2], 3],
    [1, [2]],
    [[[1], [2]], [[3]]],
    [
      [1, 2],
      ["3", 4],
    ],
  ];
  for (const logits of bad) {
    refuses("TypeError", "logits|data|x", () => gs.gumbelSoftmax(logits as never, { seed: 1 }));
    refuses("TypeError", "logits|data|x", () => gs.argmax(logits as never));
    refuses("TypeError", "cotangent|data", () => gs.softmaxBackward(logits as never, LOGITS));
  }
});

test("shapes that do not fit", () => {
  const data = new Float32Array(12);
  for (const shape of [
    [3, 5],
    [13],
    [2, 2, 2],
    [-3, -4],
    [3.5, 4],
    [Number.NaN, 4],
    [Infinity],
    [2 ** 32, 2 ** 32],
    [0, 4],
  ]) {
    refuses("RangeError", "shape|logits|data|dims", () => gs.softmax({ data, shape }));
    refuses("RangeError", "shape|logits|data|dims", () => gs.categorical({ data, dims: shape }));
  }
  for (const shape of [...NOTHING, "3,4", 12, ["3", "4"], [3, null]]) {
    refuses("TypeError", "shape|logits|data|dims", () => gs.softmax({ data, shape } as never));
  }
  refuses("RangeError|TypeError", "shape|logits|dims", () =>
    gs.softmax({ data, shape: [3, 4], dims: [4, 3] } as never),
  );
  for (const shape of [[2, -1], [1.5], [Number.NaN]]) refuses("RangeError", "shape", () => gs.gumbel(shape));
  for (const shape of [...NOTHING, "5", ["5"], {}, 5n]) refuses("TypeError", "shape", () => gs.gumbel(shape as never));
  for (const size of [-1, 1.5, Number.NaN]) refuses("RangeError", "shape", () => gs.gumbel(size));
  refuses("RangeError", "cotangent", () => gs.softmaxBackward({ data: new Float32Array(8), shape: [2, 4] }, LOGITS));
  refuses("RangeError", "cotangent", () => gs.softmaxBackward({ data: new Float32Array(12), shape: [4, 3] }, LOGITS));
  const y = gs.gumbelSoftmax(LOGITS, { seed: 1 });
  refuses("RangeError", "cotangent", () => y.backward(new Float32Array(11)));
});

test("zero classes", () => {
  const none = new Float32Array(0);
  for (const shape of [[0], [3, 0], [0, 0], [2, 0, 3]]) {
    const dim = shape.indexOf(0, shape.length === 3 ? 1 : shape.length - 1);
    refuses("RangeError", "shape|logits|classes|dim", () => gs.gumbelSoftmax({ data: none, shape }, { dim }));
    refuses("RangeError", "shape|logits|classes|dim", () => gs.argmax({ data: none, shape }, { dim }));
    assert.deepEqual(gs.gumbel(shape, { dim }).shape, shape);
    assert.deepEqual(gs.empty(shape).data.length, 0);
  }
  refuses("RangeError", "shape|logits|classes|dim", () => gs.softmax([]));
  for (const classes of [0, -1, 1.5, Number.NaN]) refuses("RangeError", "classes", () => gs.oneHot([0], classes));
  refuses("TypeError", "classes", () => gs.oneHot([0], "4" as never));
});

test("zero rows give an empty result", () => {
  const none = new Float32Array(0);
  for (const [shape, dim, without] of [
    [[0, 4], -1, [0]],
    [[4, 0], 0, [0]],
    [[2, 0, 4], 2, [2, 0]],
    [[3, 4, 0], 1, [3, 0]],
  ] as [number[], number, number[]][]) {
    const logits = { data: none, shape };
    for (const result of [
      gs.gumbelSoftmax(logits, { dim }),
      gs.gumbelSoftmax(logits, { dim, hard: true }),
      gs.gumbelSoftmax(logits, { dim }).backward(logits),
      gs.gumbelSoftmaxBackward(logits, logits, { dim, seed: 1 }),
      gs.softmax(logits, { dim }),
      gs.logSoftmax(logits, { dim }),
      gs.softmaxBackward(logits, logits, { dim }),
      gs.logSoftmaxBackward(logits, logits, { dim }),
      gs.gumbel(shape, { dim }),
      gs.oneHot({ data: [], shape: without }, 4, { dim }),
    ]) {
      assert.equal(result.data.length, 0);
      assert.deepEqual(result.shape, shape);
    }
    for (const result of [gs.categorical(logits, { dim }), gs.argmax(logits, { dim })]) {
      assert.equal(result.data.length, 0);
      assert.deepEqual(result.shape, without);
    }
  }
  assert.equal(gs.oneHot([], 4).data.length, 0);
});

test("indices for oneHot", () => {
  assert.deepEqual([...gs.oneHot([1, -1], 2).data], [0, 1, 0, 0]);
  for (const bad of [4, -2, 0.5, Number.NaN, 2 ** 32]) refuses("RangeError", "indices", () => gs.oneHot([0, bad], 4));
  for (const bad of [["1"], [null], "1", null, [1n]]) refuses("TypeError", "indices", () => gs.oneHot(bad as never, 4));
});

test("out of the wrong kind or length", () => {
  const runs: [string, (out: never) => unknown][] = [
    ["soft", (out) => gs.gumbelSoftmax(LOGITS, { seed: 1, out })],
    ["backward", (out) => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, { seed: 1, out })],
    ["y.backward", (out) => gs.gumbelSoftmax(LOGITS, { seed: 1 }).backward(COTANGENT, { out })],
    ["softmax", (out) => gs.softmax(LOGITS, { out })],
    ["logSoftmax", (out) => gs.logSoftmax(LOGITS, { out })],
    ["gumbel", (out) => gs.gumbel([3, 4], { out })],
    ["oneHot", (out) => gs.oneHot([0, 1, 2], 4, { out })],
  ];
  for (const [, run] of runs) {
    for (const out of [new Float32Array(11), new Float32Array(13), { data: new Float32Array(12), shape: [4, 3] }]) {
      refuses("RangeError", "out", () => run(out as never));
    }
    for (const out of [new Float64Array(12), new Int32Array(12), [], "out", 12, {}, { data: [], shape: [3, 4] }]) {
      refuses("TypeError", "out", () => run(out as never));
    }
  }
  for (const run of [
    (out: never) => gs.argmax(LOGITS, { out }),
    (out: never) => gs.categorical(LOGITS, { out, seed: 1 }),
  ]) {
    refuses("RangeError", "out", () => run(new Int32Array(4) as never));
    for (const out of [new Float32Array(3), [0, 0, 0]]) refuses("TypeError", "out", () => run(out as never));
  }
});

test("load refuses what it does not know", async () => {
  const rejects = async (options: unknown, kind: RegExp, message: RegExp): Promise<void> => {
    await assert.rejects(load(options as never), (error: Error) => {
      assert.match(error.name, kind);
      assert.match(error.message, message);
      return true;
    });
  };
  await rejects({ thread: 1 }, /^TypeError$/, /\bthread\b/);
  for (const threads of [0, -1, 1.5, Number.NaN])
    await rejects({ threads }, /^RangeError$/, /threads: expected .+, got .+/);
  for (const threads of ["many", "2"]) await rejects({ threads }, /Error$/, /threads: expected .+, got .+/);
  refuses("TypeError", "module", () => loadSync({ module: {} as never }));
});

test("oneHot refuses an out that lies on its indices", () => {
  const indices = Float32Array.from([-1, 0]);
  refuses("RangeError", "out", () => gs.oneHot(indices, 1, { out: indices }));
  assert.deepEqual([...indices], [-1, 0]);
});

test("a result larger than any array: the error says how much was asked", () => {
  for (const call of [() => gs.gumbel([2 ** 40, 4]), () => gs.oneHot(new Int32Array(100_000), 2 ** 30)]) {
    assert.throws(call, { name: "RangeError", message: /memory: expected room for a result of \d+ bytes, got / });
  }
});

test("more classes than an index can count", () => {
  refuses("RangeError", "shape", () => gs.gumbel([2 ** 31]));
});

test("an array without an axis", () => {
  refuses("RangeError", "logits", () => gs.softmax({ data: [1], shape: [] }));
});

test("what would never end or end the process is refused", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  refuses("TypeError", "logits", () => gs.softmax(cycle as never));
  refuses("RangeError", "n", () => split(1, 2 ** 28));
});

test("a module that is not the kernels", () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  refuses("TypeError", "module", () => loadSync({ module: empty }));
  const plain = new WebAssembly.Module(readFileSync("dist/kernels.wasm"));
  assert.deepEqual([...loadSync({ module: plain }).argmax([1, 3, 2]).indices], [1]);
});

test("options that are no plain object, and dims of an out that do not fit", () => {
  for (const options of [new Map(), new Date(), [], "tau"]) {
    refuses("TypeError", "options", () => gs.softmax([1, 2], options as never));
  }
  const data = new Float32Array(2);
  refuses("RangeError", "out", () => gs.softmax([1, 2], { out: { data, dims: [7] } }));
  assert.equal(gs.softmax([1, 2], { out: { data, dims: [2] } }).data, data);
});

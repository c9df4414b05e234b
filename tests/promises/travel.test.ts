// Results on their way elsewhere: to another thread, into JSON and back, through Vue's proxies. Seeds as JSON carries them.

import assert from "node:assert/strict";
import test from "node:test";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { fold, Generator, loadSync, split } from "gumbel-softmax";
import {
  Categorical,
  ExpRelaxedOneHotCategorical,
  Gumbel,
  OneHotCategorical,
  RelaxedBernoulli,
  RelaxedOneHotCategorical,
} from "gumbel-softmax/distributions";
import { conditionalGumbel, sampleTokens, topK, topKLogProb } from "gumbel-softmax/sampling";
import { isReactive, reactive, readonly, ref, shallowReactive, watch } from "vue";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { assertBits } from "../tolerance.ts";

const gs = loadSync();
const LOGITS = { data: normals(12, 31), shape: [3, 4] };
const COTANGENT = { data: normals(12, 32), shape: [3, 4] };
const LAST = 2n ** 64n - 1n;
const SEEDS = BigUint64Array.of(1n, 2n ** 63n, LAST);

type Fields = Record<string, unknown>;

/** Every kind of result in arrays of its own. */
function results(): Record<string, Fields> {
  const y = gs.gumbelSoftmax(LOGITS, { seed: LAST });
  const all = {
    soft: y,
    hard: gs.gumbelSoftmax(LOGITS, { seed: 1, hard: true }),
    kept: gs.gumbelSoftmax(LOGITS, { seed: 1, hard: true, keep: true }),
    draws: gs.gumbelSoftmax(LOGITS, { seed: 1, numSamples: 3 }),
    "row seeds": gs.gumbelSoftmax(LOGITS, { seeds: SEEDS }),
    "with an array": gs.gumbelSoftmax(LOGITS, { seed: 1, out: new Float32Array(12) }),
    gradient: y.backward(COTANGENT),
    "gradient from the logits": gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, { seed: 1 }),
    softmax: gs.softmax(LOGITS),
    logSoftmax: gs.logSoftmax(LOGITS, { tau: 0 }),
    softmaxBackward: gs.softmaxBackward(COTANGENT, LOGITS),
    oneHot: gs.oneHot([1, -1], 3),
    argmax: gs.argmax(LOGITS),
    gumbel: gs.gumbel([2, 3], { seed: 1 }),
    categorical: gs.categorical(LOGITS, { seed: 5, scores: true }),
    "categorical, row seeds": gs.categorical(LOGITS, { seeds: SEEDS }),
    topK: topK(gs, LOGITS, 2, { seed: 1, scores: true }),
    tokens: sampleTokens(gs, LOGITS, { seed: 1, logProbs: true, position: 3 }),
    conditional: conditionalGumbel(gs, LOGITS, { index: [0, 1, 2], seed: 1 }),
    Categorical: new Categorical(LOGITS, { unimix: 0.1 }).sample(gs, { seed: 1 }),
    OneHotCategorical: new OneHotCategorical(LOGITS).sample(gs, { seed: 1 }),
    RelaxedOneHotCategorical: new RelaxedOneHotCategorical(1, LOGITS).sample(gs, { seed: 1 }),
    ExpRelaxed: new ExpRelaxedOneHotCategorical(1, LOGITS).sample(gs, { seed: 1 }),
    Bernoulli: new RelaxedBernoulli(1, LOGITS).sample(gs, { seeds: new BigUint64Array(12) }),
    Gumbel: new Gumbel().sample(gs, [2], { seed: 1 }),
    ...doubles(),
  };
  return all as unknown as Record<string, Fields>;
}

/** Results of the distributions in f64, and class numbers. */
function doubles(): Record<string, unknown> {
  const masked = new Categorical([
    [0, -Infinity, 1],
    [2, 1, 0],
  ]);
  const law = new Gumbel([0, 1], 2);
  return {
    probs: masked.probs,
    logProb: masked.logProb([1, 0]),
    "gradient of logProb": masked.logProbGradient([0, 0]).logits,
    entropy: masked.entropy(),
    logits: masked.logits,
    mode: masked.mode,
    support: masked.enumerateSupport(),
    density: new RelaxedOneHotCategorical(
      [1, 2],
      [
        [0, 0],
        [1, 2],
      ],
    ).logProb([
      [0.5, 0.5],
      [0, 1],
    ]),
    temperatures: new RelaxedOneHotCategorical(
      [1, 2],
      [
        [0, 0],
        [1, 2],
      ],
    ).tau,
    Bernoulli: new RelaxedBernoulli(1, [0, 1]).cdf([0.5, 0.25]),
    pdf: law.pdf([0, -Infinity]),
    mean: law.mean,
    ranking: topKLogProb([0, -Infinity], [1]),
  };
}

/** A number, a bigint or an array of them as JSON has it. */
function inJson(value: unknown): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value);
  return typeof value === "object" ? Array.from(value as ArrayLike<unknown>, inJson) : value;
}

test("structuredClone and postMessage take results as plain data", () => {
  const { port1, port2 } = new MessageChannel();
  for (const [name, result] of Object.entries(results())) {
    port1.postMessage(result);
    for (const copy of [structuredClone(result), receiveMessageOnPort(port2)!.message as Fields]) {
      assert.equal(Object.getPrototypeOf(copy), Object.prototype, name);
      assert.deepEqual(copy, { ...result }, name);
      assert.ok(!Object.values(copy).some((value) => typeof value === "function"), name);
    }
    assert.ok(Object.keys(result).length >= 2, name);
  }
  port1.close();
});

test("JSON carries results: arrays, seeds in decimal, numbers that are not finite as strings", () => {
  for (const [name, result] of Object.entries(results())) {
    const json = JSON.parse(JSON.stringify(result)) as Fields;
    assert.deepEqual(Object.keys(json).sort(), Object.keys(result).sort(), name);
    for (const [field, value] of Object.entries(result))
      assert.deepEqual(json[field], inJson(value), `${name}.${field}`);
  }
  const { soft, "row seeds": rows } = results();
  const { seed } = JSON.parse(JSON.stringify(soft)) as Fields;
  assert.equal(seed, "18446744073709551615");
  const { seeds } = JSON.parse(JSON.stringify(rows)) as Fields;
  assert.deepEqual(seeds, ["1", "9223372036854775808", "18446744073709551615"]);
});

test("numbers that are not finite come back from JSON, nested and flat", () => {
  const logits = { data: Float32Array.of(1, -Infinity, -Infinity, 2), shape: [2, 2] };
  const json = JSON.parse(JSON.stringify(gs.logSoftmax(logits))) as { data: (number | string)[]; shape: number[] };
  assert.deepEqual(json.data.slice(0, 2), [0, "-Infinity"]);
  const expected = gs.softmax(logits).data;
  assertBits("flat with a shape", gs.softmax(json as never).data, expected);
  assertBits(
    "nested",
    gs.softmax([
      [1, "-Infinity"],
      ["-Infinity", 2],
    ]).data,
    expected,
  );
  assertBits("one row", gs.softmax([1, "-Infinity"]).data, expected.subarray(0, 2));
  assert.deepEqual(
    [
      ...gs.argmax(
        [
          ["NaN", 1],
          ["Infinity", 1],
          [0, 1],
        ],
        { invalid: "mark" },
      ).data,
    ],
    [-1, -1, 1],
  );
  refuses("RangeError", "logits", () => gs.softmax(["NaN", 1]));
  for (const text of ["inf", "-inf", "1", "", "nan", "toString", "__proto__"]) {
    refuses("TypeError", "logits", () => gs.softmax([text as never, 1]));
  }
});

test("tensors, and results that lie in one, have no view of the memory among their own properties", () => {
  const own = loadSync();
  const [z, out, index] = [own.empty([3, 4]), own.empty([3, 4]), own.empty([3])];
  z.data.set(LOGITS.data);
  const indices = new Int32Array(index.data.buffer, index.data.byteOffset, 3);
  const inside = {
    tensor: z,
    soft: own.gumbelSoftmax(z, { seed: 1, out }),
    softmax: own.softmax(z, { out: own.empty([3, 4]) }),
    gradient: own.softmaxBackward(COTANGENT, z, { out: own.empty([3, 4]) }),
    noise: own.gumbel([3, 4], { seed: 1, out: own.empty([3, 4]) }),
    oneHot: own.oneHot([0, 1, 2], 4, { out: own.empty([3, 4]) }),
    argmax: own.argmax(z, { out: indices }),
    categorical: own.categorical(z, { seed: 3, out: { data: indices, shape: [3] }, scores: true }),
  };
  for (const [name, result] of Object.entries(inside)) {
    const { byteLength } = z.data.buffer;
    for (const value of Object.values(result)) {
      if (ArrayBuffer.isView(value)) assert.notEqual(value.buffer.byteLength, byteLength, name);
    }
    const clone = structuredClone(result) as object;
    assert.ok(!("data" in clone), name);
    const copy = result.toArray();
    assert.equal(copy.buffer.byteLength, copy.byteLength, name);
    assert.deepEqual([...structuredClone(copy)], [...result.data], name);
    const json = JSON.parse(JSON.stringify(result)) as Fields;
    assert.deepEqual(json.data, [...result.data], name);
    assert.deepEqual(json.shape, result.shape, name);
  }
  const before = [inside.categorical.data, inside.categorical.indices].map((data) => [...data]);
  own.empty([1 << 22]);
  assert.deepEqual(
    [inside.categorical.data, inside.categorical.indices].map((data) => [...data]),
    before,
  );
  z.free();
  assert.throws(() => z.toArray(), { name: "Error", message: /^tensor: expected .+, got .+/ });
  own.close();
});

test("seeds in decimal, wherever a seed is taken", () => {
  const text = LAST.toString();
  assert.equal(fold(text, text), fold(LAST, LAST));
  assert.deepEqual(split("007", 3), split(7, 3));
  assert.equal(new Generator(text).next(), new Generator(LAST).next());
  const y = gs.gumbelSoftmax(LOGITS, { seed: text });
  assert.equal(y.seed, LAST);
  assertBits("seed", y.data, gs.gumbelSoftmax(LOGITS, { seed: LAST }).data);
  const dz = y.backward(COTANGENT).data;
  assertBits("backward", gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, { seed: text }).data, dz);
  const offset = gs.gumbel([2, 2], { seed: 1, rowOffset: 2n ** 63n }).data;
  assertBits("rowOffset", gs.gumbel([2, 2], { seed: "1", rowOffset: "9223372036854775808" }).data, offset);
  const seeds = Array.from(SEEDS, String);
  const rows = gs.categorical(LOGITS, { seeds });
  assert.deepEqual(rows.indices, gs.categorical(LOGITS, { seeds: SEEDS }).indices);
  assert.deepEqual(rows.seeds, SEEDS);
  assert.deepEqual(topK(gs, LOGITS, 2, { seeds }).indices, topK(gs, LOGITS, 2, { seeds: SEEDS }).indices);
  assert.deepEqual(
    topK(gs, LOGITS, 2, { seed: text, rowOffset: "5" }),
    topK(gs, LOGITS, 2, { seed: LAST, rowOffset: 5 }),
  );
  assert.deepEqual(sampleTokens(gs, LOGITS, { seeds }).indices, sampleTokens(gs, LOGITS, { seeds: SEEDS }).indices);
  const again = JSON.parse(JSON.stringify(y)) as { seed: string };
  assertBits("from JSON", gs.gumbelSoftmax(LOGITS, { seed: again.seed }).data, y.data);
  for (const [kind, bad] of [
    ["RangeError", "18446744073709551616"],
    ["RangeError", "99999999999999999999"],
    ...["", "1n", "0x10", "1e3", "+1", "-1", " 1", "1 ", "1.0", "١", "000000000000000000001"].map((s) => [
      "TypeError",
      s,
    ]),
  ] as [string, string][]) {
    refuses(kind, "seed", () => gs.gumbel([1], { seed: bad }));
    refuses(kind, "seed", () => fold(bad, 1));
    refuses(kind, "n", () => fold(1, bad));
    refuses(kind, "seed", () => split(bad, 1));
    refuses(kind, "seed", () => new Generator(bad));
    refuses(kind, "rowOffset", () => gs.categorical(LOGITS, { rowOffset: bad }));
    refuses(kind, "seeds", () => gs.categorical(LOGITS, { seeds: ["1", bad, "2"] }));
    refuses(kind, "state.seed", () => Object.assign(new Generator(1), { state: { seed: bad, step: 0 } }));
  }
  refuses("RangeError", "seeds", () => gs.categorical(LOGITS, { seeds: ["1"] }));
});

test("a Generator's state through JSON", () => {
  const generator = new Generator(LAST);
  generator.next();
  const json = JSON.stringify({ generator, state: generator.state });
  const expected = [generator.next(), generator.next()];
  const { generator: whole, state } = JSON.parse(json) as { generator: Generator["state"]; state: Generator["state"] };
  assert.deepEqual(whole, { seed: String(LAST), step: 1 });
  for (const saved of [whole, state]) {
    const restored = new Generator();
    restored.state = saved;
    assert.deepEqual([restored.next(), restored.next()], expected);
  }
});

test("Vue: instances, tensors, generators, distributions and results work in reactive state", () => {
  const weather = new Categorical([1, 2, 3]);
  const held = {
    gs,
    z: gs.empty([3, 4]),
    generator: new Generator(4),
    y: gs.gumbelSoftmax(LOGITS, { seed: 1 }),
    weather,
    bernoulli: new RelaxedBernoulli(0.5, [2, -1]),
    gumbel: new Gumbel(),
  };
  const inside = gs.softmax(LOGITS, { out: held.z });
  const next = new Generator(4).next();
  for (const state of [
    reactive({ ...held, inside }),
    ref({ ...held, inside }).value,
    readonly({ ...held, inside }),
    shallowReactive({ ...held, inside }),
    reactive({ data: () => ({ ...held, inside }) }).data(),
  ]) {
    assertBits("instance", state.gs.gumbelSoftmax(LOGITS, { seed: 1 }).data, held.y.data);
    assert.equal(state.gs.threads, 1);
    assert.equal(typeof state.gs.generator.next(), "bigint");
    assertBits("tensor", (state.z as typeof held.z).data, gs.softmax(LOGITS).data);
    assertBits("tensor as an input", gs.softmax(state.z as typeof held.z).data, gs.softmax(held.z).data);
    assertBits("gradient", (state.y as typeof held.y).backward(COTANGENT).data, held.y.backward(COTANGENT).data);
    assertBits("resident", (state.inside as typeof inside).data, inside.data);
    const drawn = state.weather.sample(state.gs as typeof gs, { seed: 1 });
    assert.deepEqual(drawn.data, weather.sample(gs, { seed: 1 }).data);
    assert.equal(state.bernoulli.logProb([0.5, 0.5]).data.length, 2);
    assert.ok(state.weather.entropy().data[0]! > 0 && state.gumbel.cdf(1) > 0);
    for (const value of [state.gs, state.y, state.z, state.generator, state.weather]) assert.ok(!isReactive(value));
  }
  const alone = ref(held.generator);
  assert.equal(alone.value.next(), next);
  assertBits("ref of a result", ref(held.y).value.backward(COTANGENT).data, held.y.backward(COTANGENT).data);
  // Logits in reactive state, and a watcher that samples.
  const state = reactive({ logits: [2, 0.5, -1], tau: 0.5 });
  const seen: number[][] = [];
  watch(
    () => gs.gumbelSoftmax(state.logits, { tau: state.tau, hard: true, seed: 44 }),
    (y) => seen.push([...y.data]),
    { flush: "sync" },
  );
  state.logits[2] = 40;
  assert.deepEqual(seen, [[0, 0, 1]]);
  held.z.free();
});

test("a bare Proxy, and a method that was taken off: the error names the method", () => {
  const y = gs.gumbelSoftmax(LOGITS, { seed: 1 });
  const z = gs.empty([2]);
  const inside = gs.softmax([1, 2], { out: z });
  const calls: [string, object, (self: never) => unknown][] = [
    ["gumbelSoftmax", gs, (own: typeof gs) => own.gumbelSoftmax(LOGITS)],
    ["gumbelMax", gs, (own: typeof gs) => own.gumbelMax(LOGITS)],
    ["gumbelSoftmaxBackward", gs, (own: typeof gs) => own.gumbelSoftmaxBackward(COTANGENT, LOGITS, { seed: 1 })],
    ["softmax", gs, (own: typeof gs) => own.softmax(LOGITS)],
    ["softmaxBackward", gs, (own: typeof gs) => own.softmaxBackward(COTANGENT, LOGITS)],
    ["logSoftmax", gs, (own: typeof gs) => own.logSoftmax(LOGITS)],
    ["logSoftmaxBackward", gs, (own: typeof gs) => own.logSoftmaxBackward(COTANGENT, LOGITS)],
    ["oneHot", gs, (own: typeof gs) => own.oneHot([0], 2)],
    ["argmax", gs, (own: typeof gs) => own.argmax(LOGITS)],
    ["categorical", gs, (own: typeof gs) => own.categorical(LOGITS)],
    ["gumbel", gs, (own: typeof gs) => own.gumbel([2])],
    ["empty", gs, (own: typeof gs) => own.empty([2])],
    ["close", gs, (own: typeof gs) => own.close()],
    ["threads", gs, (own: typeof gs) => own.threads],
    ["threadsUnavailable", gs, (own: typeof gs) => own.threadsUnavailable],
    ["generator", gs, (own: typeof gs) => own.generator],
    ["next", new Generator(1), (own: Generator) => own.next()],
    ["state", new Generator(1), (own: Generator) => own.state],
    ["data", z, (own: typeof z) => own.data],
    ["free", z, (own: typeof z) => own.free()],
    ["data", inside, (own: typeof inside) => own.data],
    ["backward", y, (own: typeof y) => own.backward(COTANGENT)],
    ["backward", inside, (own: typeof inside) => own.backward([1, 2])],
  ];
  for (const [name, self, call] of calls) {
    refuses(
      "TypeError",
      name,
      () => call(new Proxy(self, {}) as never),
      /the (instance|result|tensor|Generator) itself, got a Proxy/,
    );
    const method = (self as Fields)[name];
    if (typeof method === "function") refuses("TypeError", name, () => method(LOGITS), /got undefined/);
  }
  assertBits("data of a proxy", new Proxy(y, {}).data, y.data);
  z.free();
});

// Options are own properties: what a program or an attacker adds to Object.prototype changes nothing. null means absent.

import assert from "node:assert/strict";
import test from "node:test";
import { load, loadSync } from "gumbel-softmax";
import {
  Categorical,
  ExpRelaxedOneHotCategorical,
  Gumbel,
  OneHotCategorical,
  RelaxedBernoulli,
  RelaxedOneHotCategorical,
} from "gumbel-softmax/distributions";
import { conditionalGumbel, sampleTokens, topK, verifyToken } from "gumbel-softmax/sampling";
import { cosine, exponential, geometric, linear } from "gumbel-softmax/schedules";
import { normals } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";

const LOGITS = { data: normals(12, 1), shape: [3, 4] };
const COTANGENT = { data: normals(12, 2), shape: [3, 4] };
const seeds = BigUint64Array.of(1n, 2n, 3n);

/** A call of every public function with options, with these laid over them; each gives numbers. */
function calls(extra: object): Record<string, () => unknown> {
  const gs = loadSync();
  const o = extra as { readonly dim?: undefined; readonly floor?: undefined };
  const z = [2, 0.5, -1];
  return {
    gumbelSoftmax: () => gs.gumbelSoftmax(LOGITS, { ...o, seed: 1 }),
    "with seeds": () => gs.gumbelSoftmax(LOGITS, { ...o, seeds }),
    gumbelMax: () => gs.gumbelMax(LOGITS, { ...o, seed: 1, hard: true }),
    backward: () => gs.gumbelSoftmax(LOGITS, { ...o, seed: 1 }).backward(COTANGENT),
    "backward of a kept sample": () => gs.gumbelSoftmax(LOGITS, { ...o, seed: 1, keep: true }).backward(COTANGENT),
    gumbelSoftmaxBackward: () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, { ...o, seed: 1 }),
    rao: () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, { ...o, seed: 1, estimator: "gumbel-rao" }),
    reinmax: () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, { ...o, seed: 1, estimator: "reinmax" }),
    softmax: () => gs.softmax(LOGITS, o),
    "softmax, backward": () => gs.softmax(LOGITS, o).backward(COTANGENT, {}),
    softmaxBackward: () => gs.softmaxBackward(COTANGENT, LOGITS, o),
    logSoftmax: () => gs.logSoftmax(LOGITS, o),
    logSoftmaxBackward: () => gs.logSoftmaxBackward(COTANGENT, LOGITS, o),
    categorical: () => gs.categorical(LOGITS, { ...o, seed: 1 }),
    argmax: () => gs.argmax(LOGITS, o),
    gumbel: () => gs.gumbel([2, 3], { ...o, seed: 1 }),
    oneHot: () => gs.oneHot([0, -1], 3, o),
    dims: () => gs.softmax({ data: LOGITS.data, dims: [3, 4] }, o),
    out: () => gs.softmax(LOGITS, { ...o, out: new Float32Array(12) }),
    "tensor out": () => gs.softmax(LOGITS, { ...o, out: gs.empty([3, 4]) }).data.slice(),
    sampleTokens: () => sampleTokens(gs, LOGITS, { ...o, seed: 1 }),
    topK: () => topK(gs, LOGITS, 2, { ...o, seed: 1 }),
    conditionalGumbel: () => conditionalGumbel(gs, z, { ...o, index: [1], seed: 1 }),
    verifyToken: () => verifyToken(gs, 0, z, { ...o, seed: 1 }),
    Categorical: () => new Categorical(LOGITS, o).sample(gs, { ...o, seed: 1 }),
    "Categorical, values": () => new Categorical(LOGITS, o).logProb([0, 1, 2]),
    OneHotCategorical: () => new OneHotCategorical(LOGITS, o).sample(gs, { ...o, seed: 1 }),
    RelaxedOneHotCategorical: () => new RelaxedOneHotCategorical(0.5, LOGITS, o).sample(gs, { ...o, seed: 1 }),
    ExpRelaxedOneHotCategorical: () => new ExpRelaxedOneHotCategorical(0.5, LOGITS, o).sample(gs, { ...o, seed: 1 }),
    RelaxedBernoulli: () => new RelaxedBernoulli(0.5, LOGITS).sample(gs, { ...o, seed: 1 }),
    Gumbel: () => new Gumbel(0, 2).sample(gs, [2], { ...o, seed: 1 }),
    exponential: () => exponential({ ...o, rate: 0.1 })(3),
    geometric: () => geometric(o)(1000),
    linear: () => linear({ ...o, from: 1, to: 0.5, over: 10 })(4),
    cosine: () => cosine({ ...o, from: 1, to: 0.5, over: 10 })(4),
  };
}

/** Numbers of a result, without its functions. */
function plain(result: unknown): unknown {
  if (typeof result === "number") return result;
  if (result instanceof Float32Array) return [...result];
  const fields = ["data", "shape", "indices", "seed", "seeds", "scores", "valid", "token", "margin"];
  return fields.map((name) => {
    const value = Object.hasOwn(Object(result), name) ? (result as Record<string, unknown>)[name] : undefined;
    return typeof value === "object" ? [...(value as Iterable<unknown>)] : value;
  });
}

const WANTED = Object.entries(calls({})).map(([name, call]) => [name, plain(call())] as const);

/** Names of options, of the fields of tensors, and of fields that the library has inside. */
const NAMES =
  `tau temperature temp dim invalid out hard seed seeds rowOffset rows classOffset numSamples noiseScale estimator unimix
  conditionalSamples keep scores stream loc scale threads module topK topP minP position logProbs index maximum tolerance row
  initial rate floor every factor from to over data shape dims stride strides offset order fortranOrder type dtype dataType
  cotangent logits draws indices pool kernels arena mark axis kind place given failure length name message`.split(
    /\s+/,
  );

const VALUES = [7, "junk", true, { data: 1 }, Float32Array.of(1)];

function polluted(name: string, descriptor: PropertyDescriptor, work: () => void): void {
  Object.defineProperty(Object.prototype, name, { __proto__: null, configurable: true, ...descriptor } as never);
  try {
    work();
  } finally {
    delete (Object.prototype as Record<string, unknown>)[name];
  }
}

test("a property of Object.prototype is no option, whatever its name", () => {
  for (const name of NAMES) {
    for (const value of VALUES) {
      for (const enumerable of [true, false]) {
        const got: [string, unknown][] = [];
        polluted(name, { value, enumerable, writable: true }, () => {
          for (const [operation, call] of Object.entries(calls({}))) {
            try {
              got.push([operation, plain(call())]);
            } catch (error) {
              got.push([operation, String(error)]);
            }
          }
        });
        assert.deepEqual(got, WANTED, `${name}: ${value}, enumerable ${enumerable}`);
      }
    }
  }
});

test("a seed on Object.prototype does not fix fresh seeds", () => {
  const gs = loadSync();
  polluted("seed", { value: 44n, enumerable: true, writable: true }, () => {
    const drawn = [gs.gumbel([2]), gs.gumbelSoftmax(LOGITS), gs.categorical(LOGITS), sampleTokens(gs, LOGITS, {})];
    // Four fresh seeds are equal with a probability below 1e-18.
    assert.equal(new Set(drawn.map(({ seed }) => seed)).size, 4);
    refuses("TypeError", "seed", () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, {} as never));
  });
});

test("what an options object inherits from a class or another object is not read", () => {
  const gs = loadSync();
  class Settings {
    hard = true;
    get tau(): number {
      return 0.1;
    }
  }
  const wanted = gs.gumbelSoftmax(LOGITS, { seed: 1 }).data;
  const child = Object.assign(Object.create({ tau: 0.1, unknown: 1 }), { seed: 1 });
  assert.deepEqual(gs.gumbelSoftmax(LOGITS, child).data, wanted);
  const settings = Object.assign(new Settings(), { seed: 1 });
  assert.deepEqual(gs.gumbelSoftmax(LOGITS, settings).data, gs.gumbelSoftmax(LOGITS, { seed: 1, hard: true }).data);
  assert.deepEqual(gs.softmax([1, 2], Object.create(null)).data, gs.softmax([1, 2]).data);
  const parsed = JSON.parse('{ "__proto__": { "tau": 0.1 } }');
  refuses("TypeError", "__proto__", () => gs.softmax([1, 2], parsed));
});

test("an option that is null is an option left out", async () => {
  const options =
    `tau temperature temp dim invalid out hard rowOffset classOffset numSamples noiseScale estimator unimix
    conditionalSamples keep scores stream loc scale topK topP minP position logProbs maximum tolerance row initial
    floor every factor seeds`.split(/\s+/);
  for (const name of options) {
    const all = calls({ [name]: null });
    let taken = 0;
    for (const [operation, wanted] of WANTED) {
      try {
        assert.deepEqual(plain(all[operation]!()), wanted, `${operation}, ${name}`);
        taken++;
      } catch (error) {
        // Operations that do not have the option say so.
        assert.match(String(error), new RegExp(`^TypeError: ${name}: expected .*(unknown option|option of sample)`));
      }
    }
    assert.ok(taken > 0, name);
  }
  const gs = await load({ threads: null, module: null } as never);
  assert.equal(gs.threads, 1);
  const fresh = gs.gumbelSoftmax(LOGITS, { seed: null } as never).seed;
  assert.notEqual(fresh, gs.gumbelSoftmax(LOGITS, { seed: null } as never).seed);
  refuses("TypeError", "seed", () => gs.gumbelSoftmaxBackward(COTANGENT, LOGITS, { seed: null } as never));
  refuses("TypeError", "seed", () => verifyToken(gs, 0, [1, 2], { seed: null } as never));
  refuses("TypeError", "rate", () => exponential({ rate: null } as never));
  refuses("TypeError", "index", () => conditionalGumbel(gs, [1, 2], { index: null, maximum: null } as never));
  assert.deepEqual(gs.softmax({ data: [1, 2], shape: null, dims: [2] } as never).shape, [2]);
  assert.deepEqual(gs.softmax({ data: [1, 2], shape: [2], dims: null } as never).shape, [2]);
});

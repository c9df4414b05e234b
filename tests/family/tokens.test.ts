// Tokens: filters against plain ones, the noise of each id, and what a check of a token accepts.

import assert from "node:assert/strict";
import test from "node:test";
import { loadSync } from "gumbel-softmax";
import {
  type FilterOptions as AnyFilterOptions,
  type SampleTokensOptions,
  sampleTokens,
  verifyToken,
} from "gumbel-softmax/sampling";
import * as reference from "../reference.ts";
import { normals, repeatRow, uniform } from "../support/random.ts";
import { refuses } from "../support/refuses.ts";
import { countsTail, FAILURE } from "../support/statistics.ts";
import { assertSame, assertWithin } from "../tolerance.ts";

/** Filters without null, which stands for a filter that is absent. */
type FilterOptions = { [Name in keyof AnyFilterOptions]: Exclude<AnyFilterOptions[Name], null> };

const gs = loadSync();

/** What a log-probability may be off by: times 1 + |value|, as logSoftmax. */
const LOG_PROBABILITY = 4e-7;
/** Four roundings of perturbed logits below 64 to f32. */
const SCORE_ROUNDING = 1e-5;

/** The ids that the filters keep, in order of rank: sorted and added up in f64. */
function kept(z: ArrayLike<number>, { temperature = 1, topK = Infinity, topP = 1, minP = 0 }: FilterOptions): number[] {
  const ids = Array.from(z, (_, id) => id).filter((id) => z[id]! > -Infinity);
  const shortlist = ids.sort((a, b) => z[b]! - z[a]! || a - b).slice(0, topK);
  const p = reference.soft(
    shortlist.map((id) => z[id]!),
    [shortlist.length],
    0,
    temperature,
  );
  let before = 0;
  return shortlist.filter((_, rank) => {
    const stays = rank === 0 || topP === 1 || before < topP;
    before += p[rank]!;
    return stays && p[rank]! >= minP * p[0]!;
  });
}

/** Logits in steps of a quarter, so that many are equal, and a few masked. */
function tied(count: number, seed: number): Float32Array {
  return normals(count, seed, 2).map((z, id) => (id % 11 === 5 ? -Infinity : Math.round(z * 4) / 4));
}

function randomFilters(seed: number, vocabulary: number): FilterOptions {
  const next = uniform(seed);
  const options: FilterOptions = { temperature: 0.25 + 2 * next() };
  if (next() < 0.5) options.topK = 1 + Math.floor(next() * vocabulary * 1.2);
  if (next() < 0.5) options.topP = next();
  if (next() < 0.5) options.minP = next() ** 3;
  return options;
}

test("filters keep what sorting and adding up in f64 keeps", () => {
  for (let i = 0; i < 150; i++) {
    const z = tied(1 + (i % 40), i);
    const options = randomFilters(i, z.length);
    if (!z.some((value) => value > -Infinity)) continue;
    const open = new Set(kept(z, options));
    for (let id = 0; id < z.length; id++) {
      const { margin } = verifyToken(gs, id, z, { ...options, seed: i });
      assert.equal(margin > -Infinity, open.has(id), `case ${i}, ${JSON.stringify(options)}: token ${id}`);
    }
  }
});

test("filters of a large vocabulary end where they should", () => {
  for (const [i, [scale, options]] of (
    [
      [1, { topP: 0.9137 }],
      [3, { topP: 0.4111, temperature: 0.7 }],
      [6, { topP: 0.99917 }],
      [3, { topK: 1000, topP: 0.5113 }],
      [0.01, { topP: 0.2113, temperature: 5 }],
      [2, { topK: 50_000, minP: 0.011 }],
    ] as const
  ).entries()) {
    const z = normals(128_256, 30 + i, scale);
    const ids = kept(z, options);
    const margin = (id: number): number => verifyToken(gs, id, z, { ...options, seed: 1 }).margin;
    const label = `${JSON.stringify(options)}, ${ids.length} tokens`;
    assert.ok(margin(ids.at(-1)!) > -Infinity, label);
    const next = kept(z, { topK: ids.length + 1 }).at(-1)!;
    assert.equal(margin(next), -Infinity, label);
  }
});

test("equal logits are kept from the lowest id on", () => {
  const z = new Float32Array(300).fill(1);
  for (const [options, count] of [
    [{ topK: 7 }, 7],
    [{ topP: 0.1999 }, 60],
    [{ topK: 10, topP: 0.45 }, 5],
    [{ topP: 0 }, 1],
    [{ minP: 1 }, 300],
  ] as const) {
    for (const [id, open] of [
      [count - 1, true],
      [count, false],
    ] as const) {
      if (id < 300) assert.equal(verifyToken(gs, id, z, { ...options, seed: 2 }).margin > -Infinity, open);
    }
  }
});

test("the noise of a token is that of its id, whatever the filters", () => {
  const vocabulary = 60;
  for (let i = 0; i < 200; i++) {
    const z = tied(vocabulary, i);
    const options = randomFilters(1000 + i, vocabulary);
    const g = gs.gumbel([vocabulary], { seed: 77, rowOffset: i }).data;
    const p = reference.perturb(z, g, options.temperature);
    const best = kept(z, options).reduce((a, b) => (p[b]! > p[a]! || (p[b] === p[a] && b < a) ? b : a));
    assert.equal(sampleTokens(gs, z, { ...options, seed: 77, position: i }).indices[0], best);
  }
});

test("follow softmax(z/T) of what the filters keep: four chi-square tests", () => {
  const row = [1, 0.5, -0.25, 0.5, 2, -1, 0, -Infinity];
  const draws = 30_000;
  for (const [i, options] of [
    {},
    { temperature: 0.7, topK: 4 },
    { temperature: 1.5, topP: 0.8 },
    { minP: 0.2, topK: 6 },
  ].entries()) {
    const tensor = { data: repeatRow(row, draws), shape: [draws, row.length] };
    const { indices } = sampleTokens(gs, tensor, { ...options, seed: 500 + i });
    const counts = new Float64Array(row.length);
    for (const id of indices) counts[id]!++;
    const open = new Set(kept(row, options));
    const masked = row.map((z, id) => (open.has(id) ? z : -Infinity));
    const exact = reference.soft(masked, [row.length], 0, options.temperature ?? 1);
    const tail = countsTail(counts, exact);
    assert.ok(tail > FAILURE, `${JSON.stringify(options)}: chi-square tail ${tail}`);
    for (const [id, p] of exact.entries()) if (p === 0) assert.equal(counts[id], 0);
  }
});

test("log-probabilities are of the distribution that was drawn from", () => {
  for (let i = 0; i < 60; i++) {
    const z = tied(50, i);
    const options = i < 5 ? {} : randomFilters(i, 50);
    const { indices, logProbs } = sampleTokens(gs, z, { ...options, seed: i, logProbs: true });
    const ids = kept(z, options);
    const open = ids.map((id) => z[id]!);
    const exact = reference.logSoftmax(open, [open.length], 0, options.temperature ?? 1)[ids.indexOf(indices[0]!)]!;
    assertWithin(`case ${i}`, logProbs!, [exact], () => LOG_PROBABILITY * (1 + Math.abs(exact)));
  }
});

test("temperature 0 is greedy, with or without filters", () => {
  const z = [
    [0, 3, 3, 1],
    [2, -Infinity, 1, 0],
  ];
  for (const options of [{}, { topK: 1 }, { topP: 0, minP: 1 }]) {
    const got = sampleTokens(gs, z, { ...options, temperature: 0, logProbs: true });
    assert.deepEqual([...got.indices], [1, 0]);
    assert.deepEqual([...got.logProbs!], [0, 0]);
  }
  const options = { temperature: 0, seed: 1, topK: 1 };
  assert.deepEqual(verifyToken(gs, 1, z[0]!, options), { valid: true, token: 1, margin: 0 });
  assert.deepEqual(verifyToken(gs, 2, z[0]!, options), { valid: false, token: 1, margin: 0 });
  assert.deepEqual(verifyToken(gs, 3, z[0]!, options), { valid: false, token: 1, margin: -2 });
  assert.equal(verifyToken(gs, 3, z[0]!, { ...options, tolerance: 2 }).valid, true);
});

test("a row with a seed of its own does not depend on the batch", () => {
  const [batch, vocabulary] = [9, 40];
  const data = normals(batch * vocabulary, 3);
  const seeds = BigUint64Array.from({ length: batch }, (_, r) => BigInt(r) ** 5n + 2n ** 63n);
  const rows = Array.from(seeds, (_, r) => data.subarray(r * vocabulary, (r + 1) * vocabulary));
  for (const options of [{}, { topK: 5, temperature: 0.5 }, { topP: 0.8, logProbs: true }]) {
    for (const position of [12, Array.from(seeds, (_, r) => 3 * r)]) {
      const whole = sampleTokens(gs, { data, shape: [batch, vocabulary] }, { ...options, seeds, position });
      assert.deepEqual([whole.shape, whole.seeds, whole.seed, whole.position], [[batch], seeds, undefined, position]);
      for (const [r, row] of rows.entries()) {
        const at = typeof position === "number" ? position : position[r]!;
        const alone = sampleTokens(gs, row, { ...options, seed: seeds[r]!, position: at });
        assert.deepEqual(alone.shape, []);
        assert.equal(whole.indices[r], alone.indices[0]);
        if (options.logProbs) assert.equal(whole.logProbs![r], alone.logProbs![0]);
      }
    }
  }
});

test("with one seed, row r at a position has the row number position + r * 2^32", () => {
  const [batch, vocabulary] = [5, 64];
  const data = normals(batch * vocabulary, 6);
  const position = [7, 0, 4_294_967_295, 9, 1];
  const { indices, seed } = sampleTokens(gs, { data, shape: [batch, vocabulary] }, { seed: 21, position, topK: 9 });
  assert.equal(seed, 21n);
  for (let r = 0; r < batch; r++) {
    const row = data.subarray(r * vocabulary, (r + 1) * vocabulary);
    const rowOffset = BigInt(position[r]!) + (BigInt(r) << 32n);
    const g = gs.gumbel([vocabulary], { seed: 21, rowOffset }).data;
    const p = reference.perturb(row, g);
    const best = kept(row, { topK: 9 }).reduce((a, b) => (p[b]! > p[a]! ? b : a));
    assert.equal(indices[r], best);
    const verdict = verifyToken(gs, best, row, { seed: 21, position: position[r], row: r, topK: 9 });
    assert.equal(verdict.valid, true);
  }
});

test("known answers", () => {
  const z = normals(1000, 1, 3);
  const text = (options: FilterOptions): number[] => {
    return Array.from(
      { length: 6 },
      (_, position) => sampleTokens(gs, z, { ...options, seed: 44, position }).indices[0]!,
    );
  };
  assert.deepEqual(text({}), [807, 955, 84, 644, 860, 208]);
  assert.deepEqual(text({ temperature: 0.7, topK: 20, topP: 0.9 }), [807, 629, 807, 405, 860, 807]);
  assert.deepEqual(text({ minP: 0.3 }), [807, 125, 807, 125, 125, 14]);
});

test("the margin is the distance to the best of the others", () => {
  for (let i = 0; i < 40; i++) {
    const z = tied(30, i);
    const options = randomFilters(i, 30);
    const p = reference.perturb(z, gs.gumbel([30], { seed: i, rowOffset: 5 }).data, options.temperature);
    const open = kept(z, options);
    const { indices } = sampleTokens(gs, z, { ...options, seed: i, position: 5 });
    for (let id = 0; id < 30; id++) {
      const best = Math.max(...open.filter((other) => other !== id).map((other) => p[other]!));
      const margin = open.includes(id) ? p[id]! - best : -Infinity;
      const verdict = verifyToken(gs, id, z, { ...options, seed: i, position: 5 });
      assert.deepEqual(verdict, { valid: id === indices[0], token: indices[0], margin });
    }
  }
});

test("a token drawn from logits within e is valid with a tolerance of 2e, at every edge of the filters", () => {
  const next = uniform(9);
  let [dropped, changed, refused] = [0, 0, 0];
  for (let i = 0; i < 3000; i++) {
    const vocabulary = 2 + Math.floor(next() * 30);
    const error = [1e-4, 0.02, 0.3][i % 3]!;
    // Steps of the error put many logits, and sums of probabilities, near each other.
    const z = normals(vocabulary, i, 1.5).map((value) => (i % 2 ? value : Math.round(value / error) * error));
    const theirs = z.map((value) => value + (i % 5 ? 2 * next() - 1 : Math.sign(next() - 0.5)) * error);
    const options = { ...randomFilters(i, vocabulary), seed: i };
    const token = sampleTokens(gs, theirs, options).indices[0]!;
    const strict = verifyToken(gs, token, z, options);
    const tolerance = 2 * error + SCORE_ROUNDING;
    const lenient = verifyToken(gs, token, z, { ...options, tolerance });
    assert.ok(lenient.valid, `case ${i}, ${JSON.stringify(options)}: margin ${lenient.margin}`);
    assert.equal(lenient.token, strict.token);
    if (strict.margin === -Infinity) dropped++;
    else if (!strict.valid) changed++;
    const other = (token + 1) % vocabulary;
    if (!verifyToken(gs, other, z, { ...options, tolerance }).valid) refused++;
  }
  assert.ok(dropped > 20, `${dropped} tokens were dropped here`);
  assert.ok(changed > 20, `${changed} tokens lose here`);
  assert.ok(refused > 2000, `only ${refused} other tokens were refused`);
});

test("a winner by more than 2e stays the winner of logits within e", () => {
  const next = uniform(10);
  let held = 0;
  for (let i = 0; i < 500; i++) {
    const z = normals(50, i, 2);
    const options = { seed: i, temperature: 0.5 + next() };
    const { token } = verifyToken(gs, 0, z, options);
    const { margin } = verifyToken(gs, token, z, options);
    const error = margin / 2 - SCORE_ROUNDING;
    if (error <= 0) continue;
    const other = z.map((value, id) => value + (id === token ? -error : error));
    assert.equal(sampleTokens(gs, other, options).indices[0], token);
    held++;
  }
  assert.ok(held > 450);
});

test("marks invalid rows, and names the first of them otherwise", () => {
  const z = [
    [0, 1],
    [NaN, 1],
    [-Infinity, -Infinity],
    [Infinity, 0],
  ];
  for (const options of [{}, { topK: 1 }, { topP: 0.5 }, { minP: 0.5 }, { temperature: 0 }]) {
    const { indices, logProbs } = sampleTokens(gs, z, { ...options, seed: 1, invalid: "mark", logProbs: true });
    assertSame("indices", indices.subarray(1), [-1, -1, -1]);
    assertSame("log-probabilities", logProbs!.subarray(1), [-Infinity, -Infinity, -Infinity]);
    assert.ok(indices[0]! >= 0 && logProbs![0]! > -Infinity);
    refuses("RangeError", "logits", () => sampleTokens(gs, z, options), /got NaN in row 1 at class 0$/);
    refuses("RangeError", "logits", () => sampleTokens(gs, z.slice(2), options), /got only -Infinity in row 0$/);
    refuses("RangeError", "logits", () => verifyToken(gs, 0, z[1]!, { ...options, seed: 1 }), /got NaN in row 0/);
  }
});

test("topK 0 and Infinity are off", () => {
  for (let seed = 0; seed < 100; seed++) {
    const z = normals(20, seed);
    for (const rest of [{ seed }, { seed, topP: 0.7 }, { seed, minP: 0.3 }]) {
      const expected = sampleTokens(gs, z, rest).indices;
      for (const topK of [0, -0, Infinity]) {
        assertSame("the draw", sampleTokens(gs, z, { ...rest, topK }).indices, expected);
        assert.ok(verifyToken(gs, expected[0]!, z, { ...rest, topK }).valid);
      }
    }
  }
});

test("of [batch, sequence, vocabulary] the last positions count", () => {
  const [batch, sequence, vocabulary] = [3, 4, 50];
  const data = Float32Array.from(normals(batch * sequence * vocabulary, 6));
  const last = new Float32Array(batch * vocabulary);
  for (let row = 0; row < batch; row++) {
    const end = (row + 1) * sequence * vocabulary;
    last.set(data.subarray(end - vocabulary, end), row * vocabulary);
  }
  data[0] = NaN; // nobody asks for a token at the first position
  const inside = gs.empty([batch, sequence, vocabulary]);
  inside.data.set(data);
  const seed = 9;
  const cases: SampleTokensOptions[] = [
    { seed },
    { seed, topK: 7 },
    { seed, topP: 0.8, logProbs: true },
    { temperature: 0 },
    { seeds: BigUint64Array.of(1n, 2n, 3n) },
  ];
  for (const all of cases) {
    const expected = sampleTokens(gs, { data: last, shape: [batch, vocabulary] }, all);
    for (const logits of [{ data, shape: [batch, sequence, vocabulary] }, inside]) {
      const drawn = sampleTokens(gs, logits, all);
      assertSame("indices", drawn.indices, expected.indices);
      assert.deepEqual(drawn.shape, [batch]);
      if (expected.logProbs) assertSame("log-probabilities", drawn.logProbs!, expected.logProbs);
    }
  }
  inside.free();
  const token = sampleTokens(gs, last.subarray(0, vocabulary), { seed: 9 }).indices[0]!;
  const one = { data: data.subarray(0, sequence * vocabulary), shape: [1, sequence, vocabulary] };
  assert.ok(verifyToken(gs, token, one, { seed: 9 }).valid);
  assert.deepEqual(sampleTokens(gs, [[[1, 2]], [[3, 1]]], { temperature: 0 }).indices, Int32Array.of(1, 0));
  const big = { data: new Float64Array(8).fill(-1e300), shape: [2, 2, 2] };
  refuses("RangeError", "logits", () => sampleTokens(gs, big, { topK: 1 }), /-1e\+300 in row 0/);
  const empty = { data: new Float32Array(0), shape: [2, 0, 5] };
  refuses("RangeError", "logits", () => sampleTokens(gs, empty));
  refuses("RangeError", "logits", () => sampleTokens(gs, { data: data.subarray(0, 16), shape: [2, 2, 2, 2] }));
});

test("logits inside the module's memory survive its growth", () => {
  const fresh = loadSync();
  const [batch, vocabulary] = [3, 70_000];
  const data = normals(batch * vocabulary, 2);
  const inside = fresh.empty([batch, vocabulary]);
  inside.data.set(data);
  const options = { topP: 0.9, seed: 4, logProbs: true };
  const expected = sampleTokens(gs, { data, shape: [batch, vocabulary] }, options);
  assertSame(
    "a view",
    sampleTokens(fresh, { data: inside.data, shape: inside.shape }, options).indices,
    expected.indices,
  );
  assertSame("a tensor", sampleTokens(fresh, inside, options).logProbs!, expected.logProbs!);
});

test("refuses what is no option, and takes the limits", () => {
  const z = [1, 2, 3];
  const sample = (options: object) => () => sampleTokens(gs, z, options);
  for (const name of ["topP", "minP"]) {
    for (const value of [NaN, -0.1, 1.1, Infinity]) refuses("RangeError", name, sample({ [name]: value }));
    for (const value of ["0.5"]) refuses("TypeError", name, sample({ [name]: value }));
    for (const value of [0, 1]) assert.ok(sample({ [name]: value })().indices[0]! >= 0);
  }
  assert.equal(sample({ topP: 0 })().indices[0], 2);
  assert.equal(sample({ minP: 1 })().indices[0], 2);
  for (const value of [-1, 1.5, NaN, -Infinity]) {
    refuses("RangeError", "topK", sample({ topK: value }), /a positive integer, or 0 or Infinity for all/);
  }
  refuses("TypeError", "topK", sample({ topK: "3" }));
  assert.equal(sample({ topK: 1 })().indices[0], 2);
  assert.deepEqual(sample({ topK: 99, seed: 3 })().indices, sample({ seed: 3 })().indices);
  for (const value of [-1, NaN, Infinity, 1e30]) refuses("RangeError", "temperature", sample({ temperature: value }));
  refuses("TypeError", "temperature", sample({ temperature: "1" }));
  for (const temperature of [1e-40, 1e29]) assert.ok(sample({ temperature, topP: 0.5 })().indices[0]! >= 0);
  for (const value of [-1, 0.5, 2 ** 32, NaN]) refuses("RangeError", "position", sample({ position: value }));
  for (const value of ["0", 1n, [1n]]) refuses("TypeError", "position", sample({ position: value }));
  refuses("RangeError", "position", sample({ position: [0, 1] }));
  refuses("RangeError", "seeds", sample({ seeds: new BigUint64Array(2) }));
  refuses("TypeError", "seeds", sample({ seeds: new BigUint64Array(1), seed: 1 }));
  refuses("TypeError", "seeds", sample({ seeds: [1] }));
  refuses("RangeError", "seed", sample({ seed: -1 }));
  refuses("TypeError", "logProbs", sample({ logProbs: 1 }));
  refuses("TypeError", "tau", sample({ tau: 1 }));
  refuses("RangeError", "invalid", sample({ invalid: "skip" }));
  refuses("RangeError", "logits", () => sampleTokens(gs, [[[[1]]]]));
  refuses("RangeError", "logits", () => sampleTokens(gs, []));
  refuses("TypeError", "logits", () => sampleTokens(gs, "1" as never));
  const none = sampleTokens(
    gs,
    { data: new Float32Array(0), shape: [0, 3] },
    { topK: 1, logProbs: true, position: [] },
  );
  assert.deepEqual([none.indices.length, none.logProbs!.length, none.shape], [0, 0, [0]]);

  const verify =
    (options: object, token: unknown = 0) =>
    () => {
      return verifyToken(gs, token as number, z, { seed: 1, ...options });
    };
  for (const token of [-1, 3, 0.5, NaN]) refuses("RangeError", "token", verify({}, token));
  refuses("TypeError", "token", verify({}, "0"));
  refuses("TypeError", "seed", verify({ seed: undefined }));
  refuses("TypeError", "seed", () => verifyToken(gs, 0, z, undefined as never));
  refuses("RangeError", "seed", verify({ seed: 2n ** 64n }));
  for (const tolerance of [-1, NaN, Infinity]) refuses("RangeError", "tolerance", verify({ tolerance }));
  refuses("RangeError", "row", verify({ row: 2 ** 32 }));
  refuses("RangeError", "position", verify({ position: 2 ** 32 }));
  refuses("TypeError", "logProbs", verify({ logProbs: true }));
  const pair = [z, z];
  refuses("RangeError", "logits", () => verifyToken(gs, 0, pair, { seed: 1 }));
  assert.equal(verifyToken(gs, 1, [-Infinity, 0], { seed: 1 }).margin, Infinity);
  assert.equal(verifyToken(gs, 0, [-Infinity, 0], { seed: 1, tolerance: 9 }).margin, -Infinity);
});

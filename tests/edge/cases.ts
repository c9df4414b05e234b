// Bodies that POST /sample has to refuse, each with the error that it answers, and bodies that look odd and are fine.

import { loadSync, type TensorLike } from "gumbel-softmax";

export interface Refusal {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly error: string;
}

const DEEP = 100_000;
const deep: string = "[".repeat(DEEP) + "]".repeat(DEEP);

/** Ragged, but its first elements show `levels` levels of two: 2^levels elements. */
function lopsided(levels: number): string {
  return `${"[".repeat(levels)}1${",1]".repeat(levels)}`;
}

/** What the handler says by itself. */
const OWN: readonly (readonly [name: string, body: string | Uint8Array, got: string])[] = [
  ["an empty body", "", "what is no JSON"],
  ["no JSON", "logits=1,2,3", "what is no JSON"],
  ["JSON that ends early", '{"logits": [1, 2', "what is no JSON"],
  ["NaN, which JSON has not", '{"logits": [NaN]}', "what is no JSON"],
  ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "what is no JSON"],
  ["an array", "[1, 2, 3]", "an array"],
  ["an array nested deeply", deep, "an array"],
  ["null", "null", "null"],
  ["a number", "44", "a number"],
  ["a string", '"logits"', "a string"],
  ["true", "true", "a boolean"],
];

/** What the library says, which is asked for its message here in Node. */
const LIBRARY: readonly (readonly [name: string, body: string])[] = [
  ["no logits", "{}"],
  ["logits null", '{"logits": null}'],
  ["logits a string", '{"logits": "1,2,3"}'],
  ["logits an object", '{"logits": {"0": 1, "length": 1}}'],
  ["logits of strings", '{"logits": ["1", "2"]}'],
  ["logits of objects", '{"logits": [{"toString": 1}, 2]}'],
  ["no logits in an array", '{"logits": []}'],
  ["rows without classes", '{"logits": [[], []]}'],
  ["ragged rows", '{"logits": [[1, 2], [3]]}'],
  ["ragged depth", '{"logits": [1, [2]]}'],
  ["logits nested too deeply", `{"logits": ${deep}}`],
  ["logits whose first rows show a huge shape", `{"logits": ${lopsided(31)}}`],
  ["the same, flatter", `{"logits": [[${"1,".repeat(9999)}1]${",1".repeat(99_999)}]}`],
  ["a logit beyond f64", '{"logits": [1, 1e999]}'],
  ["a logit beyond f32", '{"logits": [[1, 2], [1, 1e39]]}'],
  ["a row of masked classes", '{"logits": [[0, 0], [-1e999, -1e999]]}'],
  ["a huge shape", '{"logits": {"data": [1], "shape": [4294967296, 4294967296]}}'],
  ["a shape that is too large", '{"logits": {"data": [1], "shape": [1000000000]}}'],
  ["a negative shape", '{"logits": {"data": [1], "shape": [-1, -1]}}'],
  ["no shape", '{"logits": {"data": [1]}}'],
  ["a shape nested deeply", `{"logits": {"data": [1], "shape": ${deep}, "dims": [1]}}`],
  ["dims nested deeply", `{"logits": {"data": [1], "shape": [1], "dims": ${deep}}}`],
  ["dims that make no text", '{"logits": {"data": [1], "shape": [1], "dims": {"toString": 1, "valueOf": 1}}}'],
  ["data with a length alone", '{"logits": {"data": {"length": 1000000000}, "shape": [1000000000]}}'],
  ["tau a string", '{"logits": [1, 2], "tau": "0.5"}'],
  ["tau negative", '{"logits": [1, 2], "tau": -1}'],
  ["tau infinite", '{"logits": [1, 2], "tau": 1e999}'],
  ["hard a number", '{"logits": [1, 2], "hard": 1}'],
  ["dim out of range", '{"logits": [1, 2], "dim": 1}'],
  ["dim fractional", '{"logits": [1, 2], "dim": 0.5}'],
  ["seed negative", '{"logits": [1, 2], "seed": -1}'],
  ["seed fractional", '{"logits": [1, 2], "seed": 1.5}'],
  ["seed beyond a safe integer", '{"logits": [1, 2], "seed": 9007199254740992}'],
  ["seed an object", '{"logits": [1, 2], "seed": {"toString": 1}}'],
  ["seed a string, not decimal", '{"logits": [1, 2], "seed": "0x2c"}'],
  ["seed a string, negative", '{"logits": [1, 2], "seed": "-1"}'],
  ["seed a string, empty", '{"logits": [1, 2], "seed": ""}'],
  ["seed a string of a million digits", `{"logits": [1, 2], "seed": "${"9".repeat(1_000_000)}"}`],
  ["numSamples 0", '{"logits": [1, 2], "numSamples": 0}'],
  ["numSamples negative", '{"logits": [1, 2], "numSamples": -1e9}'],
  ["numSamples fractional", '{"logits": [1, 2], "numSamples": 1.5}'],
  ["numSamples a string", '{"logits": [1, 2], "numSamples": "1000000000"}'],
  ["numSamples an array", '{"logits": [1, 2], "numSamples": [1000000000]}'],
  ["tau under two names", '{"logits": [1, 2], "tau": 1, "temp": 1}'],
  ["invalid of another kind", '{"logits": [1, 2], "invalid": "ignore"}'],
  ["classOffset beyond all classes", '{"logits": [1, 2], "classOffset": 17179869184}'],
];

/** A field that is not on the handler's list, the library's other options among them. */
const UNKNOWN: readonly (readonly [name: string, field: string, body: string])[] = [
  ["out, which JSON cannot carry", "out", '{"logits": [1, 2], "out": {"data": [0, 0]}}'],
  ["an unknown field", "axis", '{"logits": [1, 2], "axis": 0}'],
  ["an unknown field that is null", "axis", '{"logits": [1, 2], "axis": null}'],
  ["an unknown field nested deeply", "axis", `{"logits": [1, 2], "axis": ${deep}}`],
  ["an unknown field with a long name", `${"a".repeat(40)}…`, `{"logits": [1, 2], "${"a".repeat(100_000)}": 0}`],
  ["keep", "keep", '{"logits": [1, 2], "keep": true}'],
  ["estimator", "estimator", '{"logits": [1, 2], "estimator": "gumbel-rao"}'],
  ["conditionalSamples", "conditionalSamples", '{"logits": [1, 2], "conditionalSamples": 65536}'],
  ["seeds", "seeds", '{"logits": [1, 2], "seeds": ["1"]}'],
  ["toString", "toString", '{"logits": [1, 2], "toString": 0}'],
  ["__proto__", "__proto__", '{"logits": [1, 2], "__proto__": {"tau": 0.5}}'],
  ["constructor", "constructor", '{"logits": [1, 2], "constructor": {"prototype": {"tau": 0.5}}}'],
  ["__proto__ alone", "__proto__", '{"__proto__": {"logits": [1, 2]}}'],
];
const FIELDS =
  "logits, tau, temperature, temp, hard, dim, seed, noiseScale, rowOffset, classOffset, invalid, numSamples";

/** More than rows x classes x draws may be. */
const WORK: readonly (readonly [name: string, body: string, got: number])[] = [
  ["a billion draws", '{"logits": [1, 2], "numSamples": 1000000000}', 2e9],
  ["one draw more than fit", '{"logits": [[1, 2], [3, 4]], "numSamples": 131073}', 524_292],
  ["the same of data and shape", '{"logits": {"data": [1, 2, 3, 4], "shape": [2, 2]}, "numSamples": 131073}', 524_292],
  ["draws beyond all integers", '{"logits": [1, 2], "numSamples": 1e308}', Number.POSITIVE_INFINITY],
  ["draws of no rows", '{"logits": {"data": [], "shape": [0, 4]}, "numSamples": 1000000000}', 1e9],
  ["draws of many logits", `{"logits": [${"1,".repeat(1e5)}1], "numSamples": 6}`, 600_006],
  ["draws of logits nested deeply", `{"logits": ${deep}, "numSamples": 524289}`, 524_289],
];

/** A decimal string is a number to the library. */
const SEEDS: readonly Refusal[] = [
  {
    name: "seed a string, 2^64",
    body: '{"logits": [1, 2], "seed": "18446744073709551616"}',
    error: refusal([1, 2], { seed: 2n ** 64n }),
  },
];

function said(body: string): string {
  const { logits, ...options } = JSON.parse(body);
  return refusal(logits, options);
}

function refusal(logits: TensorLike, options: object): string {
  try {
    loadSync().gumbelSoftmax(logits, options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`the library takes ${JSON.stringify(logits).slice(0, 100)}`);
}

export const REFUSED: readonly Refusal[] = [
  ...OWN.map(([name, body, got]) => ({ name, body, error: `body: expected a JSON object, got ${got}` })),
  ...LIBRARY.map(([name, body]) => ({ name, body, error: said(body) })),
  ...UNKNOWN.map(([name, field, body]) => {
    return { name, body, error: `${field}: expected one of the fields ${FIELDS}, got an unknown field` };
  }),
  ...WORK.map(([name, body, got]) => {
    return { name, body, error: `body: expected rows x classes x draws of at most 524288, got ${got}` };
  }),
  ...SEEDS,
];

/** Odd, and answered with a sample. */
export const ODD: readonly (readonly [name: string, body: string, sample: readonly number[], seed?: string])[] = [
  ["zero rows", '{"logits": {"data": [], "shape": [0, 4]}}', []],
  ["one class", '{"logits": [[5], [-3e38]]}', [1, 1]],
  ["a masked class", '{"logits": [0, -1e999]}', [1, 0]],
  ["tau 0", '{"logits": [0, 80], "tau": 0}', [0, 1]],
  ["temp, another name of tau", '{"logits": [0, 80], "temp": 0}', [0, 1]],
  ["null stands for the default", '{"logits": [1], "tau": null, "seed": null, "numSamples": null, "hard": null}', [1]],
  ["draws", '{"logits": [5], "numSamples": 3}', [1, 1, 1]],
  ["draws of no rows", '{"logits": {"data": [], "shape": [0, 4]}, "numSamples": 524288}', []],
  ["an invalid row, marked", '{"logits": [[0, 1e999], [0, -1e999]], "invalid": "mark"}', [0, 0, 1, 0]],
  ["rowOffset a decimal string", '{"logits": [1], "rowOffset": "18446744073709551615"}', [1]],
  ["the same field twice: JSON takes the last", '{"logits": 1, "logits": [1]}', [1]],
  ["the largest seed", '{"logits": [1], "seed": "18446744073709551615"}', [1], "18446744073709551615"],
  ["seed with zeros before it", '{"logits": [1], "seed": "00044"}', [1], "44"],
  ["seed a number", '{"logits": [1], "seed": 9007199254740991}', [1], "9007199254740991"],
];

// Bodies that POST /sample has to refuse, each with the error that it answers, and bodies that look odd and are fine.

import { loadSync } from "gumbel-softmax";

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
  ["tau null", '{"logits": [1, 2], "tau": null}'],
  ["tau negative", '{"logits": [1, 2], "tau": -1}'],
  ["tau infinite", '{"logits": [1, 2], "tau": 1e999}'],
  ["hard a number", '{"logits": [1, 2], "hard": 1}'],
  ["dim out of range", '{"logits": [1, 2], "dim": 1}'],
  ["dim fractional", '{"logits": [1, 2], "dim": 0.5}'],
  ["seed negative", '{"logits": [1, 2], "seed": -1}'],
  ["seed fractional", '{"logits": [1, 2], "seed": 1.5}'],
  ["seed beyond a safe integer", '{"logits": [1, 2], "seed": 9007199254740992}'],
  ["seed null", '{"logits": [1, 2], "seed": null}'],
  ["seed an object", '{"logits": [1, 2], "seed": {"toString": 1}}'],
  ["seed a string, not decimal", '{"logits": [1, 2], "seed": "0x2c"}'],
  ["seed a string, negative", '{"logits": [1, 2], "seed": "-1"}'],
  ["seed a string, empty", '{"logits": [1, 2], "seed": ""}'],
  ["seed a string of a million digits", `{"logits": [1, 2], "seed": "${"9".repeat(1_000_000)}"}`],
  ["out, which JSON cannot carry", '{"logits": [1, 2], "out": {"data": [0, 0]}}'],
  ["an unknown field", '{"logits": [1, 2], "axis": 0}'],
  ["an unknown field nested deeply", `{"logits": [1, 2], "axis": ${deep}}`],
  ["__proto__", '{"logits": [1, 2], "__proto__": {"tau": 0.5}}'],
  ["constructor", '{"logits": [1, 2], "constructor": {"prototype": {"tau": 0.5}}}'],
  ["__proto__ alone", '{"__proto__": {"logits": [1, 2]}}'],
];

/** A decimal string is a number to the library. */
const SEEDS: readonly Refusal[] = [
  {
    name: "seed a string, 2^64",
    body: '{"logits": [1, 2], "seed": "18446744073709551616"}',
    error: "seed: expected at least 0 and below 2^64, got 18446744073709551616n",
  },
];

function said(body: string): string {
  const { logits, ...options } = JSON.parse(body);
  try {
    loadSync().gumbelSoftmax(logits, options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`the library takes ${body.slice(0, 100)}`);
}

export const REFUSED: readonly Refusal[] = [
  ...OWN.map(([name, body, got]) => ({ name, body, error: `body: expected a JSON object, got ${got}` })),
  ...LIBRARY.map(([name, body]) => ({ name, body, error: said(body) })),
  ...SEEDS,
];

/** Odd, and answered with a sample. */
export const ODD: readonly (readonly [name: string, body: string, sample: readonly number[], seed?: string])[] = [
  ["zero rows", '{"logits": {"data": [], "shape": [0, 4]}}', []],
  ["one class", '{"logits": [[5], [-3e38]]}', [1, 1]],
  ["a masked class", '{"logits": [0, -1e999]}', [1, 0]],
  ["tau 0", '{"logits": [0, 80], "tau": 0}', [0, 1]],
  ["the same field twice: JSON takes the last", '{"logits": 1, "logits": [1]}', [1]],
  ["the largest seed", '{"logits": [1], "seed": "18446744073709551615"}', [1], "18446744073709551615"],
  ["seed with zeros before it", '{"logits": [1], "seed": "00044"}', [1], "44"],
  ["seed a number", '{"logits": [1], "seed": 9007199254740991}', [1], "9007199254740991"],
];

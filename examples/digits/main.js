// Gumbel-Softmax on the logits of a real classifier: 1,797 handwritten digits, 10 classes (README.md beside this file).
// Run after a build: node examples/digits/main.js [--seed N] [--out FILE]. Writes samples.npy in the current directory, or FILE.

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { load, split } from "gumbel-softmax";
import { formatNpy, parseNpy } from "./npy.js";

const TAU = 0.5;
const DRAWS = 2000; // hard samples of every row
const EXAMPLES = 4; // rows shown
const PASSES = 21;
const CALLS_PER_PASS = 20; // long enough that the clock's resolution does not show
const WARM_UP_PASSES = 5; // V8 replaces its first, quick compilation of the kernels within these

main();

async function main() {
  const { seed, out } = readOptions();
  const logits = parseNpy(readFileSync(new URL("logits.npy", import.meta.url)));
  const gs = await load();

  console.log(`${logits.shape[0]} handwritten digits, ${logits.shape[1]} classes, tau ${TAU}, seed ${seed}\n`);
  showRows(gs, logits, seed);
  showFrequencies(gs, logits, seed);
  showTimes(gs, logits, seed);

  const samples = gs.gumbelSoftmax(logits, { tau: TAU, seed });
  writeFileSync(out, formatNpy(samples));
  console.log(`wrote ${out}: soft samples, float32 [${samples.shape.join(", ")}], seed ${samples.seed}`);
  gs.close();
}

/** From the clearest digit to a doubtful one: what softmax says, and what a soft and a hard sample make of it. */
function showRows(gs, logits, seed) {
  const [rows, classes] = logits.shape;
  const probabilities = gs.softmax(logits).data;
  const soft = gs.gumbelSoftmax(logits, { tau: TAU, seed });
  const hard = gs.gumbelSoftmax(logits, { tau: TAU, seed, hard: true });

  const row = (data, r) => Array.from(data.subarray(r * classes, (r + 1) * classes));
  const doubt = (r) => 1 - Math.max(...row(probabilities, r));
  const byDoubt = Array.from({ length: rows }, (_, r) => r).sort((a, b) => doubt(a) - doubt(b) || a - b);
  // Most digits are clear, so the ranks shown crowd towards the doubtful end: 0, 7/8, 63/64, 511/512 of the way.
  const shown = Array.from({ length: EXAMPLES }, (_, k) => byDoubt[rows - Math.ceil(rows / 8 ** k)]);

  console.log("Four digits, one noise for the soft and the hard sample");
  console.log(columns("row", "", [...Array(classes).keys()]));
  for (const r of shown) {
    console.log(columns(r, "softmax", row(probabilities, r).map(fixed)));
    console.log(columns("", "soft", row(soft.data, r).map(fixed)));
    console.log(columns("", "hard", row(hard.data, r)));
  }
  console.log();
}

/**
 * Hard samples are draws from softmax(logits): counts over all rows, against what softmax expects. Errors of opposite
 * sign in different rows cancel in the count of a class, not in the last line, which counts each row's likeliest class.
 */
function showFrequencies(gs, logits, seed) {
  const [rows, classes] = logits.shape;
  const likeliest = gs.argmax(logits).indices;
  const observed = new Array(classes + 1).fill(0);
  for (const drawSeed of split(seed, DRAWS)) {
    gs.gumbelSoftmax(logits, { hard: true, seed: drawSeed }).indices.forEach((index, r) => {
      observed[index] += 1;
      if (index === likeliest[r]) observed[classes] += 1;
    });
  }

  const expected = new Array(classes + 1).fill(0);
  const variance = new Array(classes + 1).fill(0); // of a sum of independent draws whose probabilities differ
  gs.softmax(logits).data.forEach((p, i) => {
    const [r, c] = [Math.floor(i / classes), i % classes];
    for (const line of c === likeliest[r] ? [c, classes] : [c]) {
      expected[line] += DRAWS * p;
      variance[line] += DRAWS * p * (1 - p);
    }
  });
  const z = observed.map((count, line) => (count - expected[line]) / Math.sqrt(variance[line]));

  console.log(`${DRAWS} hard samples of each of the ${rows} rows, against softmax`);
  console.log("    class    expected    observed       z");
  observed.forEach((count, line) => {
    const name = line < classes ? String(line) : "likeliest";
    const cells = [name.padStart(9), expected[line].toFixed(1).padStart(12), String(count).padStart(12)];
    console.log(`${cells.join("")}${z[line].toFixed(2).padStart(8)}`);
  });
  console.log(`largest |z| ${Math.max(...z.map(Math.abs)).toFixed(2)}\n`);
}

/** Nanoseconds per element (one row, one class): the arrays stay in the module's memory, nothing is copied. */
function showTimes(gs, logits, seed) {
  const input = gs.empty(logits.shape);
  const out = gs.empty(logits.shape);
  input.data.set(logits.data);
  console.log(`Time per element, median of ${PASSES} passes`);
  for (const hard of [false, true]) {
    const nanoseconds = medianTime(() => gs.gumbelSoftmax(input, { tau: TAU, hard, seed, out }));
    console.log(`${hard ? "hard" : "soft"} ${(nanoseconds / logits.data.length).toFixed(2).padStart(8)} ns`);
  }
  console.log();
  out.free();
  input.free();
}

function medianTime(call) {
  const passes = Array.from({ length: WARM_UP_PASSES + PASSES }, () => {
    const start = performance.now();
    for (let i = 0; i < CALLS_PER_PASS; i++) call();
    return ((performance.now() - start) * 1e6) / CALLS_PER_PASS;
  });
  const sorted = passes.slice(WARM_UP_PASSES).sort((a, b) => a - b);
  return sorted[PASSES >> 1];
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { seed: { type: "string", default: "44" }, out: { type: "string", default: "samples.npy" } },
    });
    if (!/^\d+$/.test(values.seed) || BigInt(values.seed) >= 2n ** 64n)
      throw new RangeError(`--seed: expected 0 to 2^64 - 1, got ${values.seed}`);
    if (values.out === "") throw new RangeError("--out: expected a file, got nothing");
    return { seed: BigInt(values.seed), out: values.out };
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

function columns(row, name, values) {
  return `${String(row).padStart(5)}  ${name.padEnd(8)}${values.map((value) => String(value).padStart(7)).join("")}`;
}

function fixed(value) {
  return value.toFixed(4);
}

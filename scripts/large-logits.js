// How far the shares of equal logits are off at |z| = 2^k, where p = z + g is rounded to f32: the table of docs/accuracy.md.
//
//   node scripts/large-logits.js          prints the table, seeded; takes some seconds
//   node scripts/large-logits.js --check  fails if docs/accuracy.md has another one

import { readFileSync } from "node:fs";
import { loadSync } from "gumbel-softmax";
import { Categorical } from "gumbel-softmax/distributions";

const DRAWS = 4_000_000;
const POWERS = [10, 14, 17, 20, 22, 24, 26, 28, 30];

const gs = loadSync();

/** Share of each class in draws from equal logits. */
function shares(indices, classes) {
  const counts = new Array(classes).fill(0);
  for (const c of indices) counts[c]++;
  return counts.map((count) => count / indices.length);
}

function row(k) {
  const [two, five] = [2, 5].map((classes) => new Array(classes).fill(2 ** k));
  const options = { seed: k, numSamples: DRAWS };
  const [lower] = shares(gs.categorical(two, options).indices, 2);
  const many = shares(gs.categorical(five, options).indices, 5);
  const [right] = shares(new Categorical(two).sample(gs, options).indices, 2);
  const percent = (share) => (100 * share).toFixed(1);
  return `| 2^${k} | ${lower.toFixed(4)} | ${percent(Math.max(...many))} to ${percent(Math.min(...many))} % | ${right.toFixed(4)} |`;
}

const table = [
  "| \\|z\\| / s | two classes: the lower one won | five classes: shares | two classes of a distribution |",
  "| --- | --- | --- | --- |",
  ...POWERS.map(row),
].join("\n");

if (!process.argv.includes("--check")) console.log(table);
else if (!readFileSync("docs/accuracy.md", "utf8").includes(table)) {
  console.error(`docs/accuracy.md: expected\n${table}`);
  process.exitCode = 1;
}

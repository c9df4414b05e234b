// A categorical variational autoencoder on handwritten digits, trained with three estimators (README.md beside this file).
// Run after a build: node examples/digits-vae/main.js [--epochs N] [--seed N] [--out DIRECTORY]

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load, split } from "gumbel-softmax";
import { constant, exponential } from "gumbel-softmax/schedules";
import { PIXELS, readDigits } from "./data.js";
import { plotCurves, plotDigits } from "./plot.js";
import { progress } from "./progress.js";
import { evaluate, total, train } from "./train.js";

const ANNEALED = exponential({ initial: 1, rate: 0.001, floor: 0.5, every: 100 });
const ESTIMATORS = [
  { estimator: "gumbel-softmax", schedule: ANNEALED, label: "Gumbel-Softmax (soft)", colour: "#d1495b" },
  { estimator: "straight-through-gumbel", schedule: ANNEALED, label: "straight-through", colour: "#1f77b4" },
  { estimator: "reinmax", schedule: constant(2), label: "ReinMax", colour: "#2a9134" },
];
const DRAWS = 20; // codes drawn for each test digit in the final table
const SHOWN = [45, 55]; // test digits 0 to 9, one of each

main();

async function main() {
  const options = readOptions();
  const digits = readDigits();
  const gs = await load();
  const started = performance.now();

  const advance = progress(ESTIMATORS.length * options.epochs);
  const results = ESTIMATORS.map((how) => {
    const [trained, tested] = [[], []];
    const model = train(gs, digits, how, options, (losses) => {
      trained.push(losses.train);
      tested.push(losses.test);
      advance(`${how.label}, epoch ${trained.length}: test loss ${losses.test.toFixed(2)}`);
    });
    const final = evaluate(model, digits.test, split(options.seed, 5)[4], DRAWS);
    return { ...how, model, train: trained, test: tested, final };
  });

  writeResults(options, results, digits);
  printTable(options, results, digits, (performance.now() - started) / 1000);
  gs.close();
}

function writeResults({ out, seed, epochs }, results, { test }) {
  mkdirSync(out, { recursive: true });
  const curves = results.map(({ label, colour, train, test }) => ({ label, colour, dashed: train, solid: test }));
  const names = {
    title: "Categorical VAE on 8 x 8 digits",
    yLabel: "negative ELBO, nats per digit",
    solidLabel: "test, codes drawn",
    dashedLabel: "training, as the estimator sees it",
  };
  writeFileSync(join(out, "losses.svg"), plotCurves(curves, names));

  const shown = test.subarray(SHOWN[0] * PIXELS, SHOWN[1] * PIXELS);
  const rows = results.map(({ label, model }) => ({ label, pixels: model.reconstruct(shown) }));
  const title = "Test digits, and what is left of each after ten choices of one in ten";
  writeFileSync(join(out, "reconstructions.svg"), plotDigits([{ label: "digit", pixels: shown }, ...rows], { title }));

  writeFileSync(join(out, "losses.json"), `${lossesText(results, seed, epochs)}\n`);
}

/** Every loss with all its digits: the same text in every runtime. */
function lossesText(results, seed, epochs) {
  const estimators = results.map(({ estimator, train, test, final }) => ({ estimator, train, test, final }));
  return JSON.stringify({ seed: String(seed), epochs, estimators }, null, 1);
}

function printTable({ out, seed, epochs }, results, { train, test }, seconds) {
  const [trainRows, testRows] = [train, test].map((pixels) => pixels.length / PIXELS);
  console.log(
    `${trainRows} digits, ${epochs} epochs, seed ${seed}; ${testRows} test digits, ${DRAWS} codes drawn for each\n`,
  );
  console.log(
    `nats per test digit      ${["-ELBO", "reconstruction", "KL"].map((name) => name.padStart(16)).join("")}`,
  );
  for (const { label, final } of results) {
    const values = [total(final), final.reconstruction, final.kl];
    console.log(`${label.padEnd(25)}${values.map((value) => value.toFixed(4).padStart(16)).join("")}`);
  }
  const digest = createHash("sha256")
    .update(lossesText(results, seed, epochs))
    .digest("hex");
  console.log(`\nSHA-256 of all losses: ${digest}`);
  console.log(`wrote losses.svg, reconstructions.svg and losses.json to ${out} after ${seconds.toFixed(1)} s`);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        epochs: { type: "string", default: "50" },
        seed: { type: "string", default: "44" },
        out: { type: "string", default: fileURLToPath(new URL("out", import.meta.url)) },
      },
    });
    if (!/^\d{1,5}$/.test(values.epochs) || Number(values.epochs) === 0)
      throw new RangeError(`--epochs: expected 1 to 99999, got ${values.epochs}`);
    if (!/^\d+$/.test(values.seed) || BigInt(values.seed) >= 2n ** 64n)
      throw new RangeError(`--seed: expected 0 to 2^64 - 1, got ${values.seed}`);
    if (values.out === "") throw new RangeError("--out: expected a directory, got nothing");
    return { epochs: Number(values.epochs), seed: BigInt(values.seed), out: values.out };
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

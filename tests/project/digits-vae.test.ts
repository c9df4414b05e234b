// The variational autoencoder of examples/digits-vae: its gradient, its losses, and the command as a user runs it in Node, Deno and Bun.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type GumbelSoftmax, loadSync } from "gumbel-softmax";
import { type Found, packageFile } from "../runtime/tools.ts";

interface Losses {
  reconstruction: number;
  kl: number;
}
interface Sampling {
  estimator?: string;
  tau?: number;
  seed?: number;
}
interface Vae {
  parameters: Float64Array;
  gradient: Float64Array;
  loss(pixels: Uint8Array, sampling: Sampling): Losses;
  gradientOf(pixels: Uint8Array, sampling: Sampling): Losses;
  reconstruct(pixels: Uint8Array): Float64Array;
}
type EpochLosses = { train: number; test: number };
type Train = (
  gs: GumbelSoftmax,
  digits: { train: Uint8Array; test: Uint8Array },
  how: { estimator: string; schedule: (step: number) => number },
  options: { epochs: number; seed: number },
  onEpoch: (losses: EpochLosses) => void,
) => Vae;

const EXAMPLE = new URL("../../examples/digits-vae/", import.meta.url);
const part = <T>(name: string): Promise<T> => import(new URL(name, EXAMPLE).href) as Promise<T>;
const { Vae } = await part<{ Vae: new (gs: GumbelSoftmax, seed: number) => Vae }>("model.js");
const { train } = await part<{ train: Train }>("train.js");
const { Adam } = await part<{
  Adam: new (size: number, rate: number) => { step(parameters: Float64Array, gradient: Float64Array): void };
}>("adam.js");
const { readDigits } = await part<{ readDigits: () => { train: Uint8Array; test: Uint8Array } }>("data.js");

const PIXELS = 64;
const ESTIMATORS = ["gumbel-softmax", "straight-through-gumbel", "reinmax"];
/** Weights, then biases, of the layers one after the other. */
const LAYERS = [[64, 128] as const, [128, 100] as const, [100, 128] as const, [128, 128] as const];

const gs = loadSync();
const digits = readDigits();
const few = { train: digits.train.subarray(0, 300 * PIXELS), test: digits.test.subarray(0, 50 * PIXELS) };
const total = ({ reconstruction, kl }: Losses): number => reconstruction + kl;

test("the data are 1,797 digits with pixels from 0 to 16, as in UCI's test set", () => {
  assert.deepEqual([digits.train.length, digits.test.length], [1500 * PIXELS, 297 * PIXELS]);
  assert.deepEqual([...digits.train.subarray(0, 8)], [0, 0, 5, 13, 9, 1, 0, 0]); // the first line of optdigits.tes
  assert.deepEqual(
    [...new Set([...digits.train, ...digits.test])].sort((a, b) => a - b),
    [...Array(17).keys()],
  );
});

test("the loss is the one that its formulas give, by Math", () => {
  const model = new Vae(gs, 1);
  const pixels = digits.train.subarray(0, 20 * PIXELS);
  model.parameters.fill(0);
  const encoder1 = LAYERS[0]![0] * LAYERS[0]![1] + LAYERS[0]![1];
  const biases = model.parameters.subarray(encoder1 + 12800, encoder1 + 12900).map((_, i) => (i % 7) / 3);
  model.parameters.set(biases, encoder1 + 12800);

  let kl = 0;
  for (let group = 0; group < 10; group++) {
    const exps = Array.from(biases.subarray(10 * group, 10 * group + 10), Math.exp);
    const sum = exps.reduce((a, b) => a + b);
    kl += exps.reduce((all, e) => all + (e / sum) * Math.log((10 * e) / sum), 0);
  }
  const binomial = (k: number): number =>
    Array.from({ length: k }, (_, i) => (16 - i) / (i + 1)).reduce((a, b) => a * b, 1);
  const reconstruction = pixels.reduce((sum, k) => sum - Math.log(binomial(k) / 2 ** 16), 0) / 20; // ink and paper alike
  // ln(1/2) is off by up to 2^-25 in f32, 1024 times a digit: 3.1e-5.
  const got = model.loss(pixels, { seed: 2 });
  assert.ok(Math.abs(got.kl - kl) < 1e-5, `${got.kl} is not ${kl}`);
  assert.ok(Math.abs(got.reconstruction - reconstruction) < 5e-5, `${got.reconstruction} is not ${reconstruction}`);
});

//  Along its own gradient the loss rises by |gradient|^2 h, in each layer by that of the layer. What is left is the
//  third derivative, the kinks of ReLU and the rounding of f32.
test("the gradient is the slope of the loss, in every layer", () => {
  const model = new Vae(gs, 3);
  const pixels = digits.train.subarray(0, 50 * PIXELS);
  const sampling = { estimator: "gumbel-softmax", tau: 1, seed: 4 };
  train(gs, few, { estimator: "gumbel-softmax", schedule: () => 1 }, { epochs: 1, seed: 5 }, () => {});
  model.gradientOf(pixels, sampling);
  const [at, gradient] = [model.parameters.slice(), model.gradient.slice()];
  let start = 0;
  for (const [inputs, outputs] of LAYERS) {
    for (const [from, to] of [
      [start, start + inputs * outputs],
      [start + inputs * outputs, start + (inputs + 1) * outputs],
    ] as const) {
      const square = gradient.subarray(from, to).reduce((sum, g) => sum + g * g, 0);
      const h = 1e-3 / Math.sqrt(square);
      const moved = (step: number): number => {
        model.parameters.set(at.map((value, i) => (i >= from && i < to ? value + step * gradient[i]! : value)));
        return total(model.loss(pixels, sampling));
      };
      const slope = (moved(h) - moved(-h)) / (2 * h * square);
      assert.ok(Math.abs(slope - 1) < 5e-3, `parameters ${from} to ${to}: slope ${slope}`);
    }
    start += (inputs + 1) * outputs;
  }
  assert.equal(start, at.length);
});

test("Adam is algorithm 1 of Kingma and Ba", () => {
  const parameters = Float64Array.of(1, -2, 0.5);
  const adam = new Adam(3, 0.01);
  const expected = [...parameters];
  const [mean, square] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (let t = 1; t <= 20; t++) {
    const gradient = Float64Array.from(parameters, (value, i) => value * (i + 1) - 0.3 * t);
    expected.forEach((_, i) => {
      mean[i] = 0.9 * mean[i]! + 0.1 * gradient[i]!;
      square[i] = 0.999 * square[i]! + 0.001 * gradient[i]! ** 2;
      expected[i]! -= (0.01 * (mean[i]! / (1 - 0.9 ** t))) / (Math.sqrt(square[i]! / (1 - 0.999 ** t)) + 1e-8);
    });
    adam.step(parameters, gradient);
  }
  expected.forEach((value, i) => {
    assert.ok(Math.abs(parameters[i]! - value) < 1e-12, `${parameters[i]} is not ${value}`);
  });
});

for (const estimator of ESTIMATORS) {
  test(`${estimator}: the losses fall, and are the same again with the same seed`, () => {
    const run = (seed: number): EpochLosses[] => {
      const losses: EpochLosses[] = [];
      train(gs, few, { estimator, schedule: () => 1 }, { epochs: 3, seed }, (epoch) => losses.push(epoch));
      return losses;
    };
    const losses = run(7);
    for (const name of ["train", "test"] as const) {
      assert.ok(losses[1]![name] < losses[0]![name] && losses[2]![name] < losses[1]![name], JSON.stringify(losses));
    }
    assert.deepEqual(run(7), losses);
    assert.notDeepEqual(run(8), losses);
  });
}

/** A folder as a user has it, with the built package in node_modules. */
const folder = mkdtempSync(join(tmpdir(), "digits-vae-"));
after(() => rmSync(folder, { recursive: true }));
const installed = join(folder, "node_modules", "gumbel-softmax");
mkdirSync(installed, { recursive: true });
for (const name of ["package.json", "dist"]) {
  cpSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(installed, name), { recursive: true });
}
const copied = join(folder, "digits-vae");
cpSync(fileURLToPath(EXAMPLE), copied, { recursive: true, filter: (path) => !/[/\\](out|node_modules)$/.test(path) });

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(program: string, args: string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" };
    const child = spawn(program, args, { cwd: folder, env, timeout: 180_000, killSignal: "SIGKILL" });
    const printed = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk) => {
        printed[name] += chunk;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...printed }));
  });
}

const EPOCHS = 2;
const main = (out: string): string[] => [
  join("digits-vae", "main.js"),
  "--epochs",
  String(EPOCHS),
  "--seed",
  "9",
  "--out",
  out,
];
const inNode = run(process.execPath, main("node"));
const written = (out: string, name: string): string => readFileSync(join(folder, out, name), "utf8");

/** Tags closed in their order, attributes in quotes, no stray "<" or "&". */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  const rest = svg.replace(/<(\/?)([a-z]+)((?: [\w-]+="[^"<&]*")*) ?(\/?)>/gi, (_, closing, name, __, empty) => {
    if (closing) assert.equal(open.pop(), name);
    else if (!empty) open.push(name);
    return "";
  });
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest.replace(/&(?:amp|lt);/g, ""), /[<>&]/);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+" viewBox="[\d ]+"/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
}

test("the command trains, prints a table and writes two plots and all losses", async () => {
  const { code, stdout, stderr } = await inNode;
  assert.equal(code, 0, stderr);
  const text = written("node", "losses.json");
  const { seed, epochs, estimators } = JSON.parse(text) as {
    seed: string;
    epochs: number;
    estimators: { estimator: string; train: number[]; test: number[]; final: Losses }[];
  };
  assert.deepEqual([seed, epochs], ["9", EPOCHS]);
  assert.deepEqual(
    estimators.map(({ estimator }) => estimator),
    ESTIMATORS,
  );
  for (const { train, test, final } of estimators) {
    assert.equal(train.length, EPOCHS);
    assert.ok(train[1]! < train[0]! && test[1]! < test[0]!);
    assert.ok(Math.abs(total(final) - test[1]!) < 5, `one draw for each digit gave ${test[1]}, twenty ${total(final)}`);
    const line = [total(final), final.reconstruction, final.kl].map((value) => value.toFixed(4)).join(" +");
    assert.match(stdout, new RegExp(` ${line}\n`));
  }
  const digest = createHash("sha256").update(text.trim()).digest("hex");
  assert.match(stdout, new RegExp(`^SHA-256 of all losses: ${digest}$`, "m"));
  assert.match(stderr, /100 % ReinMax, epoch 2: test loss \d+\.\d\d\n$/);
  assert.doesNotMatch(stderr, /\r/, "no moving bar without a terminal");

  const curves = written("node", "losses.svg");
  assertWellFormed(curves);
  const lines = curves.match(/<path d="M[\d. L]+" fill="none"/g) ?? [];
  assert.equal(lines.length, 2 * ESTIMATORS.length, "a training and a test curve for each");
  const tiles = written("node", "reconstructions.svg");
  assertWellFormed(tiles);
  assert.equal(tiles.match(/h6v6h-6z/g)?.length, (1 + ESTIMATORS.length) * 10 * PIXELS);
});

test("wrong arguments are told, with exit code 2", async () => {
  for (const [args, message] of [
    [["--epochs", "0"], "--epochs: expected 1 to 99999, got 0\n"],
    [["--epochs", "two"], "--epochs: expected 1 to 99999, got two\n"],
    [["--seed", "-1"], /--seed/],
    [["--seed", "18446744073709551616"], "--seed: expected 0 to 2^64 - 1, got 18446744073709551616\n"],
    [["--out", ""], "--out: expected a directory, got nothing\n"],
    [["--rows", "3"], /--rows/],
    [["3"], /'3'/],
  ] as const) {
    const { code, stdout, stderr } = await run(process.execPath, [join("digits-vae", "main.js"), ...args]);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    if (typeof message === "string") assert.equal(stderr, message);
    else assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n +at /, "no stack");
  }
});

describe("the same losses, bit for bit, in", () => {
  const { platform, arch } = process;
  const deno = ["run", "--cached-only", "--no-lock", "--node-modules-dir=manual", "--no-prompt"];
  const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
  const runtimes: [string, Found<string>, string[]][] = [
    [
      "Deno",
      packageFile(`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}/deno`),
      [...deno, ...permissions],
    ],
    ["Bun", packageFile(`@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}/bin/bun`), []],
  ];
  for (const [name, program, flags] of runtimes) {
    test(name, async (context) => {
      if (program.found === undefined) return context.skip(program.missing);
      const { code, stderr } = await run(program.found, [...flags, ...main(name)]);
      assert.equal(code, 0, stderr);
      assert.equal((await inNode).code, 0);
      for (const file of ["losses.json", "losses.svg", "reconstructions.svg"]) {
        assert.equal(written(name, file), written("node", file), file);
      }
    });
  }
});

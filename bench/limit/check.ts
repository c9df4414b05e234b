// Holds the C of this folder to the library's bits: noise, softmax, soft, hard and categorical of several shapes and seeds,
// and the gradient within 1e-6 * max|c| / tau.
//
// Usage: node --import tsx bench/limit/check.ts

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { OPERATIONS, type Operation } from "../cases.ts";
import { cotangent as cotangentOf, flat } from "../inputs.ts";
import { importPackage } from "../package.ts";

/** Rows, classes and inner. */
const SHAPES: readonly (readonly [number, number, number])[] = [
  [8, 4, 1],
  [1, 1, 1],
  [3, 3, 1],
  [37, 10, 1],
  [5, 16, 1],
  [21, 17, 1],
  [300, 32, 1],
  [9, 100, 1],
  [7, 1000, 1],
  [50, 1024, 1],
  [2, 2049, 1],
  [3, 5003, 1],
  [1, 128256, 1],
  [4, 32, 1024],
  [3, 10, 48],
];
const SEEDS = [0n, 44n, 0xfedcba9876543210n];
const TAUS = [0.7, 0.05];

const gs = (await importPackage()).loadSync();
const folder = mkdtempSync(path.join(os.tmpdir(), "limit-check-"));
const child = spawn(process.execPath, [path.join(import.meta.dirname, "run.js")], {
  stdio: ["pipe", "pipe", "inherit"],
});
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

async function answer(): Promise<{ ready?: boolean; unavailable?: string }> {
  const { value, done } = await answers.next();
  assert.ok(!done, "the program ended early");
  return JSON.parse(value) as { ready?: boolean; unavailable?: string };
}

const ready = await answer();
let compared = 0;
if (ready.ready) {
  for (const [rows, classes, inner] of SHAPES) await compare(rows, classes, inner);
  console.log(`${compared} results of ${SHAPES.length} shapes: the same bits, gradients within their bound`);
} else {
  console.log(`not checked: ${ready.unavailable}`);
}
child.stdin.end();
rmSync(folder, { recursive: true });

async function compare(rows: number, classes: number, inner: number): Promise<void> {
  const count = rows * classes * inner;
  const values = flat(count);
  const c = cotangentOf(count);
  for (let i = 0; i < count; i += 37) values[i] = classes > 1 && i % classes !== 0 ? -Infinity : 1;
  const logits = path.join(folder, "logits.f32");
  const cotangent = path.join(folder, "cotangent.f32");
  const result = path.join(folder, "result");
  writeFileSync(logits, values);
  writeFileSync(cotangent, c);
  const shape = inner === 1 ? [rows, classes] : [rows, classes, inner];
  for (const seed of SEEDS) {
    for (const tau of TAUS) {
      for (const operation of OPERATIONS) {
        const request = {
          id: compared,
          operation,
          rows,
          classes,
          inner,
          logits,
          cotangent,
          tau,
          seed: `${seed}`,
          result,
        };
        child.stdin.write(`${JSON.stringify(request)}\n`);
        assert.deepEqual(await answer(), { id: compared, written: true });
        const label = `${operation} [${shape}], seed ${seed}, tau ${tau}`;
        const found = readFileSync(result);
        const wanted = expected(operation, values, c, shape, seed, tau);
        if (operation === "hardBackward") {
          const forward = expected("hard", values, c, shape, seed, tau);
          assert.ok(
            Buffer.from(forward.buffer, forward.byteOffset, 4 * count).equals(found.subarray(0, 4 * count)),
            label,
          );
          const gradient = new Float32Array(found.buffer, found.byteOffset + 4 * count, count);
          for (let i = 0; i < count; i++) {
            assert.ok(
              Math.abs(gradient[i]! - wanted[i]!) <= 1e-6 / tau,
              `${label}: ${gradient[i]}, not ${wanted[i]} at ${i}`,
            );
          }
        } else {
          assert.ok(found.equals(Buffer.from(wanted.buffer, wanted.byteOffset, wanted.byteLength)), label);
        }
        compared++;
      }
    }
  }
}

function expected(
  operation: Operation,
  data: Float32Array,
  cotangent: Float32Array,
  shape: number[],
  seed: bigint,
  tau: number,
): Float32Array | Int32Array {
  const z = { data, shape };
  const options = { dim: 1, seed, tau };
  switch (operation) {
    case "noise":
      return gs.gumbel(shape, { dim: 1, seed }).data;
    case "softmax":
      return gs.softmax(z, { dim: 1, tau }).data;
    case "soft":
      return gs.gumbelSoftmax(z, options).data;
    case "hard":
      return gs.gumbelSoftmax(z, { ...options, hard: true }).data;
    case "hardBackward":
      return gs.gumbelSoftmax(z, { ...options, hard: true }).backward({ data: cotangent, shape }).data;
    case "categorical":
      return gs.categorical(z, { dim: 1, seed }).data;
  }
}

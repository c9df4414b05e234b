// The example on real logits, run as a user runs it: a child process in a directory of its own.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadSync } from "gumbel-softmax";
import { ROW_SUM } from "../tolerance.ts";

const EXAMPLE = new URL("../../examples/digits/", import.meta.url);
const MAIN = fileURLToPath(new URL("main.js", EXAMPLE));
const ROWS = 1797;
const CLASSES = 10;
const DRAWS = 2000;
const Z_LIMIT = 6; // some |z| of eleven near-normal counts exceeds it with probability 2.2e-8

const directory = mkdtempSync(join(tmpdir(), "digits-"));
after(() => rmSync(directory, { recursive: true }));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { cwd: directory, encoding: "utf8" });
}

const withoutTimes = (text: string): string => text.replace(/ +[\d.]+ ns/g, " ns");

/** An independent reader: only the layout that NumPy documents, nothing from the example's own. */
function readNpy(path: string | URL): Float32Array {
  const bytes = readFileSync(path);
  assert.equal(bytes.toString("latin1", 0, 8), "\x93NUMPY\x01\x00");
  const start = 10 + bytes.readUInt16LE(8);
  assert.equal(start % 64, 0);
  const header = bytes.toString("latin1", 10, start);
  assert.match(header, /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1797, 10\), \} *\n$/);
  assert.equal(bytes.length, start + 4 * ROWS * CLASSES);
  return Float32Array.from({ length: ROWS * CLASSES }, (_, i) => bytes.readFloatLE(start + 4 * i));
}

const readSamples = (name = "samples.npy"): Float32Array => readNpy(join(directory, name));

test("the digits example prints its tables and writes samples.npy", () => {
  const { status, stdout, stderr } = run();
  assert.equal(stderr, "");
  assert.equal(status, 0);

  const lines = stdout.split("\n");
  const values = (name: string): number[][] =>
    lines.flatMap((line) => {
      const match = new RegExp(`^[ \\d]{5}  ${name} +((?:[\\d.]+ *){10})$`).exec(line);
      return match ? [match[1]!.trim().split(/ +/).map(Number)] : [];
    });
  const [softmax, soft, hard] = [values("softmax"), values("soft"), values("hard")];
  for (const table of [softmax, soft, hard]) assert.equal(table.length, 4);
  const ROUNDING = (CLASSES / 2) * 1e-4; // ten values printed to four digits
  for (const row of [...softmax, ...soft]) assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) <= ROUNDING);
  hard.forEach((row, r) => {
    assert.deepEqual([...row].sort(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert.equal(row.indexOf(1), soft[r]!.indexOf(Math.max(...soft[r]!)), "soft and hard see one noise");
  });

  const counts = lines.flatMap((line) => {
    const match = /^ *(\d|likeliest) +(\d+\.\d) +(\d+) +(-?\d+\.\d\d)$/.exec(line);
    return match ? [{ name: match[1]!, observed: Number(match[3]), z: Number(match[4]) }] : [];
  });
  assert.deepEqual(
    counts.map(({ name }) => name),
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "likeliest"],
  );
  assert.equal(
    counts.slice(0, CLASSES).reduce((sum, { observed }) => sum + observed, 0),
    DRAWS * ROWS,
  );
  const largest = Number(/^largest \|z\| (\d+\.\d\d)$/m.exec(stdout)?.[1]);
  assert.equal(largest, Math.max(...counts.map(({ z }) => Math.abs(z))));
  assert.ok(largest < Z_LIMIT, `largest |z| ${largest}`);
  assert.match(stdout, /^soft +\d+\.\d\d ns$/m);
  assert.match(stdout, /^hard +\d+\.\d\d ns$/m);
  assert.match(stdout, /^wrote samples\.npy: soft samples, float32 \[1797, 10\], seed 44$/m);

  const samples = readSamples();
  for (let row = 0; row < ROWS; row++) {
    const sum = samples.subarray(row * CLASSES, (row + 1) * CLASSES).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - 1) <= ROW_SUM, `row ${row} sums to ${sum}`);
  }

  const logits = { data: readNpy(new URL("logits.npy", EXAMPLE)), shape: [ROWS, CLASSES] };
  assert.deepEqual(samples, loadSync().gumbelSoftmax(logits, { tau: 0.5, seed: 44 }).data);

  const again = run("--seed", "44");
  assert.equal(withoutTimes(again.stdout), withoutTimes(stdout));
  assert.deepEqual(readSamples(), samples);

  const other = run("--seed", "18446744073709551615", "--out", "other.npy");
  assert.match(other.stdout, /^wrote other\.npy: .+ seed 18446744073709551615$/m);
  assert.notDeepEqual(readSamples("other.npy"), samples);
  assert.deepEqual(readSamples(), samples);
});

test("the digits example refuses wrong options and writes nothing", () => {
  rmSync(join(directory, "samples.npy"), { force: true });
  for (const args of [
    ["--seed", "x"],
    ["--seed", "18446744073709551616"],
    ["--speed", "1"],
    ["--out", ""],
  ]) {
    const { status, stdout, stderr } = run(...args);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^[^\n]*--[so][^\n]*\n$/);
    assert.ok(!existsSync(join(directory, "samples.npy")));
  }
});

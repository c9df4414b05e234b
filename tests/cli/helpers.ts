// Runs the built command as a child process, and makes and reads its files independently of its own code.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

export const CLI: string = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export interface Ended {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

export type Feed = string | Uint8Array | AsyncIterable<string>;

export async function run(args: string[], input: Feed = "", env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  // A command that fails early does not read on.
  child.stdin.on("error", () => {});
  if (typeof input === "string" || input instanceof Uint8Array) {
    child.stdin.end(input);
  } else {
    for await (const part of input) {
      if (!child.stdin.write(part)) await new Promise((resolve) => child.stdin.once("drain", resolve));
    }
    child.stdin.end();
  }
  const code = await closed;
  assert.ok(!stderr.includes("    at "), `a stack trace: ${stderr}`);
  return { code, stdout: Buffer.concat(out), stderr };
}

/** Runs what must succeed without a word on standard error. */
export async function succeed(args: string[], input: Feed = ""): Promise<Buffer> {
  const { code, stdout, stderr } = await run(args, input);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, args.join(" "));
  return stdout;
}

/** Runs what must fail with one line on standard error, and nothing on standard output. */
export async function fail(code: number, message: RegExp, args: string[], input: Feed = ""): Promise<void> {
  const ended = await run(args, input);
  assert.match(ended.stderr, /^gumbel-softmax: [^\n]+\n$/, args.join(" "));
  assert.match(ended.stderr, message, args.join(" "));
  assert.deepEqual({ code: ended.code, stdout: ended.stdout.length }, { code, stdout: 0 }, ended.stderr);
}

/** A directory for one test file's inputs and outputs. */
export function workplace(): {
  path: (name: string) => string;
  put: (name: string, content: string | Uint8Array) => string;
} {
  const directory = mkdtempSync(join(tmpdir(), "gumbel-softmax-test-"));
  after(() => rmSync(directory, { recursive: true }));
  const path = (name: string): string => join(directory, name);
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path(name), content);
    return path(name);
  };
  return { path, put };
}

export interface Tensor {
  data: Float32Array | Int32Array;
  shape: number[];
}

/** Logits of about -6 to 6 that are the same in f32, f64 and few decimals; about one in 16 is masked. Class 0 never is. */
export function logits(shape: number[], seed = 1): { data: Float32Array; shape: number[] } {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const masked = i % shape.at(-1)! > 0 && state >>> 28 === 0;
    data[i] = masked ? -Infinity : ((state >>> 16) - 32768) / 5461;
  }
  return { data, shape };
}

export interface NpyStyle {
  dtype?: "<f4" | ">f4" | "<f8" | ">f8";
  fortran?: boolean;
  version?: 1 | 2 | 3;
}

export function toNpy({ data, shape }: Tensor, { dtype = "<f4", fortran = false, version = 1 }: NpyStyle = {}): Buffer {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = fortran ? "True" : "False";
  const text = `{'descr': '${dtype}', 'fortran_order': ${order}, 'shape': (${tuple}), }\n`;
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  const width = Number(dtype[2]);
  const body = new DataView(new ArrayBuffer(data.length * width));
  const little = dtype[0] === "<";
  for (const [position, value] of (fortran ? toFortran(data, shape) : data).entries()) {
    if (width === 4) body.setFloat32(4 * position, value, little);
    else body.setFloat64(8 * position, value, little);
  }
  const magic = Buffer.from([0x93, ...Buffer.from("NUMPY"), version, 0]);
  return Buffer.concat([magic, length, Buffer.from(text), new Uint8Array(body.buffer)]);
}

function toFortran(data: ArrayLike<number>, shape: number[]): number[] {
  const out: number[] = [];
  for (let position = 0; position < data.length; position++) {
    let rest = position;
    let from = 0;
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    for (const [axis, length] of shape.entries()) {
      from += (rest % length) * strides[axis]!;
      rest = Math.floor(rest / length);
    }
    out.push(data[from]!);
  }
  return out;
}

export function fromNpy(file: Buffer): Tensor {
  assert.equal(file.toString("latin1", 0, 8), "\x93NUMPY\x01\x00");
  const start = 10 + file.readUInt16LE(8);
  assert.equal(start % 64, 0, "the data of a .npy file is aligned");
  const text = file.toString("latin1", 10, start);
  const match = /^\{'descr': '<([fi])4', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/.exec(text);
  assert.ok(match, text);
  const shape = (match[2]!.match(/\d+/g) ?? []).map(Number);
  const body = new Uint8Array(file.subarray(start)).buffer;
  return { data: match[1] === "f" ? new Float32Array(body) : new Int32Array(body), shape };
}

/** The numbers of a CSV or JSON-lines text in order, whatever its brackets. */
export function numbers(text: Buffer): number[] {
  return text
    .toString()
    .replaceAll(/[[\]"\n]/g, ",")
    .split(",")
    .filter((field) => field !== "")
    .map(Number);
}

/** The same values, bit for bit; -0 and 0 differ. */
export function assertSame(actual: ArrayLike<number>, expected: ArrayLike<number>, about = ""): void {
  assert.equal(actual.length, expected.length, `${about}: length`);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) assert.fail(`${about}: element ${i}: ${actual[i]} is not ${expected[i]}`);
  }
}

export function toCsv({ data, shape }: Tensor): string {
  const columns = shape.at(-1)!;
  let text = "";
  for (let at = 0; at < data.length; at += columns) text += `${data.subarray(at, at + columns).join(",")}\n`;
  return text;
}

export function toJsonLines({ data, shape }: Tensor): string {
  const nest = (axis: number, start: number, size: number): unknown => {
    if (axis === shape.length) return data[start] === -Infinity ? "-Infinity" : data[start];
    const step = size / shape[axis]!;
    return Array.from({ length: shape[axis]! }, (_, i) => nest(axis + 1, start + i * step, step));
  };
  const lines = nest(0, 0, data.length) as unknown[];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

export function readFile(path: string): Buffer {
  return readFileSync(path);
}

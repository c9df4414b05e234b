// The debug build, instantiated by AssemblyScript's loader. Its kernels check what the TypeScript side promises them, and a
// promise broken is reported with its message and its line; the release builds trust, and must give the same bits.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { instantiateSync } from "@assemblyscript/loader";
import { GRADIENT, NOISE } from "../../src/kernels/abi.ts";
import type { Kernels } from "../../src/kernels/instance.ts";
import { writeRawTask } from "../support/raw-task.ts";
import { assertBits } from "../tolerance.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = 16;
const SCRATCH = 0x10000;
const MAX = 0x20000;
const INDEX = 0x24000;
const SUMS = 0x28000;
const TASK = 0x2c000;
const LOGITS = 0x40000;
const COTANGENT = 0x60000;
const OUT = 0x80000;

const KINDS = ["index", "hard", "soft", "log-softmax", "gradient", "log-softmax gradient"];

interface Build {
  readonly kernels: Kernels;
  readonly floats: Float32Array<ArrayBuffer>;
}

function open(name: string): Build {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 65536 });
  const { exports } = instantiateSync<Record<string, unknown>>(read(`build/${name}.wasm`), { env: { memory } });
  return { kernels: exports as unknown as Kernels, floats: new Float32Array(memory.buffer) };
}

function read(path: string): Buffer<ArrayBuffer> {
  return readFileSync(new URL(path, ROOT));
}

/** The parameters of a call that a case changes. */
const VALID = {
  kind: GRADIENT,
  pass: 0,
  scratch: SCRATCH,
  cotangent: COTANGENT,
  outer: 3,
  classes: 7,
  inner: 1,
  from: 0,
  lead: 1,
  tau: 0.5,
};

function sample({ kernels, floats }: Build, change: Partial<typeof VALID> = {}): number {
  const { scratch, ...task } = { ...VALID, ...change };
  const fixed = { out: OUT, max: MAX, index: INDEX, sums: SUMS, logits: LOGITS, row: 5, seed: 44, block: 7, scale: 1 };
  return kernels.sample(writeRawTask(floats.buffer, TASK, { ...task, ...fixed }), scratch);
}

function assertReport(broken: () => unknown, message: string, file: string): void {
  assert.throws(broken, (error: Error) => {
    const [, said, path, line] = /^abort: (.+) at (.+):(\d+):\d+$/.exec(error.message) ?? [];
    assert.equal(said, message);
    assert.equal(path, file);
    const source = read(file).toString().split("\n")[Number(line) - 1]!;
    assert.ok(source.includes("assert(") && source.includes(message), `line ${line} of ${file} is: ${source}`);
    return true;
  });
}

test("a failed assertion in a kernel shows its message and its line", () => {
  const debug = open("kernels.debug");
  const cases: [Partial<typeof VALID>, string][] = [
    [{ kind: 8 }, "kind: expected 0 to 7"],
    [{ pass: 5 }, "pass: expected 0 to 4"],
    [{ pass: 9, outer: 1 }, "pass: expected something kept from a pass before"],
    [{ pass: 1 }, "outer, inner: expected 1 for a row in pieces"],
    [{ pass: 2, outer: 1, from: 100 }, "from: expected a multiple of SUM_BLOCK"],
    [{ classes: 0 }, "outer, classes, inner: expected at least 1"],
    [{ lead: 4 }, "lead: expected 0 to 3"],
    [{ scratch: SCRATCH + 4 }, "scratch: expected a multiple of 16"],
    [{ cotangent: 0 }, "cotangent: expected an address for a gradient"],
    [{ tau: 0 }, "tau: expected a finite number above 0"],
    [{ tau: Number.NaN }, "tau: expected a finite number above 0"],
  ];
  for (const [change, message] of cases) {
    assertReport(() => sample(debug, change), message, "assembly/gumbel-softmax.ts");
  }
  assertReport(() => sample(debug, { kind: NOISE, lead: -1 }), "lead: expected 0 to 3", "assembly/gumbel-softmax.ts");
  assert.equal(sample(debug), -1, "the same call without a broken promise");
});

test("the release build leaves the assertions out", () => {
  assert.doesNotThrow(() => sample(open("kernels"), { scratch: SCRATCH + 4 }));
});

test("the debug build gives the bits of the release build", () => {
  for (const inner of [1, 6]) {
    for (const [kind, name] of KINDS.entries()) {
      const [debug, release] = (["kernels.debug", "kernels"] as const).map((file) => {
        const build = open(file);
        for (let i = 0; i < 4 * 40 * inner; i++) {
          build.floats[LOGITS / 4 + i] = ((i * 37) % 64) / 8 - 4;
          build.floats[COTANGENT / 4 + i] = ((i * 29) % 64) / 32 - 1;
        }
        assert.equal(sample(build, { kind, classes: 40, outer: 4, inner }), -1);
        return build.floats.subarray(SCRATCH / 4);
      });
      assertBits(`${name}, inner ${inner}`, debug!, release!);
      const out = debug!.subarray((OUT - SCRATCH) / 4);
      assert.equal(
        out.some((value) => value !== 0),
        kind > 0,
        `${name} writes`,
      );
    }
  }
});

// Large input in little memory, whole output or none, and readers that leave.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname } from "node:path";
import { before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { load } from "gumbel-softmax";
import { aboutTemporary } from "../../src/cli/errors.ts";
import {
  assertSame,
  CLI,
  fail,
  fromNpy,
  logits,
  numbers,
  readFile,
  run,
  succeed,
  toCsv,
  toJsonLines,
  toNpy,
  workplace,
} from "./helpers.ts";

const { path, put } = workplace();
let library: Awaited<ReturnType<typeof load>>;
before(async () => {
  library = await load();
});

/** Adds the process's peak memory in kilobytes to standard error. */
const TELL_PEAK = "process.on('exit',()=>process.stderr.write('peak:'+process.resourceUsage().maxRSS))";
const MEASURED = {
  NODE_OPTIONS: `--max-old-space-size=64 --import=data:text/javascript,${encodeURIComponent(TELL_PEAK)}`,
};

async function* repeat(text: string, times: number): AsyncGenerator<string> {
  for (let i = 0; i < times; i++) yield text;
}

describe("streams", () => {
  it("200,000 rows of CSV through a pipe: the bits of one call, in bounded memory", async () => {
    const block = logits([2000, 64]);
    const text = toCsv(block);
    const times = 100;
    assert.ok(text.length * times > 100e6, "input far larger than the memory allowed");
    const all = new Float32Array(block.data.length * times);
    for (let i = 0; i < times; i++) all.set(block.data, i * block.data.length);
    const expected = library.categorical({ data: all, shape: [2000 * times, 64] }, { seed: 12n }).data;

    const options = ["sample", "--indices", "--seed", "12"];
    const peak = ({ stderr }: { stderr: string }): number => Number(/^peak:(\d+)$/.exec(stderr)?.[1]);
    const small = await run(options, text, MEASURED);
    const large = await run(options, repeat(text, times), MEASURED);
    assert.equal(large.code, 0);
    assertSame(numbers(large.stdout), expected);
    assert.ok(
      peak(large) - peak(small) < 48 * 1024,
      `peak of ${peak(large)} KB against ${peak(small)} KB for a small input`,
    );
  });

  it("a pretty-printed array, compressed by gzip, in bounded memory; and one written", async () => {
    const block = logits([500, 16]);
    const rows = toJsonLines(block)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.stringify(JSON.parse(line), null, 2));
    const text = rows.join(",\n");
    // Members of their own, so that this process holds no large text either: its peak would count for the command's.
    const [first, next, end] = [`[\n${text}`, `,\n${text}`, "\n]\n"].map((part) => gzipSync(part));
    const expected = library.argmax(block, {}).data;
    const peaks: number[] = [];
    assert.ok(800 * text.length > 120e6, "far larger than the memory allowed");
    for (const times of [1, 800]) {
      const file = put(`large-${times}.json.gz`, Buffer.concat([first!, ...Array(times - 1).fill(next), end!]));
      const { code, stderr, stdout } = await run(["argmax", file, "--format", "json"], "", MEASURED);
      assert.equal(code, 0, stderr);
      peaks.push(Number(/^peak:(\d+)$/.exec(stderr)?.[1]));
      const indices = JSON.parse(stdout.toString()) as number[];
      assert.equal(indices.length, 500 * times);
      assert.ok(indices.every((index, row) => index === expected[row % 500]));
    }
    assert.ok(peaks[1]! - peaks[0]! < 80 * 1024, `peaks of ${peaks} KB`);
  });

  it("a temporary folder that is full or not there is named as such", async () => {
    const env = { TMPDIR: path("no-folder"), TEMP: path("no-folder"), TMP: path("no-folder") };
    for (const args of [
      ["sample", "--seed", "1", "-n", "2"],
      ["sample", "--seed", "1", "--format", "npy"],
      ["argmax", "--input-format", "npz"],
    ]) {
      const { code, stderr, stdout } = await run(args, "1,2\n", env);
      assert.deepEqual([code, stdout.length], [1, 0]);
      assert.match(
        stderr,
        /^gumbel-softmax: temporary folder \S+no-folder: no such file or directory; TMPDIR names another folder\n$/,
      );
    }
    const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    assert.match(
      aboutTemporary(error).message,
      /^temporary folder .+: no space left on device; TMPDIR names another folder$/,
    );
  });

  it("a folder that is really full", { skip: process.platform !== "linux" }, async (t) => {
    const folder = path("full");
    mkdirSync(folder);
    try {
      execFileSync("sh", ["-c", 'mount -t tmpfs -o size=64k tmpfs "$0"', folder], { stdio: "ignore" });
    } catch {
      return t.skip("cannot mount a small file system here");
    }
    try {
      const full = new RegExp(`^gumbel-softmax: temporary folder ${folder}: no space left on device; TMPDIR`);
      const many = "1,2,3,4,5,6,7,8\n".repeat(100_000);
      for (const args of [
        ["sample", "--seed", "1", "-n", "2"],
        ["softmax", "--format", "npy"],
        ["softmax", "--format", "npy", "-o", path("full.npy.gz")],
      ]) {
        const { code, stderr, stdout } = await run(args, many, { TMPDIR: folder });
        assert.deepEqual([code, stdout.length], [1, 0]);
        assert.match(stderr, full);
        assert.deepEqual([readdirSync(folder), leftovers()], [[], []]);
      }
    } finally {
      execFileSync("sh", ["-c", 'umount "$0"', folder]);
    }
  });

  it("rows longer than a chunk of the stream, and batches that end anywhere", async () => {
    for (const shape of [
      [3, 200_000],
      [1, 70_000],
      [70_000, 1],
      [9000, 15],
    ]) {
      const tensor = logits(shape, 3);
      const expected = library.gumbelSoftmax(tensor, { seed: 5n, hard: true });
      assertSame(numbers(await succeed(["sample", "--hard", "--seed", "5"], toCsv(tensor))), expected.data, `${shape}`);
      assertSame(
        fromNpy(await succeed(["sample", "--hard", "--seed", "5"], toNpy(tensor))).data,
        expected.data,
        `${shape}`,
      );
    }
  });

  it("a .npy of several batches along an inner axis", async () => {
    const tensor = logits([50, 60, 70], 4);
    for (const dim of [1, 2]) {
      const expected = library.gumbelSoftmax(tensor, { seed: 6n, dim });
      const actual = fromNpy(await succeed(["sample", "--seed", "6", "--dim", String(dim)], toNpy(tensor)));
      assert.deepEqual(actual, { data: expected.data, shape: [50, 60, 70] });
    }
  });

  it("a bad row is named by its place in the whole input", async () => {
    const rows = 30_000;
    const text = `${"1,2,3,4,5,6,7,8\n".repeat(rows)}1,2,3,nan,5,6,7,8\n`;
    const message = new RegExp(`standard input:${rows + 1}: .*got NaN in class 3`);
    await fail(1, message, ["softmax", "--out", path("bad-row.csv")], text);
    const tensor = { data: new Float32Array(60 * 50 * 40), shape: [60, 50, 40] };
    tensor.data[(57 * 50 + 31) * 40 + 9] = Number.NaN;
    await fail(
      1,
      /row 2289: .*got NaN in class 31/,
      ["softmax", "--dim", "1", "--out", path("bad-row.npy")],
      toNpy(tensor),
    );
  });

  it("a failure leaves no file, and an older one as it was", async () => {
    const good = "1,2,3,4,5,6,7,8\n".repeat(30_000);
    const outs = ["fresh.csv", "fresh.npy", "older.csv", "older.npy"].map(path);
    for (const out of outs.slice(2)) put(out.slice(dirname(out).length + 1), "as it was");
    for (const out of outs) await fail(1, /:30001: /, ["softmax", "--out", out], `${good}1,2\n`);
    assert.deepEqual(outs.map(existsSync), [false, false, true, true]);
    for (const out of outs.slice(2)) assert.equal(readFile(out).toString(), "as it was");
    assert.deepEqual(leftovers(), []);
  });

  it("success replaces a file, through a symbolic link too, and keeps its mode", async () => {
    const file = put("mode.csv", "older");
    symlinkSync(file, path("link.csv"));
    const { mode } = statSync(file);
    await succeed(["argmax", "--out", path("link.csv")], "1,2\n");
    assert.equal(readFile(file).toString(), "1\n");
    assert.equal(statSync(file).mode, mode);
    await succeed(["softmax", file, "--out", file]);
    assert.equal(readFile(file).toString(), "1\n");
    assert.deepEqual(leftovers(), []);
  });

  // A pipe stands for every special file here: with a real device, a failure of this test would destroy it.
  it("a pipe as output is written to, not replaced", { skip: process.platform === "win32" }, async () => {
    const pipe = path("pipe");
    execFileSync("sh", ["-c", 'mkfifo "$0"', pipe]);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const received = Buffer.alloc(4096);
      await succeed(["argmax", "--out", pipe], "1,2\n2,1\n");
      assert.ok(statSync(pipe).isFIFO());
      assert.equal(received.toString("latin1", 0, readSync(reader, received)), "1\n0\n");
      await succeed(["argmax", "--out", pipe, "--format", "npy"], "1,2\n2,1\n");
      assert.ok(statSync(pipe).isFIFO());
      const { data } = fromNpy(received.subarray(0, readSync(reader, received)));
      assert.deepEqual([...data], [1, 0]);
    } finally {
      closeSync(reader);
    }
  });

  it("classes that run along the lines of a long text", async () => {
    const tensor = logits([30_000, 4], 8);
    const expected = library.gumbelSoftmax(tensor, { seed: 2n, dim: 0 }).data;
    for (const text of [toCsv(tensor), toJsonLines(tensor)]) {
      const samples = await succeed(["sample", "--seed", "2", "--dim", "0", "--format", "npy"], text);
      assert.deepEqual(fromNpy(samples), { data: expected, shape: [30_000, 4] });
    }
  });

  it("an interrupted command leaves nothing behind", { skip: process.platform === "win32" }, async () => {
    const child = spawn(process.execPath, [CLI, "softmax", "--out", path("interrupted.csv")]);
    const ended = new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
    child.stdin.on("error", () => {});
    for (let i = 0; leftovers().length === 0; i++) {
      assert.ok(i < 1000, "the temporary file appears");
      child.stdin.write("1,2,3,4,5,6,7,8\n".repeat(10_000));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    child.kill("SIGTERM");
    assert.equal(await ended, "SIGTERM");
    assert.deepEqual(leftovers(), []);
    assert.ok(!existsSync(path("interrupted.csv")));
  });

  it("a reader that leaves ends the command quietly", async () => {
    for (const format of ["csv", "jsonl", "npy"]) {
      const args = ["noise", "--shape", "100000,10", "--seed", "1", "--format", format];
      const child = spawn(process.execPath, [CLI, ...args]);
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk;
      });
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.stdout.once("data", () => child.stdout.destroy());
      assert.deepEqual([await ended, stderr], [0, ""], format);
    }
  });
});

function leftovers(): string[] {
  return readdirSync(dirname(path("x"))).filter((name) => name.endsWith(".tmp"));
}

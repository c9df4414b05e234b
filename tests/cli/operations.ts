// The commands and their options give what the library gives.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { fold, load } from "gumbel-softmax";
import {
  assertSame,
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

describe("operations", { concurrency: 2 }, () => {
  const matrix = logits([9, 6], 5);
  const npy = toNpy(matrix);

  it("sample --hard is one-hot, and --indices says where", async () => {
    const hard = (await succeed(["sample", "--hard", "--seed", "3"], toCsv(matrix))).toString();
    const indices = numbers(await succeed(["sample", "--indices", "--seed", "3"], toCsv(matrix)));
    const rows = hard.trimEnd().split("\n");
    assert.equal(rows.length, 9);
    for (const [row, line] of rows.entries()) {
      assert.match(line, /^(0,)*1(,0)*$/);
      assert.equal(line.split(",").indexOf("1"), indices[row]);
    }
    assert.deepEqual(indices, [...library.gumbelSoftmax(matrix, { seed: 3n }).indices]);
    assert.ok(fromNpy(await succeed(["sample", "--indices", "--seed", "3"], npy)).data instanceof Int32Array);
  });

  it("softmax takes --tau and --log", async () => {
    for (const tau of [0, 1e-3, 0.5, 1, 40]) {
      const options = ["softmax", "--tau", String(tau)];
      assertSame(fromNpy(await succeed(options, npy)).data, library.softmax(matrix, { tau }).data, `tau ${tau}`);
      if (tau === 0) continue;
      const logs = fromNpy(await succeed([...options, "--log"], npy)).data;
      assertSame(logs, library.logSoftmax(matrix, { tau }).data, `log, tau ${tau}`);
    }
  });

  it("noise of a shape, and of an input's shape", async () => {
    const expected = library.gumbel([4, 3, 2], { loc: -5, scale: 0.25, dim: 1, seed: 8n });
    const options = ["noise", "--loc", "-5", "--scale", "0.25", "--dim", "1", "--seed", "8", "--format", "npy"];
    const { data, shape } = expected;
    assert.deepEqual(fromNpy(await succeed([...options, "--shape", "4,3,2"])), { data, shape });
    assert.deepEqual(fromNpy(await succeed(options, toNpy(logits([4, 3, 2])))), { data, shape });
    const plain = await succeed(["noise", "--shape", "2,3", "--seed", "8"]);
    assertSame(numbers(plain).map(Math.fround), library.gumbel([2, 3], { seed: 8n }).data);
    assert.equal(plain.toString().split("\n").length, 3);
  });

  it("noise in text keeps every bit, whatever its size", async () => {
    for (const scale of ["1e-44", "1e-7", "1e7", "1e28"]) {
      const options = ["noise", "--shape", "100,7", "--seed", "1", "--scale", scale];
      const expected = library.gumbel([100, 7], { scale: Number(scale), seed: 1n }).data;
      assertSame(numbers(await succeed(options)).map(Math.fround), expected, scale);
      assertSame(numbers(await succeed([...options, "--format", "jsonl"])).map(Math.fround), expected, scale);
    }
  });

  it("a seed of 64 bits gives the same output again; without one it is told and can be repeated", async () => {
    const seed = "18446744073709551615";
    const fixed = await succeed(["sample", "--seed", seed], npy);
    assert.ok(fixed.equals(await succeed(["sample", `--seed=${seed}`], npy)));
    assert.deepEqual(fromNpy(fixed).data, library.gumbelSoftmax(matrix, { seed: 2n ** 64n - 1n }).data);

    const first = await run(["sample"], npy);
    const told = /^seed: (\d+)\n$/.exec(first.stderr)?.[1];
    assert.ok(told, first.stderr);
    assert.ok(first.stdout.equals(await succeed(["sample", "--seed", told], npy)));
    // Two random seeds agree with probability 2^-64.
    assert.ok(!first.stdout.equals((await run(["sample"], npy)).stdout));
  });

  it("draw i of several has the seed fold(seed, i), in every format and from pipes too", async () => {
    const draws = [0, 1, 2].map((draw) => [...library.gumbelSoftmax(matrix, { tau: 2, seed: fold(9n, draw) }).data]);
    const options = ["sample", "--tau", "2", "--seed", "9"];
    const file = put("draws.npy", npy);
    for (const from of [[file], []]) {
      const stacked = fromNpy(await succeed([...options, "-n", "3", ...from], npy));
      assert.deepEqual(stacked, { data: Float32Array.from(draws.flat()), shape: [3, 9, 6] });
    }
    const texts = { csv: toCsv(matrix), jsonl: toJsonLines(matrix) };
    for (const [format, text] of Object.entries(texts)) {
      const file = put(`draws.${format}`, text);
      for (const from of [[file], []]) {
        const lines = await succeed([...options, "--samples", "3", ...from], text);
        assert.equal(lines.toString().split("\n").length, 28);
        assertSame(numbers(lines).map(Math.fround), draws.flat(), format);
      }
      const out = path(`${format}.npy`);
      await succeed([...options, "-n3", file, "--out", out]);
      assert.deepEqual(fromNpy(readFile(out)), { data: Float32Array.from(draws.flat()), shape: [3, 9, 6] });
    }
    const whole = await succeed(
      ["sample", "--indices", "--seed", "9", "-n", "2", "--dim", "0", "--format", "npy"],
      texts.csv,
    );
    const columns = [0, 1].map((draw) => [...library.categorical(matrix, { dim: 0, seed: fold(9n, draw) }).data]);
    assert.deepEqual(fromNpy(whole), { data: Int32Array.from(columns.flat()), shape: [2, 6] });
    const noise = await succeed(["noise", "--shape", "5,2", "--seed", "9", "-n", "2"]);
    const parts = [0, 1].map((draw) => [...library.gumbel([5, 2], { seed: fold(9n, draw) }).data]);
    assertSame(numbers(noise).map(Math.fround), parts.flat());
  });

  it("--temp and --temperature are --tau, and -o is --out", async () => {
    const expected = await succeed(["sample", "--seed", "4", "--tau", "0.3"], npy);
    for (const name of ["--temp", "--temperature", "--temp=0.3"]) {
      const out = path("short.npy");
      await succeed(["sample", "--seed", "4", ...(name.includes("=") ? [name] : [name, "0.3"]), "-o", out], npy);
      assert.ok(readFile(out).equals(expected), name);
    }
  });

  it("--invalid mark: class -1 and zeros for rows that cannot be sampled, the others as ever", async () => {
    const data = matrix.data.slice();
    data[2 * 6 + 1] = Number.NaN;
    data.fill(-Infinity, 5 * 6, 6 * 6);
    data[8 * 6] = Infinity;
    const broken = { data, shape: matrix.shape };
    const options = { seed: 4n, invalid: "mark" } as const;
    const soft = library.gumbelSoftmax(broken, options);
    assert.deepEqual(
      [...soft.indices].map((index) => index < 0),
      [2, 5, 8].map((row) => row).reduce((all, row) => all.with(row, true), Array(9).fill(false)),
    );
    const mark = ["--invalid", "mark"];
    assertSame(fromNpy(await succeed(["sample", "--seed", "4", ...mark], toNpy(broken))).data, soft.data);
    assertSame(numbers(await succeed(["sample", "--indices", "--seed", "4", ...mark], toCsv(broken))), soft.indices);
    assertSame(
      fromNpy(await succeed(["softmax", ...mark], toNpy(broken))).data,
      library.softmax(broken, { invalid: "mark" }).data,
    );
    const logs = library.logSoftmax(broken, { invalid: "mark" }).data;
    assertSame(fromNpy(await succeed(["softmax", "--log", ...mark], toNpy(broken))).data, logs);
    assertSame(
      numbers(await succeed(["argmax", ...mark], toCsv(broken))),
      library.argmax(broken, { invalid: "mark" }).data,
    );
    const { code, stderr } = await run(["argmax", "--invalid", "throw"], toCsv(broken));
    assert.deepEqual([code, stderr.includes("standard input:3: ")], [1, true]);
  });

  it("--row-offset: any slice of rows is that slice of the whole", async () => {
    const whole = numbers(await succeed(["sample", "--seed", "4"], toCsv(matrix)));
    for (const first of [0, 3, 8]) {
      const slice = { data: matrix.data.slice(6 * first), shape: [9 - first, 6] };
      const part = await succeed(["sample", "--seed", "4", "--row-offset", String(first)], toCsv(slice));
      assertSame(numbers(part), whole.slice(6 * first), `from row ${first}`);
    }
    const last = 2n ** 64n - 1n;
    const noise = await succeed([
      "noise",
      "--shape",
      "1,3",
      "--seed",
      "4",
      "--row-offset",
      String(last),
      "--format",
      "npy",
    ]);
    assertSame(fromNpy(noise).data, library.gumbel([1, 3], { seed: 4n, rowOffset: last }).data);
    const beyond = ["noise", "--shape", "2,3", "--seed", "4", "--row-offset", String(last)];
    const { code, stderr } = await run(beyond);
    assert.equal(code, 2);
    assert.match(stderr, /^gumbel-softmax: --row-offset: expected .*below 2\^64/);
  });

  it("--class-offset and --scores: slices of classes merge to the whole, in every format", async () => {
    const whole = library.categorical(matrix, { seed: 4n, scores: true });
    const parts = await Promise.all(
      [0, 2].map(async (first) => {
        const data = Float32Array.from({ length: 18 }, (_, i) => matrix.data[6 * Math.floor(i / 2) + first + (i % 2)]!);
        const wide = Float32Array.from({ length: 36 }, (_, i) => matrix.data[6 * Math.floor(i / 4) + 2 + (i % 4)]!);
        const slice = first === 0 ? { data, shape: [9, 2] } : { data: wide, shape: [9, 4] };
        const options = [
          "sample",
          "--indices",
          "--scores",
          "--seed",
          "4",
          "--class-offset",
          String(first),
          "--invalid",
          "mark",
        ];
        const pairs = numbers(await succeed(options, toCsv(slice)));
        assertSame(numbers(await succeed(options, toJsonLines(slice))), pairs);
        assertSame(numbers(await succeed([...options, "--format", "json"], toCsv(slice))), pairs);
        const file = await succeed(options, toNpy(slice));
        assert.match(
          file.toString("latin1", 10, 100),
          /^\{'descr': \[\('index', '<i4'\), \('score', '<f4'\)\], .*'shape': \(9,\)/,
        );
        const body = file.subarray(-8 * 9);
        for (let row = 0; row < 9; row++) {
          assert.deepEqual(
            [body.readInt32LE(8 * row), body.readFloatLE(8 * row + 4)],
            [pairs[2 * row], Math.fround(pairs[2 * row + 1]!)],
          );
        }
        return Array.from({ length: 9 }, (_, row) => ({
          index: pairs[2 * row]! + (pairs[2 * row]! < 0 ? 0 : first),
          score: pairs[2 * row + 1]!,
        }));
      }),
    );
    const merged = parts[0]!.map((left, row) => (parts[1]![row]!.score > left.score ? parts[1]![row]! : left));
    assert.deepEqual(
      merged.map(({ index }) => index),
      [...whole.data],
    );
    assertSame(
      merged.map(({ score }) => Math.fround(score)),
      whole.scores!,
    );
  });

  it("threads change nothing", async () => {
    for (const threads of ["1", "2", "auto"]) {
      const { code, stdout } = await run(["sample", "--seed", "4", "--threads", threads], npy);
      assert.equal(code, 0);
      assert.deepEqual(fromNpy(stdout).data, library.gumbelSoftmax(matrix, { seed: 4n }).data);
    }
  });
});

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

  it("threads change nothing", async () => {
    for (const threads of ["1", "2", "auto"]) {
      const { code, stdout } = await run(["sample", "--seed", "4", "--threads", threads], npy);
      assert.equal(code, 0);
      assert.deepEqual(fromNpy(stdout).data, library.gumbelSoftmax(matrix, { seed: 4n }).data);
    }
  });
});

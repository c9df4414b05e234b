// Every format in and out gives the library's own bits.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { load } from "gumbel-softmax";
import {
  assertSame,
  fromNpy,
  logits,
  type NpyStyle,
  numbers,
  readFile,
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

const STYLES: NpyStyle[] = [
  {},
  { dtype: ">f4" },
  { dtype: "<f8", version: 2 },
  { dtype: ">f8", version: 3 },
  { fortran: true },
  { dtype: ">f8", fortran: true },
];

describe("formats", { concurrency: 2 }, () => {
  const matrix = logits([7, 5]);
  const csv = toCsv(matrix);
  const inputs: Record<string, string | Buffer> = {
    "plain.csv": csv,
    "quoted.csv": csv.replace(/[^,\n]+/g, '"$&"'),
    "header.csv": `a,b,"c",d e,e\n${csv}`,
    "windows.csv": `\ufeff\r\n${csv.replaceAll("\n", "\r\n\r\n")}`,
    "spaces.csv": csv.replaceAll(",", " ,\t").replaceAll("-Infinity", "-inf").trimEnd(),
    "plain.jsonl": toJsonLines(matrix),
    "objects.jsonl": toJsonLines(matrix).replaceAll(/^.*$/gm, (line) => line && `{"id":1,"logits":${line}}`),
    "inf.ndjson": toJsonLines(matrix).replaceAll("-Infinity", "-inf").replaceAll("\n", "\r\n\n").trimEnd(),
  };
  for (const [i, style] of STYLES.entries()) inputs[`style${i}.npy`] = toNpy(matrix, style);

  const expected = (): Float32Array => library.gumbelSoftmax(matrix, { tau: 0.7, seed: 44n }).data;
  const options = ["sample", "--tau", "0.7", "--seed", "44"];
  const lines = (text: Buffer): number => text.toString().split("\n").length - 1;

  for (const [name, content] of Object.entries(inputs)) {
    it(`${name} to every format`, async () => {
      const file = put(name, content);
      const npy = path(`${name}.out.npy`);
      await succeed([...options, file, "--out", npy]);
      assert.deepEqual(fromNpy(readFile(npy)), { data: expected(), shape: [7, 5] });
      let csv = await succeed([...options, file, "--format", "csv"]);
      if (name === "header.csv") {
        assert.equal(csv.toString().split("\n", 1)[0], 'a,b,"c",d e,e');
        csv = csv.subarray(csv.indexOf("\n") + 1);
      }
      const jsonl = await succeed([...options, "--format", "jsonl"], content);
      for (const text of [csv, jsonl]) {
        assertSame(numbers(text).map(Math.fround), expected(), name);
        assert.equal(lines(text), 7);
      }
    });
  }

  it("the output's format is that of its extension, or else that of the input", async () => {
    for (const name of ["plain.csv", "plain.jsonl", "style0.npy"]) {
      const piped = await succeed(options, inputs[name]!);
      const out = path(`${name.replace(".", "-")}-out`);
      await succeed([...options, put(`again-${name}`, inputs[name]!), "--out", out]);
      assert.ok(readFile(out).equals(piped), name);
      for (const format of ["npy", "csv", "jsonl", "json"]) {
        await succeed([...options, "--out", `${out}.${format}`], inputs[name]!);
        const asked = await succeed([...options, "--format", format], inputs[name]!);
        assert.ok(readFile(`${out}.${format}`).equals(asked), `${name} to ${format}`);
        assert.equal(asked.equals(piped), name.endsWith(format), `${name} to ${format}`);
      }
    }
  });

  const cube = logits([4, 3, 5], 2);
  for (const dim of [-3, -2, -1, 0, 1, 2]) {
    it(`axis ${dim} of a tensor of rank 3`, async () => {
      const expected = library.gumbelSoftmax(cube, { dim, seed: 7n });
      const options = ["sample", "--seed", "7", "--dim", String(dim)];
      for (const style of STYLES.slice(3)) {
        const samples = fromNpy(await succeed(options, toNpy(cube, style)));
        assert.deepEqual(samples, { data: expected.data, shape: [4, 3, 5] }, JSON.stringify(style));
      }
      const lines = await succeed(options, toJsonLines(cube));
      const nested = lines
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual([nested.length, nested[0].length, nested[0][0].length], [4, 3, 5]);
      assertSame(nested.flat(2).map(Math.fround), expected.data);
    });
    it(`class numbers along axis ${dim}`, async () => {
      const expected = library.argmax(cube, { dim });
      const options = ["argmax", "--dim", String(dim)];
      assert.deepEqual(fromNpy(await succeed(options, toNpy(cube))), { data: expected.data, shape: expected.shape });
      assert.deepEqual(fromNpy(await succeed([...options, "--format", "npy"], toJsonLines(cube))), {
        data: expected.data,
        shape: expected.shape,
      });
    });
  }

  it("both axes of a CSV", async () => {
    for (const dim of ["0", "-2", "1"]) {
      const expected = library.softmax(matrix, { dim: Number(dim) });
      assertSame(numbers(await succeed(["softmax", "--dim", dim], csv)).map(Math.fround), expected.data, dim);
    }
  });

  it("one row: a .npy of rank 1", async () => {
    const row = logits([6], 3);
    const samples = library.softmax(row, {}).data;
    assert.deepEqual(fromNpy(await succeed(["softmax"], toNpy(row))), { data: samples, shape: [6] });
    const text = await succeed(["softmax", "--format", "csv"], toNpy(row));
    assert.equal(text.toString().split("\n").length, 2);
    assertSame(numbers(text).map(Math.fround), samples);
    assert.deepEqual(fromNpy(await succeed(["argmax"], toNpy(row))).shape, []);
  });

  it("class numbers as text: a line per index of the first axis", async () => {
    const rows = library.argmax(matrix, {}).data;
    assert.equal((await succeed(["argmax"], csv)).toString(), `${rows.join("\n")}\n`);
    assert.equal((await succeed(["argmax"], toJsonLines(matrix))).toString(), `${rows.join("\n")}\n`);
    const groups = library.argmax(cube, {}).data;
    const lines = Array.from({ length: 4 }, (_, i) => `[${groups.subarray(3 * i, 3 * i + 3).join(",")}]\n`);
    assert.equal((await succeed(["argmax"], toJsonLines(cube))).toString(), lines.join(""));
  });

  it("--input-format and --format stand above names and bytes", async () => {
    const misnamed = put("misnamed.npy", csv);
    const out = path("misnamed.csv");
    await succeed(["argmax", misnamed, "--input-format", "csv", "--format", "npy", "--out", out]);
    assert.deepEqual(fromNpy(readFile(out)).shape, [7]);
    assert.equal((await succeed(["argmax", "-", "--input-format", "csv"], csv)).toString().split("\n").length, 8);
  });

  it("no rows in a .npy give no rows", async () => {
    const none = { data: new Float32Array(0), shape: [0, 4] };
    assert.deepEqual(fromNpy(await succeed(["sample", "--seed", "1"], toNpy(none))), none);
    assert.equal((await succeed(["softmax", "--format", "jsonl"], toNpy(none))).length, 0);
  });

  it("masked classes come back as -Infinity from --log", async () => {
    assert.equal((await succeed(["softmax", "--log"], "0,-inf\n")).toString(), "0,-Infinity\n");
    assert.equal((await succeed(["softmax", "--log"], '[0,"-inf"]')).toString(), '[0,"-Infinity"]\n');
  });
});

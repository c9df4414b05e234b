// Help, version, and every way to be told off: exit code 2 for usage, 1 for data, one line, no stack trace.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fail, logits, succeed, toNpy, workplace } from "./helpers.ts";

const { path, put } = workplace();

describe("help and version", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

  it("--help lists the commands", async () => {
    const text = (await succeed(["--help"])).toString();
    for (const command of ["sample", "softmax", "noise", "argmax", "verify"])
      assert.match(text, new RegExp(`^  ${command} `, "m"));
    assert.equal((await succeed(["-h"])).toString(), text);
  });

  it("a command's --help shows its own options only", async () => {
    const shown = async (command: string): Promise<string[]> =>
      [...(await succeed([command, "--help"])).toString().matchAll(/^ {2}(?:-.,| {3}) --([a-z-]+)/gm)].map(
        (m) => m[1]!,
      );
    const common = ["threads", "help", "version"];
    const work = ["dim", "out", "format", "input-format", "array", "header", "columns", "delimiter"];
    const stream = ["seed", "samples", "row-offset", "class-offset"];
    const own = {
      sample: [...work, ...stream, "tau", "hard", "indices", "scores", "invalid"],
      softmax: [...work, "tau", "log", "invalid"],
      noise: [...work, ...stream, "loc", "scale", "shape"],
      argmax: [...work, "invalid"],
      verify: [],
    };
    for (const [command, options] of Object.entries(own)) {
      assert.deepEqual((await shown(command)).sort(), [...common, ...options].sort(), command);
    }
  });

  it("--version tells that of the package", async () => {
    assert.equal((await succeed(["--version"])).toString(), `${version}\n`);
    assert.equal((await succeed(["sample", "-V"])).toString(), `${version}\n`);
  });
});

describe("wrong usage", { concurrency: 2 }, () => {
  const cases: [RegExp, ...string[]][] = [
    [/expected a command .*--help/],
    [/expected a command .*got "simple"/, "simple"],
    [/one input, got "a" and "b"/, "sample", "a", "b"],
    [/--wat: unknown option/, "sample", "--wat"],
    [/-x: unknown option/, "sample", "-x"],
    [/--hard: not an option of softmax/, "softmax", "--hard"],
    [/--tau: not an option of argmax/, "argmax", "--tau", "1"],
    [/--seed: not an option of softmax/, "softmax", "--seed", "1"],
    [/-n\/--samples: not an option of argmax/, "argmax", "-n", "2"],
    [/--log: not an option of sample/, "sample", "--log"],
    [/--shape: not an option of sample/, "sample", "--shape", "2"],
    [/--tau: expected .*got "abc"/, "sample", "--tau", "abc"],
    [/--tau: expected .*got "-1"/, "sample", "--tau", "-1"],
    [/--tau: expected .*got "Infinity"/, "sample", "--tau", "Infinity"],
    [/--tau: expected .*got "1e999"/, "sample", "--tau", "1e999"],
    [/--tau: expected .*got "0x1"/, "sample", "--tau", "0x1"],
    [/--tau: expected .*got ""/, "sample", "--tau="],
    [/--tau: expected T, got nothing/, "sample", "--tau"],
    [/--tau: given twice/, "sample", "--tau", "1", "--tau", "2"],
    [/--hard: expected no value/, "sample", "--hard=yes"],
    [/--hard: has no effect with --indices/, "sample", "--hard", "--indices"],
    [/-o\/--out: expected FILE, got nothing/, "sample", "--out", "--hard"],
    [/--tau: given twice/, "sample", "--tau", "1", "--temp", "2"],
    [/--tau: expected .*got "-1"/, "sample", "--temp", "-1"],
    [/-o\/--out: expected FILE, got nothing/, "sample", "-o"],
    [/--tau: has no effect with --indices/, "sample", "--indices", "--temperature", "1"],
    [/--scores: only with --indices/, "sample", "--scores"],
    [/--scores: not an option of argmax/, "argmax", "--scores"],
    [/--invalid: expected throw, mark, got "skip"/, "sample", "--invalid", "skip"],
    [/--invalid: not an option of noise/, "noise", "--invalid", "mark"],
    [/--header: expected yes, no, auto, got "maybe"/, "sample", "--header", "maybe"],
    [/--row-offset: expected .*got "-1"/, "sample", "--row-offset", "-1"],
    [/--row-offset: expected .*got "18446744073709551616"/, "sample", "--row-offset", "18446744073709551616"],
    [/--class-offset: expected .*got "17179869184"/, "sample", "--class-offset", "17179869184"],
    [/--class-offset: /, "noise", "--class-offset", "17179869183", "--shape", "2", "--seed", "1"],
    [/--row-offset: not an option of softmax/, "softmax", "--row-offset", "1"],
    [/--dim: expected .*got "1.5"/, "sample", "--dim", "1.5"],
    [/--seed: expected .*got "-1"/, "sample", "--seed", "-1"],
    [/--seed: expected .*got "1.5"/, "sample", "--seed", "1.5"],
    [/--seed: expected .*got "18446744073709551616"/, "sample", "--seed", "18446744073709551616"],
    [/-n\/--samples: expected .*got "0"/, "sample", "-n", "0"],
    [/-n\/--samples: expected .*got "-3"/, "sample", "-n", "-3"],
    [/--format: expected npy, csv, jsonl, json, got "xml"/, "sample", "--format", "xml"],
    [/--input-format: expected npy, npz, csv, jsonl, json, got "png"/, "sample", "--input-format", "png"],
    [/--threads: expected .*got "0"/, "sample", "--threads", "0"],
    [/--threads: expected .*got "65"/, "verify", "--threads", "65"],
    [/--scale: expected .*got "wide"/, "noise", "--scale", "wide"],
    [/--scale: expected .*got "-1"/, "noise", "--shape", "3", "--seed", "1", "--scale", "-1"],
    [/--shape: expected .*got "3,x"/, "noise", "--shape", "3,x"],
    [/--shape: expected .*got "3,,4"/, "noise", "--shape", "3,,4"],
    [/--shape: expected .*class/, "noise", "--shape", "3,0"],
    [/--shape: expected .*got "99999999,99999999999"/, "noise", "--shape", "99999999,99999999999"],
    [/--shape: not with an input/, "noise", "--shape", "3", "file.npy"],
    [/verify: expected no input, got "logits.npy"/, "verify", "logits.npy"],
    [/--dim: not an option of verify/, "verify", "--dim", "0"],
    [/--seed: not an option of verify/, "verify", "--seed", "1"],
    [/--threads: expected .*got "many"/, "verify", "--threads", "many"],
  ];
  for (const [message, ...args] of cases) it(args.join(" ") || "no argument", () => fail(2, message, args, "1,2\n"));

  it("--dim beyond the input's axes", async () => {
    await fail(2, /--dim: expected an integer from -2 to 1 .*got 2/, ["sample", "--seed", "1", "--dim", "2"], "1,2\n");
    await fail(2, /--dim: expected an integer from -3 to 2 .*got -4/, ["softmax", "--dim", "-4"], "[[1,2]]\n");
  });
});

describe("bad input", { concurrency: 2 }, () => {
  const npy = toNpy(logits([20, 5]));
  const withHeader = (from: string, to: string): Buffer => {
    assert.equal(from.length, to.length);
    return Buffer.from(npy.toString("latin1").replace(from, to), "latin1");
  };
  const png = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");
  const cases: Record<string, [content: string | Uint8Array, message: RegExp]> = {
    "empty.npy": ["", /empty\.npy: not a \.npy file/],
    "empty.csv": ["", /empty\.csv: .*no row/],
    "blank.csv": ["\n \n\r\n", /blank\.csv: .*no row/],
    "header-only.csv": ["a,b,c\n", /header-only\.csv: .*no row/],
    "empty.jsonl": ["", /empty\.jsonl: .*no row/],
    "picture.npy": [png, /picture\.npy: not a \.npy file/],
    "picture.csv": [png, /picture\.csv/],
    "picture.jsonl": [png, /picture\.jsonl:1: not JSON/],
    picture: [png, /picture: neither \.npy nor \.npz nor CSV nor JSON/],
    "picture.txt": [png, /picture\.txt: neither \.npy nor \.npz nor CSV nor JSON/],
    "cut-magic.npy": [npy.subarray(0, 5), /not a \.npy file/],
    "cut-length.npy": [npy.subarray(0, 9), /truncated in its header/],
    "cut-header.npy": [npy.subarray(0, 40), /truncated in its header/],
    "cut-data.npy": [npy.subarray(0, -1), /truncated: expected 400 bytes of data, got 399/],
    "no-data.npy": [npy.subarray(0, -400), /truncated: expected 400 bytes of data, got 0/],
    "longer.npy": [Buffer.concat([npy, npy]), /longer\.npy: more data/],
    "complex.npy": [withHeader("<f4", "<c8"), /expected dtype f2, f4, .*got <c8/],
    "long-double.npy": [withHeader("'<f4'", "'<g8'"), /expected dtype f2, f4, .*got <g8/],
    "orderless.npy": [withHeader("<f4", "|f4"), /expected dtype f2, f4, .*got \|f4/],
    "objects.npy": [withHeader("'<f4'", "'|O' "), /expected dtype f2, f4, .*got \|O/],
    "structure.npy": [withHeader("'<f4'", "[   ]"), /expected dtype f2, f4, .*got a structure/],
    "no-shape.npy": [withHeader("shape", "sharp"), /not a \.npy header/],
    "huge-shape.npy": [withHeader("(20, 5), }", "(9999999),"), /truncated: expected 39999996 bytes/],
    "huge-header.npy": [Buffer.from("\x93NUMPY\x02\x00\xff\xff\xff\xff{", "latin1"), /a header of 4294967295 bytes/],
    "version-9.npy": [Buffer.from(npy).fill(9, 6, 7), /version 9/],
    "no-classes.npy": [toNpy({ data: new Float32Array(0), shape: [3, 0] }), /at least one class/],
    "number.npy": [toNpy({ data: new Float32Array(1), shape: [] }), /expected an array, got a single number/],
    "ragged.csv": ["1,2,3\n\n1,2\n", /ragged\.csv:3: expected 3 numbers, got 2/],
    "long.csv": ["a,b\n1,2\n1,2,3\n", /long\.csv:3: expected 2 numbers, got 3/],
    "word.csv": ["1,2\n1,two\n", /word\.csv:2: .*got "two" in column 2/],
    "hole.csv": ["1,2\n1,\n", /hole\.csv:2: .*got "" in column 2/],
    "underscores.csv": ["1_0,2_0\n3,4\n", /underscores\.csv:1: .*got "1_0" in column 1/],
    "half-header.csv": ["a,1\n1,2\n", /half-header\.csv:1: .*got "a" in column 1/],
    "semicolons.csv": ["1;2\n3;4\n", /semicolons\.csv:1: .*separated by commas, got "1;2"/],
    "nan.csv": ["1,2\n3,4\nnan,1\n", /nan\.csv:3: .*got NaN in class 0/],
    "infinite.csv": ["1,2\n3,inf\n", /infinite\.csv:2: .*got Infinity in class 1/],
    "masked.csv": ["1,2\n-inf,-inf\n", /masked\.csv:2: .*above -Infinity/],
    "ragged.jsonl": ["[1,2]\n[1]\n", /ragged\.jsonl:2: expected an array of shape \[2\]/],
    "ragged-inside.jsonl": ["[[1,2],[3]]\n", /ragged-inside\.jsonl:1: expected an array of shape \[2, 2\]/],
    "deeper.jsonl": ["[1,2]\n[[1,2]]\n", /deeper\.jsonl:2/],
    "abyss.jsonl": ["[".repeat(1000) + "]".repeat(1000), /abyss\.jsonl:1: more than 64 axes/],
    "null.jsonl": ["[1,null]\n", /null\.jsonl:1: expected a number, got "null"; .*"-Infinity"/],
    "word.jsonl": ['[1,"constructor"]\n', /word\.jsonl:1: expected a number/],
    "token.jsonl": ["[1,-Infinit]\n", /token\.jsonl:1: not JSON: /],
    "number.jsonl": ["3\n", /number\.jsonl:1: expected an array of numbers or/],
    "other.jsonl": ['{"logit":[1]}\n', /other\.jsonl:1: expected an array of numbers or/],
    "nan.jsonl": ['[1,2]\n[1,"NaN"]\n', /nan\.jsonl:2: .*NaN/],
  };
  for (const [name, [content, message]] of Object.entries(cases)) {
    it(name, async () =>
      fail(1, message, ["softmax", put(name, content), "--out", path(`${name}.out`), "--format", "csv"]),
    );
  }

  it("a missing file, a directory as input and as output", async () => {
    mkdirSync(path("directory"));
    await fail(1, /nowhere\.npy: no such file or directory/, ["sample", path("nowhere.npy")]);
    await fail(1, /directory: .*directory/, ["sample", path("directory")]);
    await fail(1, /directory: .*directory/, ["softmax", "--out", path("directory")], "1,2\n");
    await fail(1, /no such file or directory/, ["softmax", "--out", path("nowhere/out.csv")], "1,2\n");
  });

  it("pipes: the same errors, about standard input", async () => {
    await fail(1, /standard input: not a \.npy file/, ["softmax", "--input-format", "npy"], png);
    await fail(1, /standard input: neither/, ["softmax"], png);
    await fail(1, /standard input: .*no row/, ["softmax"], "");
    await fail(1, /standard input:2: expected 2 numbers/, ["softmax"], "1,2\n3\n");
  });
});

// Names of files, gzip, .json, .npz and every dtype of .npy.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32, deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import { DataError, UsageError } from "../../src/cli/errors.ts";
import { Bytes } from "../../src/cli/input.ts";
import { openArray } from "../../src/cli/npz.ts";
import { openEntry, readEntries } from "../../src/cli/zip.ts";
import { integers } from "../support/random.ts";
import {
  assertSame,
  fail,
  fromNpy,
  logits,
  readFile,
  run,
  succeed,
  toCsv,
  toJsonLines,
  toNpy,
  workplace,
} from "./helpers.ts";

const { path, put } = workplace();

interface Member {
  name: string;
  content: Uint8Array;
  deflated?: boolean;
}

/** A zip as NumPy writes it: sizes in the central directory, or with `zip64` in extra fields there and in the records of zip64. */
function toZip(members: Member[], { zip64 = false, comment = "" }: { zip64?: boolean; comment?: string } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  const record = (size: number, fields: [place: number, bytes: 2 | 4 | 8, value: number][]): Buffer => {
    const buffer = Buffer.alloc(size);
    for (const [place, bytes, value] of fields) {
      if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value), place);
      else buffer.writeUIntLE(value, place, bytes);
    }
    return buffer;
  };
  for (const { name, content, deflated = false } of members) {
    const body = deflated ? deflateRawSync(content) : Buffer.from(content);
    const label = Buffer.from(name);
    const method = deflated ? 8 : 0;
    const local = record(30, [
      [0, 4, 0x04034b50],
      [8, 2, method],
      [18, 4, 2 ** 32 - 1],
      [22, 4, 2 ** 32 - 1],
      [26, 2, label.length],
      [28, 2, 20],
    ]);
    const localExtra = record(20, [
      [0, 2, 1],
      [2, 2, 16],
      [4, 8, content.length],
      [12, 8, body.length],
    ]);
    const open = 2 ** 32 - 1;
    const [size, compressed, place] = zip64 ? [open, open, open] : [content.length, body.length, at];
    const extra = zip64
      ? record(28, [
          [0, 2, 1],
          [2, 2, 24],
          [4, 8, content.length],
          [12, 8, body.length],
          [20, 8, at],
        ])
      : Buffer.alloc(0);
    const entry = record(46, [
      [0, 4, 0x02014b50],
      [10, 2, method],
      [16, 4, crc32(content)],
      [20, 4, compressed],
      [24, 4, size],
      [28, 2, label.length],
      [30, 2, extra.length],
      [42, 4, place],
    ]);
    parts.push(local, label, localExtra, body);
    directory.push(entry, label, extra);
    at += local.length + label.length + localExtra.length + body.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end64 = zip64
    ? [
        record(56, [
          [0, 4, 0x06064b50],
          [4, 8, 44],
          [24, 8, members.length],
          [32, 8, members.length],
          [40, 8, length],
          [48, 8, at],
        ]),
        record(20, [
          [0, 4, 0x07064b50],
          [8, 8, at + length],
          [16, 4, 1],
        ]),
      ]
    : [];
  const [count, place] = zip64 ? [0xffff, 2 ** 32 - 1] : [members.length, at];
  const end = record(22, [
    [0, 4, 0x06054b50],
    [8, 2, count],
    [10, 2, count],
    [12, 4, length],
    [16, 4, place],
    [20, 2, comment.length],
  ]);
  return Buffer.concat([...parts, ...directory, ...end64, end, Buffer.from(comment)]);
}

async function contentOf(bytes: Bytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await bytes.chunk(); chunk !== undefined; chunk = await bytes.chunk()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const matrix = logits([7, 5]);
const npy = toNpy(matrix);
const options = ["sample", "--tau", "0.7", "--seed", "44"];

describe("names", { concurrency: 2 }, () => {
  it("an extension that is not known is refused before anything is read or written", async () => {
    for (const name of ["o.parquet", "o.txt", "o.npz", "o.xlsx", "o.csv.zip", "o.pt", "o.parquet.gz", "o.v2"]) {
      const message = /-o\/--out: expected one of \.npy, \.csv, \.tsv, \.jsonl, \.ndjson, \.json, .* got "\.\w+"/;
      await fail(2, message, [...options, "-o", path(name)], "1,2\n");
      if (!name.endsWith("txt") && !name.endsWith("npz")) {
        await fail(2, /expected one of \.npy, .*\.npz, .*--input-format/, [...options, put(name, "1,2\n")]);
      }
    }
  });

  it("--format and --input-format stand above it; a .txt and a name without extension have the format of their bytes", async () => {
    const odd = put("odd.parquet", "1,2\n");
    await succeed(["argmax", odd, "--input-format", "csv", "-o", path("written.parquet"), "--format", "csv"]);
    assert.equal(readFile(path("written.parquet")).toString(), "1\n");
    for (const name of ["text.txt", "text"]) {
      assert.equal((await succeed(["argmax", put(name, "1,2\n")])).toString(), "1\n");
      assert.equal((await succeed(["argmax", put(name, "[1,2]\n")])).toString(), "1\n");
    }
    assert.deepEqual(fromNpy(await succeed(["argmax", put("binary", npy)])).shape, [7]);
  });

  it("an option that the input's format has no use for", async () => {
    await fail(2, /--array: only for \.npz, got \.csv/, ["argmax", "--array", "a"], "1,2\n");
    await fail(2, /--array: not with --shape/, ["noise", "--array", "a", "--shape", "2"]);
    await fail(2, /--header: not with --shape/, ["noise", "--header", "yes", "--shape", "2"]);
  });
});

describe("gzip", { concurrency: 2 }, () => {
  for (const format of ["npy", "csv", "jsonl", "json", "tsv", "ndjson"]) {
    it(`.${format}.gz out and in is .${format}`, async () => {
      const [plain, zipped] = [path(`plain.${format}`), path(`zipped.${format}.gz`)];
      await succeed([...options, "-o", plain], toCsv(matrix));
      await succeed([...options, "-o", zipped], toCsv(matrix));
      assert.ok(gunzipSync(readFile(zipped)).equals(readFile(plain)));
      const again = await succeed(["softmax", plain]);
      assert.ok(again.equals(await succeed(["softmax", zipped])));
      assert.ok(
        again.equals(
          await succeed(
            ["softmax"].concat(
              format === "json" ? ["--input-format", "json"] : format === "tsv" ? ["--delimiter", "tab"] : [],
            ),
            readFile(zipped),
          ),
        ),
      );
    });
  }

  it("several members, several draws, and a name in capitals", async () => {
    const text = toCsv(matrix);
    const members = Buffer.concat([gzipSync(text.slice(0, 50)), gzipSync(text.slice(50))]);
    const expected = await succeed([...options, "-n", "2"], text);
    assert.ok(expected.equals(await succeed([...options, "-n", "2", put("MEMBERS.CSV.GZ", members)])));
    assert.ok(expected.equals(await succeed([...options, "-n", "2"], members)));
  });

  it("bytes that are damaged, cut, or not compressed", async () => {
    const whole = gzipSync(toCsv(logits([2000, 5])));
    const damaged = Buffer.from(whole);
    for (let at = 200; at < 300; at++) damaged[at] = 0;
    await fail(1, /cut\.csv\.gz: damaged compressed data: /, [
      ...options,
      put("cut.csv.gz", whole.subarray(0, -100)),
      "-o",
      path("cut"),
    ]);
    await fail(1, /damaged\.csv\.gz: damaged compressed data: |damaged\.csv\.gz:\d+: /, [
      ...options,
      put("damaged.csv.gz", damaged),
      "-o",
      path("cut"),
    ]);
    await fail(1, /none\.csv\.gz: not a \.gz file/, [...options, put("none.csv.gz", "1,2\n")]);
    await fail(1, /empty\.csv\.gz: not a \.gz file/, [...options, put("empty.csv.gz", "")]);
    await fail(1, /nothing\.csv\.gz: .*no row/, [...options, put("nothing.csv.gz", gzipSync(""))]);
  });
});

describe("JSON documents", { concurrency: 2 }, () => {
  const rows = toJsonLines(matrix)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const spellings: Record<string, string> = {
    "one line": JSON.stringify(rows),
    "a line each": `[${rows.map((row) => JSON.stringify(row)).join(",\n")}]`,
    "pretty-printed": JSON.stringify(rows, null, 2),
    windows: `\ufeff${JSON.stringify(rows, null, "\t").replaceAll("\n", "\r\n")}\r\n`,
    "an object": JSON.stringify({ id: 1, logits: rows }, null, 2),
    objects: JSON.stringify(
      rows.map((logits, id) => ({ id: `]${id}\\"`, logits })),
      null,
      2,
    ),
    "Python's words": JSON.stringify(rows, null, 1).replaceAll('"-Infinity"', "-Infinity"),
  };
  for (const [name, text] of Object.entries(spellings)) {
    it(name, async () => {
      const samples = await succeed([...options, put(`${name}.json`.replaceAll(/[ ']/g, "-"), text)]);
      const expected = await succeed([...options, "--format", "json"], npy);
      assert.ok(samples.equals(expected), name);
      assert.deepEqual(JSON.parse(samples.toString()).length, 7);
    });
  }

  it("from a pipe, a document over several lines is told from JSON lines", async () => {
    const expected = await succeed([...options, "--format", "jsonl"], npy);
    for (const name of ["a line each", "pretty-printed", "an object", "Python's words"]) {
      assert.ok(expected.equals(await succeed([...options, "--format", "jsonl"], spellings[name]!)), name);
    }
    assert.ok(expected.equals(await succeed(options, toJsonLines(matrix))));
  });

  it("rows, draws and class numbers are nested as in .npy", async () => {
    const cube = logits([2, 3, 4]);
    for (const [input, extra] of [
      [npy, []],
      [toNpy(cube), []],
      [npy, ["-n", "3"]],
      [toNpy(logits([6])), ["-n", "2"]],
      [toNpy(logits([6])), []],
      [toNpy({ data: new Float32Array(0), shape: [0, 4] }), ["-n", "2"]],
    ] as const) {
      for (const indices of [[], ["--indices"]]) {
        const args = ["sample", "--seed", "3", ...extra, ...indices];
        const { data, shape } = fromNpy(await succeed(args, input));
        const text = (await succeed([...args, "--format", "json"], input)).toString();
        const nested = JSON.parse(text) as unknown;
        const flat = [nested].flat(9) as number[];
        assertSame(flat.map(Math.fround), Float32Array.from(data), text);
        const found: number[] = [];
        for (let inner = nested; Array.isArray(inner); inner = inner[0]) found.push(inner.length);
        assert.deepEqual(found, shape.slice(0, found.length));
        if (data.length > 0) assert.equal(found.length, shape.length);
      }
    }
  });

  it("a single row, and rows longer than a chunk", async () => {
    assert.equal((await succeed(["argmax", put("row.json", "[\n1,\n3,\n2]")])).toString(), "1\n");
    const wide = logits([3, 200_000], 3);
    const text = JSON.stringify(
      toJsonLines(wide)
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
      null,
      1,
    );
    assert.deepEqual(
      fromNpy(await succeed(["argmax", "--format", "npy", put("wide.json", text)])),
      fromNpy(await succeed(["argmax"], toNpy(wide))),
    );
  });

  it("documents that are none", async () => {
    const cases: [RegExp, string][] = [
      [/:2: more behind the end of the array; .*--input-format jsonl/, "[[1,2]]\n[[3,4]]"],
      [/:1: not JSON: the array has no end/, "[[1,2],"],
      [/:2: not JSON: the array has no end/, "[[1,2],\n[3"],
      [/:1: expected "," or "\]", got "\["/, "[[1,2][3,4]]"],
      [/:1: expected an array, got "3"/, "[[1,2],3]"],
      [/:1: expected an array, got "\]"/, "[[1,2],]"],
      [/:3: expected an array of shape \[2\]/, "[[1,2],\n[3,4],\n[5]]"],
      [/:2: not JSON/, "[[1,2],\n[3,4}]"],
      [/:1: expected an array of numbers or \{"logits"/, "3"],
      [/:1: not JSON/, "[1,2"],
      [/expected at least one class/, "[]"],
      [/no row/, " \n"],
      [/:1: more than 64 axes/, `${"[".repeat(2000)}${"]".repeat(2000)}`],
    ];
    for (const [message, text] of cases) await fail(1, message, ["softmax", put("bad.json", text)]);
    await fail(1, /lines\.jsonl:1: not JSON: .*--input-format json/, ["softmax", put("lines.jsonl", "[\n1,2]")]);
  });

  it("infinities in every spelling that CSV takes", async () => {
    for (const word of ["-inf", "-Inf", "-INF", "-infinity", "-Infinity", "-INFINITY"]) {
      for (const spelled of [word, `"${word}"`]) {
        assert.equal((await succeed(["softmax"], `[0,${spelled}]\n`)).toString(), "[1,0]\n", spelled);
        assert.equal((await succeed(["softmax"], `0,${spelled}\n`)).toString(), "1,0\n", spelled);
      }
    }
    for (const word of ["inf", "+inf", "Infinity", "+INFINITY", "nan", "NaN", "-nan"]) {
      const said = /nan/i.test(word) ? "NaN" : "Infinity";
      for (const spelled of [word, `"${word}"`]) {
        await fail(1, new RegExp(`standard input:1: .*got ${said} in class 1`), ["softmax"], `[0,${spelled}]\n`);
        await fail(1, new RegExp(`standard input:1: .*got ${said} in class 1`), ["softmax"], `0,${spelled}\n`);
      }
    }
    assert.equal((await succeed(["argmax"], '{"note":"inf, \\"nan\\"","logits":[0,-inf]}\n')).toString(), "0\n");
  });
});

describe("dtypes of .npy", { concurrency: 2 }, () => {
  const header = (text: string): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(text.length);
    return Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), length, Buffer.from(text, "latin1")]);
  };
  const file = (dtype: string, count: number, body: Uint8Array): Buffer =>
    Buffer.concat([header(`{'descr': '${dtype}', 'fortran_order': False, 'shape': (1, ${count}), }\n`), body]);
  /** What the command reads, by softmax of one class, which is 1, and of the log at noise 0: the index of the largest. */
  const floats = async (dtype: string, bytes: Uint8Array, count: number): Promise<Float32Array> => {
    const { openNpy } = await import("../../src/cli/npy.ts");
    const { Readable } = await import("node:stream");
    const content = file(dtype, count, bytes);
    const reader = await openNpy(new Bytes(Readable.from([content]), "x.npy", content.length));
    const parts: number[] = [];
    for await (const { data } of reader.batches(-1)) parts.push(...data);
    return Float32Array.from(parts);
  };
  const integersOf: Record<string, (number | bigint)[]> = {
    i1: [-128, -1, 0, 127],
    u1: [0, 1, 128, 255],
    i2: [-32768, -2, 258, 32767],
    u2: [0, 258, 40000, 65535],
    i4: [-(2 ** 31), -16777217, 16777219, 2 ** 31 - 1],
    u4: [0, 16777217, 16777219, 2 ** 32 - 1],
    // 2^60 + 2^36 + 1 lies above the middle of two f32, but not as an f64
    i8: [-(2n ** 63n), -(2n ** 60n + 2n ** 36n + 1n), 2n ** 53n + 1n, 2n ** 60n + 2n ** 36n + 1n],
    u8: [0n, 2n ** 63n + 2n ** 39n + 1n, 2n ** 60n + 2n ** 36n, 2n ** 64n - 1n],
  };
  /** Rounds once, to the nearest, ties to even, by exact integer arithmetic. */
  const rounded = (value: number | bigint): number => {
    const integer = BigInt(value);
    const size = integer < 0n ? -integer : integer;
    const drop = BigInt(Math.max(0, size.toString(2).length - 24));
    const unit = 1n << drop;
    const [quotient, rest] = [size / unit, size % unit];
    const up = 2n * rest > unit || (2n * rest === unit && quotient % 2n === 1n);
    return Number((quotient + (up ? 1n : 0n)) * unit) * (integer < 0n ? -1 : 1);
  };
  for (const [kind, values] of Object.entries(integersOf)) {
    it(`${kind}, of either byte order, rounded once`, async () => {
      const width = Number(kind[1]);
      for (const order of width === 1 ? ["|", "<", ">"] : ["<", ">"]) {
        const body = Buffer.alloc(width * values.length);
        for (const [index, value] of values.entries()) {
          const bits = BigInt.asUintN(8 * width, BigInt(value));
          for (let byte = 0; byte < width; byte++) {
            const shift = BigInt(8 * (order === ">" ? width - 1 - byte : byte));
            body[width * index + byte] = Number((bits >> shift) & 255n);
          }
        }
        assertSame(await floats(`${order}${kind}`, body, values.length), values.map(rounded), `${order}${kind}`);
      }
    });
  }

  it("bool", async () => {
    assert.deepEqual([...(await floats("|b1", Uint8Array.of(0, 1, 1, 0), 4))], [0, 1, 1, 0]);
    assert.deepEqual(
      [...(await floats("?", Uint8Array.of(0), 1).catch((error) => [error.message]))],
      ['x.npy: expected dtype f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, bool, got ?: save x.astype("float32")'],
    );
  });

  it("f2: all 65,536 halves, of either byte order", async () => {
    const body = Buffer.alloc(2 * 65536);
    for (let bits = 0; bits < 65536; bits++) body.writeUInt16LE(bits, 2 * bits);
    // By the digits of the format: sign, exponent with bias 15, 10 bits.
    const expected = Float64Array.from({ length: 65536 }, (_, bits) => {
      const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
      const size =
        exponent === 31
          ? fraction
            ? Number.NaN
            : Infinity
          : exponent === 0
            ? fraction / 2 ** 24
            : ((1024 + fraction) * 2 ** exponent) / 2 ** 25;
      return sign ? -size : size;
    });
    assertSame(await floats("<f2", body, 65536), expected);
    assertSame(await floats(">f2", Buffer.from(body).swap16(), 65536), expected);
  });

  it("f8 beyond f32 is an error that names it; what rounds to f32 is not", async () => {
    for (const value of [1e39, -1e39, 1e300, -1e300, 3.4028236e38]) {
      const body = new Uint8Array(Float64Array.of(0, value).buffer);
      await assert.rejects(floats("<f8", body, 2), {
        message: `x.npy: expected numbers from -3.4028235e38 to 3.4028235e38, got ${value} in element 1`,
      });
    }
    const fine = [-Infinity, 3.4028235e38, 1e-300, Infinity];
    assertSame(await floats("<f8", new Uint8Array(Float64Array.from(fine).buffer), 4), Float32Array.from(fine));
  });

  it("a header with double quotes, in another order, or of Python 2", async () => {
    const body = new Uint8Array(Float32Array.of(1, 2, 3, 4, 0, 0).buffer);
    for (const text of [
      `{"descr": "<f4", "fortran_order": False, "shape": (3, 2)}`,
      `{'shape': (3L, 2L), 'fortran_order': False, 'descr': '<f4'}`,
      `{"shape":(3,2,),"descr":'<f4',"fortran_order":False}\n`,
      `{"descr": "=f4", 'fortran_order': False, 'shape': (3, 2), }      \n`,
    ]) {
      const { data, shape } = fromNpy(await succeed(["argmax"], Buffer.concat([header(text), body])));
      assert.deepEqual([[...data], shape], [[1, 1, 0], [3]], text);
    }
    await fail(
      1,
      /not a \.npy header/,
      ["argmax"],
      Buffer.concat([header(`{"descr': '<f4', 'fortran_order': 0, 'shape': (3, 2)}`), body]),
    );
  });
});

describe("archives of arrays", { concurrency: 2 }, () => {
  const other = toNpy(logits([2, 3], 9));
  const members: Member[] = [
    { name: "logits.npy", content: npy, deflated: true },
    { name: "other.npy", content: other },
    { name: "notes.txt", content: Buffer.from("PK\x05\x06 is no end") },
  ];
  const archives: Record<string, Buffer> = {
    "plain.npz": toZip(members),
    "zip64.npz": toZip(members, { zip64: true }),
    "comment.npz": toZip(members, { comment: `PK\x05\x06${"x".repeat(1000)}` }),
  };

  for (const [name, content] of Object.entries(archives)) {
    it(`${name}: by file, by pipe and by gzip`, async () => {
      const expected = await succeed(options, npy);
      for (const array of ["logits", "logits.npy"]) {
        assert.ok(expected.equals(await succeed([...options, "--array", array, put(name, content)])));
      }
      assert.ok(expected.equals(await succeed([...options, "--array", "logits"], content)));
      assert.ok(expected.equals(await succeed([...options, "--array", "logits"], gzipSync(content))));
      assert.ok(
        (await succeed([...options, "-n", "2"], npy)).equals(
          await succeed([...options, "-n", "2", "--array", "logits"], content),
        ),
      );
      const expectedOther = await succeed(["argmax"], other);
      assert.ok(expectedOther.equals(await succeed(["argmax", "--array", "other", put(name, content)])));
    });
  }

  it("without --array, the only array; of several an error that lists them", async () => {
    const alone = toZip([{ name: "arr_0.npy", content: npy }]);
    assert.ok((await succeed(options, npy)).equals(await succeed(options, alone)));
    await fail(2, /--array: expected one of "logits", "other", got nothing/, options, archives["plain.npz"]!);
    await fail(
      2,
      /--array: expected one of "logits", "other", got "notes.txt"/,
      [...options, "--array", "notes.txt"],
      archives["plain.npz"]!,
    );
    const many = toZip(Array.from({ length: 20 }, (_, i) => ({ name: `a${i}.npy`, content: npy })));
    await fail(2, /"a9", …, got nothing; .* has 20 of them/, options, many);
  });

  it("archives that are none, or hostile", async () => {
    const cases: Record<string, [content: Buffer | string, message: RegExp]> = {
      "empty.npz": ["", /empty\.npz: damaged zip: its directory is missing/],
      "text.npz": ["1,2\n", /text\.npz: damaged zip: its directory is missing/],
      "cut.npz": [archives["plain.npz"]!.subarray(0, -10), /cut\.npz: damaged zip: its directory is missing/],
      "none.npz": [toZip([]), /none\.npz: expected arrays in \.npy form, got none/],
      "twice.npz": [
        toZip([
          { name: "a.npy", content: npy },
          { name: "a.npy", content: other },
        ]),
        /--array: expected one of|2 entries/,
      ],
      "no-npy.npz": [
        toZip([{ name: "a.npy", content: Buffer.from("1,2\n") }]),
        /no-npy\.npz\/a\.npy: not a \.npy file/,
      ],
      "longer.npz": [
        toZip([{ name: "a.npy", content: Buffer.concat([npy, npy]), deflated: true }]),
        /longer\.npz\/a\.npy: more data/,
      ],
      "names.npz": [
        toZip([{ name: "../\x1b[31m\n.npy", content: Buffer.from("x") }]),
        /names\.npz\/\.\.\/\\u001b\[31m\\n\.npy: not a \.npy/,
      ],
    };
    for (const [name, [content, message]] of Object.entries(cases)) {
      const ended = await run([...options, put(name, content), "-o", path("never.npy")]);
      assert.match(ended.stderr, message);
      assert.ok(ended.code === 1 || ended.code === 2, name);
    }
    await fail(1, /2 entries have the name/, [...options, "--array", "a", put("twice.npz", cases["twice.npz"]![0])]);
  });

  it("a small archive of a large array ends at what its header says", async () => {
    const zeros = Buffer.concat([npy, Buffer.alloc(2 ** 27)]);
    const bomb = toZip([{ name: "a.npy", content: zeros, deflated: true }]);
    assert.ok(bomb.length < 2 ** 18);
    await fail(1, /a\.npy: more data than its header says/, [
      ...options,
      put("bomb.npz", bomb),
      "-o",
      path("never.npy"),
    ]);
  });

  // Seeded: the same bytes are changed in every run.
  it("any byte changed, any length cut: the array itself, or one clear error", async () => {
    const whole = toZip(members.slice(0, 2));
    const between = integers(31);
    const damages: Buffer[] = Array.from({ length: 1500 }, () => {
      const bytes = Buffer.from(whole);
      const near = between(0, 1) ? between(0, whole.length - 1) : between(whole.length - 200, whole.length - 1);
      bytes[near] = [0, 1, 127, 255, bytes[near]! ^ 1][between(0, 4)]!;
      return bytes;
    });
    for (let length = 0; length < whole.length; length += 7) damages.push(whole.subarray(0, length));
    let errors = 0;
    for (const damage of damages) {
      const file = put("damaged.npz", damage);
      try {
        for (const entry of await readEntries(file, "damaged.npz")) {
          const expected = members.find(({ name }) => name === entry.name)?.content;
          const stream = await openEntry(file, "damaged.npz", entry);
          const content = await contentOf(new Bytes(stream, "damaged.npz", entry.size));
          if (expected) assert.ok(content.equals(Buffer.from(expected)));
        }
        await openArray(file, "damaged.npz", "logits");
      } catch (error) {
        assert.ok(error instanceof DataError || error instanceof UsageError, String((error as Error).stack));
        assert.match((error as Error).message, /^(damaged\.npz|--array): [^\n]+$/);
        errors++;
      }
    }
    assert.ok(errors > damages.length / 3, `${errors} of ${damages.length}`);
  });
});

// What a child process cannot show: every kind of f32 as text, pipes that give byte by byte, and the progress line on a terminal.

import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { LONGEST, readFloat, writeFloat, writeInteger } from "../../src/cli/decimal.ts";
import { formatOfBytes, openReader } from "../../src/cli/formats.ts";
import { Bytes } from "../../src/cli/input.ts";
import type { Format } from "../../src/cli/names.ts";
import { Progress } from "../../src/cli/progress.ts";
import { logits, toCsv, toJsonLines, toNpy } from "./helpers.ts";

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const bytes = new Uint8Array(2 * LONGEST);
const back = new Float32Array(1);

function written(value: number): string {
  return Buffer.from(bytes.subarray(0, writeFloat(value, bytes, 0))).toString();
}

function readText(text: string): number | undefined {
  const field = Buffer.from(text);
  return readFloat(field, 0, field.length, back, 0) ? back[0] : undefined;
}

describe("decimals", () => {
  it("every kind of f32 comes back from its text, which is as short as can be", () => {
    // Every 9,973rd pattern: all exponents, both signs; and each power of two with its neighbours.
    const patterns = Array.from({ length: Math.floor(2 ** 32 / 9973) }, (_, i) => i * 9973);
    for (let exponent = 0; exponent < 512; exponent++) {
      for (const off of [-1, 0, 1]) patterns.push(((exponent << 23) + off) >>> 0);
    }
    for (const pattern of patterns) {
      bits[0] = pattern;
      const value = float[0]!;
      if (!Number.isFinite(value)) continue;
      const text = written(value);
      assert.ok(text.length <= LONGEST);
      if (!Object.is(Math.fround(Number(text)), value)) assert.fail(`${value} was written as ${text}`);
      if (!Object.is(readText(text), value)) assert.fail(`${text} was read as ${back[0]}, not ${value}`);
      const digits = /^-?0*([^e]*)/.exec(text.replace(".", ""))![1]!.replace(/0+$/, "").length;
      const fewer = Number(value.toPrecision(Math.max(1, digits - 1)));
      // A shorter text that lands on the very middle of two f32 is avoided: not every reader rounds it alike.
      if (
        digits > 1 &&
        Math.fround(fewer * (1 + 2 ** -48)) === value &&
        Math.fround(fewer * (1 - 2 ** -48)) === value
      ) {
        assert.fail(`${value} was written as ${text}, but ${fewer} would do`);
      }
    }
  });

  it("looks as numbers do in JavaScript", () => {
    const texts = [
      "0",
      "-0",
      "1",
      "-1",
      "0.5",
      "123456",
      "999999",
      "1000000",
      "1e+21",
      "1e-7",
      "0.000001",
      "1.5e-7",
      "1.401298464324817e-45",
    ];
    for (const text of texts) {
      const value = Math.fround(Number(text));
      const expected = text === "1.401298464324817e-45" ? "1e-45" : text;
      assert.equal(written(value), expected);
    }
    assert.equal(Buffer.from(bytes.subarray(0, writeInteger(2 ** 31 - 1, bytes, 0))).toString(), "2147483647");
    assert.equal(Buffer.from(bytes.subarray(0, writeInteger(-1, bytes, 0))).toString(), "-1");
  });

  it("reads what Number reads, rounded once more", () => {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state;
    };
    for (let i = 0; i < 50_000; i++) {
      bits[0] = random();
      const value = float[0]!;
      bits[0]++;
      const middle = (value + float[0]!) / 2;
      if (!Number.isFinite(middle) || middle === 0) continue;
      // The middle of two f32 and its closest decimals are the hard ones.
      for (const hard of [middle, middle * (1 + 2 ** -52), middle * (1 - 2 ** -52), middle * (1 + 2 ** -30)]) {
        for (const text of [String(hard), hard.toExponential(20), hard.toPrecision(9)]) {
          if (!Object.is(readText(text), Math.fround(Number(text)))) assert.fail(`${text} was read as ${back[0]}`);
        }
      }
    }
    for (const text of [
      "1.",
      ".5",
      "+1",
      "1e5",
      "1E-5",
      "-0",
      "1e400",
      "-1e-400",
      "007",
      "9".repeat(400),
      `0.${"0".repeat(60)}1`,
    ]) {
      assert.ok(Object.is(readText(text), Math.fround(Number(text))), text);
    }
    for (const text of ["-inf", "-Infinity", "-INF"]) assert.equal(readText(text), -Infinity);
    for (const text of ["inf", "+Infinity"]) assert.equal(readText(text), Infinity);
    for (const text of ["nan", "NaN", "-nan"]) assert.ok(Number.isNaN(readText(text)));
  });

  it("refuses what is not a number", () => {
    const texts = [
      "",
      "-",
      "+",
      ".",
      "e5",
      "1e",
      "1e+",
      "1e5.",
      "1.2.3",
      "--1",
      "1 2",
      "0x10",
      "1_0",
      "1,5",
      "infinit",
      "infinityy",
      "one",
    ];
    for (const text of texts) assert.equal(readText(text), undefined, text);
  });
});

describe("pipes", () => {
  it("bytes that come one by one are read as well, and their format is found", async () => {
    const matrix = logits([4, 3]);
    const texts = {
      npy: toNpy(matrix, { dtype: ">f8" }),
      csv: `\ufeffa,b,c\r\n${toCsv(matrix)}`,
      jsonl: ` \n${toJsonLines(matrix)}`,
    };
    for (const [format, text] of Object.entries(texts)) {
      const single = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
      const bytes = new Bytes(Readable.from(single), format, undefined);
      assert.equal(await formatOfBytes(bytes), format);
      const reader = await openReader(bytes, format as Format, { delimiter: ",", header: "auto", columns: undefined });
      const data: number[] = [];
      for await (const batch of reader.batches(-1)) data.push(...batch.data);
      assert.deepEqual(data, [...matrix.data], format);
    }
  });
});

describe("progress", () => {
  function terminal(): { line: () => string; write: (text: string) => void } {
    let text = "";
    const write = (more: string): void => {
      text += more;
    };
    return { line: () => text.slice(text.lastIndexOf("\r") + 1), write };
  }

  it("shows nothing while work is short", () => {
    let time = 0;
    const screen = terminal();
    const progress = new Progress(screen, () => time);
    for (time = 0; time < 500; time += 10) progress.update(time, 0.5);
    progress.clear();
    assert.equal(screen.line(), "");
  });

  it("tells rows, share and speed, and goes away", () => {
    let time = 0;
    const screen = terminal();
    const progress = new Progress(screen, () => time);
    time = 2000;
    progress.update(5000, 0.25);
    assert.equal(screen.line(), "[######------------------] 25% 5,000 rows, 2,500 rows/s, ETA 0:06\x1b[K");
    time = 2050;
    progress.update(6000, 0.3);
    assert.match(screen.line(), /5,000 rows/, "not rewritten more often than ten times a second");
    time = 3000;
    progress.update(9000, undefined);
    assert.equal(screen.line(), "9,000 rows, 3,000 rows/s\x1b[K");
    for (const [fraction, left] of [
      [0.5, "0:10"],
      [0.1, "1:30"],
      [0.001, "2:46:30"],
      [1, "0:00"],
      [2, "0:00"],
    ] as const) {
      const other = new Progress(screen, () => time);
      const began = time;
      time = began + 10_000;
      other.update(10, fraction);
      assert.match(screen.line(), new RegExp(` 10 rows, 1 rows/s, ETA ${left}\x1b`));
    }
    time += 1000;
    progress.update(9000, 0);
    assert.ok(!screen.line().includes("ETA"), "nothing read, nothing to tell");
    progress.clear();
    assert.equal(screen.line(), "\x1b[K");
  });
});

// Headers, columns and delimiters of CSV: what is a row, what is a class, and what goes to the output.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fail, readFile, succeed, workplace } from "./helpers.ts";

const { path, put } = workplace();

/** Class numbers, with the lines that `argmax` makes of a text. */
async function argmax(text: string, ...options: string[]): Promise<string[]> {
  return (await succeed(["argmax", ...options], text)).toString().trimEnd().split("\n");
}

/** The output of `softmax --tau 0`: one-hot rows, which show the header and the classes. */
async function oneHot(text: string, ...options: string[]): Promise<string> {
  return (await succeed(["softmax", "--tau", "0", ...options], text)).toString();
}

describe("headers", { concurrency: 2 }, () => {
  const found: Record<string, [text: string, header: string]> = {
    "the numbers from 0 on, as pandas names columns": ["0,1,2\n5,1,2\n", "0,1,2"],
    "the same in quotes": ['"0","1","2"\n5,1,2\n', '"0","1","2"'],
    "the same with blanks": ["0, 1, 2\n5,1,2\n", "0,1,2"],
    words: ["a,b c,d\n5,1,2\n", "a,b c,d"],
    "words with a comma in quotes": ['"x, y",b,"say ""z"""\n5,1,2\n', '"x, y",b,"say ""z"""'],
    "words that are not ASCII": ["ä,日本,é\n5,1,2\n", "ä,日本,é"],
    "a name that is missing": ["a,,c\n5,1,2\n", "a,,c"],
    "a comment": ["# a,b,c\n5,1,2\n", "# a,b,c"],
    "pandas' index": [",0,1,2\n7,5,1,2\n", "0,1,2"],
    "pandas' index, words": [",a,b,c\n2020-01-01,5,1,2\n", "a,b,c"],
    "an index of words in quotes, as R writes it": ['"","a","b","c"\n"x, y",5,1,2\n', '"a","b","c"'],
    "an index of two levels": [",,a,b,c\nx,1,5,1,2\n", "a,b,c"],
    "an index that was saved twice": ["Unnamed: 0,0,1,2\n7,5,1,2\n", "0,1,2"],
    "an index in a file of tabs": ["\t0\t1\t2\n7\t5\t1\t2\n", "0\t1\t2"],
    "blank lines and a byte order mark before it": ["\ufeff\n \r\n0,1,2\r\n5,1,2\r\n", "0,1,2"],
  };
  for (const [name, [text, header]] of Object.entries(found)) {
    const options = text.includes("\t") ? ["--delimiter", "tab"] : [];
    it(name, async () => {
      const row = header.includes("\t") ? "1\t0\t0" : "1,0,0";
      assert.equal(await oneHot(text, ...options), `${header}\n${row}\n`);
      assert.equal(await oneHot(text, ...options, "--header", "yes"), `${header}\n${row}\n`);
      assert.deepEqual(await argmax(text, ...options), ["index", "0"]);
    });
  }

  it("a first line of other numbers is a row", async () => {
    for (const line of ["1,2,3", "0,2,1", "0,1,2.5", "0.0,1.0,2.0", "-inf,0,1", "0,1,2e0"]) {
      assert.deepEqual(await argmax(`${line}\n5,1,2\n`), [line === "0,2,1" ? "1" : "2", "0"], line);
    }
  });

  it("--header no: a row, whatever it looks like", async () => {
    assert.deepEqual(await argmax("0,1,2\n5,1,2\n", "--header", "no"), ["2", "0"]);
    assert.deepEqual(await argmax("0,1,2\n", "--header", "no"), ["2"]);
    assert.deepEqual(await argmax("0\n1\n", "--header", "no"), ["0", "0"]);
    await fail(1, /standard input:1: .*got "a" in column 1/, ["argmax", "--header", "no"], "a,b\n1,2\n");
    await fail(1, /standard input:1: .*got "" in column 1/, ["argmax", "--header", "no"], ",0,1\n0,1,2\n");
  });

  it("--header yes: names, whatever they look like", async () => {
    assert.equal(await oneHot("10,20\n5,1\n", "--header", "yes"), "10,20\n1,0\n");
    assert.equal(await oneHot("a,1\n5,1\n", "--header", "yes"), "a,1\n1,0\n");
    assert.equal(await oneHot("0\n5\n", "--header", "yes"), "0\n1\n");
    assert.equal(await oneHot(",10,20\n7,5,1\n", "--header", "yes"), "10,20\n1,0\n");
  });

  it("what may be both is an error that names the option", async () => {
    const ambiguous = [
      "0\n1\n",
      "0,1,2\n",
      '"0","1"\n',
      "a,1\n1,2\n",
      ",10,20\n0,1,2\n",
      "2020-01-01,2020-01-02\n1,2\n",
    ];
    for (const text of [...ambiguous, "1_0,2_0\n3,4\n", ",,\n1,2,3\n", "x1,1,2\nx2,3,4\n"]) {
      await fail(1, /^gumbel-softmax: standard input:1: .*--header/, ["argmax"], text);
    }
  });

  it("goes to the output once, in its delimiter, with the classes that are written", async () => {
    const text = "a,b;c\n5,1\n1,5\n";
    assert.equal(await oneHot(text), "a,b;c\n1,0\n0,1\n");
    const draws = (await succeed(["sample", "--tau", "0", "--seed", "1", "-n", "3"], text)).toString();
    assert.equal(draws.split("a,b;c").length, 2);
    assert.equal(draws.split("\n").length, 8);
    await succeed(["softmax", "--tau", "0", "-o", path("tabs.tsv")], '"x\ty",b\n5,1\n');
    assert.equal(readFile(path("tabs.tsv")).toString(), '"x\ty"\tb\n1\t0\n');
    await succeed(["softmax", "--tau", "0", "--delimiter", ";", "-o", path("semicolons.csv")], "a;b\n5;1\n");
    assert.equal(readFile(path("semicolons.csv")).toString(), "a;b\n1;0\n");
    await succeed(["softmax", "--tau", "0", put("in.tsv", "a,b\tc\n5\t1\n"), "-o", path("commas.csv")]);
    assert.equal(readFile(path("commas.csv")).toString(), '"a,b",c\n1,0\n');
    assert.equal(await oneHot("a,b\n5,1\n", "--dim", "0"), "a,b\n1,1\n");
    assert.deepEqual(await argmax("a,b\n5,1\n4,3\n", "--dim", "0"), ["index", "0", "1"]);
    assert.equal(await oneHot("a,b\n5,1\n", "--format", "jsonl"), "[1,0]\n");
    const scored = await succeed(["sample", "--indices", "--scores", "--seed", "1"], "a,b\n5,1\n");
    assert.equal(scored.toString().split("\n", 1)[0], "index,score");
  });
});

describe("columns and delimiters", { concurrency: 2 }, () => {
  const text = 'id,b,a,note\n17,1,5,"x, y"\n18,5,1,\n';
  const choices: Record<string, string> = {
    "a,b": "a,b\n1,0\n0,1\n",
    "3,2": "a,b\n1,0\n0,1\n",
    "2-3": "b,a\n0,1\n1,0\n",
  };
  for (const [columns, expected] of Object.entries(choices)) {
    it(`--columns ${columns}`, async () => {
      assert.equal(await oneHot(text, "--columns", columns), expected);
    });
  }

  it("a name of the header comes before a position; positions count from 1, and a range may be open", async () => {
    assert.equal(await oneHot("0,1,2\n5,1,9\n", "--columns", "0,1"), "0,1\n1,0\n");
    assert.equal(await oneHot("5,1,9\n", "--columns", "1,2"), "1,0\n");
    assert.equal(await oneHot("x,5,1,9\ny,1,5,2\n", "--columns", "2-"), "0,0,1\n0,1,0\n");
    assert.equal(await oneHot("id,0,1\n7,5,1\n", "--columns", "2-3"), "0,1\n1,0\n");
  });

  it("columns that are not there, or twice", async () => {
    const cases: [RegExp, string][] = [
      [/--columns: .*got "c"/, "a,c"],
      [/--columns: .*from 1 to 4, got "5"/, "5"],
      [/--columns: .*got "0"/, "0"],
      [/--columns: .*got "3-2"/, "3-2"],
      [/--columns: .*got column 2 twice/, "b,2"],
      [/--columns: expected columns like a,b or 2-5, got "a,,b"/, "a,,b"],
    ];
    for (const [message, columns] of cases) await fail(2, message, ["argmax", "--columns", columns], text);
    await fail(2, /--columns: expected names that occur once, got "a"/, ["argmax", "--columns", "a"], "a,a\n1,2\n");
  });

  it("any delimiter", async () => {
    for (const [name, character] of [
      ["tab", "\t"],
      ["\\t", "\t"],
      ["\t", "\t"],
      [";", ";"],
      ["|", "|"],
      [" ", " "],
    ] as const) {
      const lines = ["a,b,c", "5,1,2", "1,2,5"].map((line) => `${line.replaceAll(",", character)}\n`).join("");
      const expected = ["a,b,c", "1,0,0", "0,0,1"].map((line) => `${line.replaceAll(",", character)}\n`).join("");
      assert.equal(await oneHot(lines, "--delimiter", name), expected, name);
    }
    assert.equal(await oneHot("  5   1 2\n 1  2   5\n", "--delimiter", " "), "1 0 0\n0 0 1\n");
    assert.deepEqual(await argmax("[[5,1]]", "--format", "csv", "--delimiter", ";"), ["0"]);
    await fail(1, /separated by ";", got "1,5" in column 1/, ["argmax", "--delimiter", ";"], "1,5;2,5\n");
    await fail(1, /separated by commas, got "1;2" .*--delimiter|got "1;2".*--header/, ["argmax"], "1;2\n3;4\n");
  });

  it("delimiters that a number has, and none at all", async () => {
    for (const delimiter of ["", ".", "-", "+", "e", "0", '"', "ab", "\n", "é"]) {
      await fail(2, /--delimiter: expected one ASCII character/, ["argmax", `--delimiter=${delimiter}`], "1,2\n");
    }
  });

  it("options of CSV with another format", async () => {
    for (const option of ["--header=yes", "--columns=1"]) {
      await fail(2, /--(header|columns): only for CSV, got \.jsonl/, ["argmax", option], "[1,2]\n");
    }
    await fail(2, /--delimiter: only for CSV, got \.jsonl and \.jsonl/, ["argmax", "--delimiter", ";"], "[1,2]\n");
  });
});

describe("places in messages", { concurrency: 2 }, () => {
  it("lines, as an editor counts them", async () => {
    const cases: [RegExp, string[], string][] = [
      [
        /^gumbel-softmax: standard input:4: expected logits below Infinity, got NaN in class 1/,
        [],
        "a,b\n\n1,2\n3,nan\n",
      ],
      [/standard input:4: expected a logit above -Infinity/, [], "\ufeffa,b\r\n1,2\r\n\r\n-inf,-inf\r\n"],
      [/standard input:2: row 1 of the line: .*got NaN in class 0/, [], '[[1,2],[3,4]]\n[[1,2],["nan",4]]\n'],
      [/standard input:5: .*got Infinity in class 0/, [], '[\n[\n1,2],\n\n["inf", 4]]'],
      [/standard input:3: row 1: .*got NaN in class 1/, ["--dim", "0"], "a,b\n1,2\n3,nan\n"],
      [/standard input: row 1: expected a logit above -Infinity/, ["--dim", "0"], "a,b\n1,-inf\n3,-inf\n"],
    ];
    for (const [message, options, text] of cases) await fail(1, message, ["softmax", ...options], text);
  });

  it("numbers that are finite, and beyond f32", async () => {
    const beyond = /standard input:2: expected numbers from -3.4028235e38 to 3.4028235e38, got .* in column 2/;
    for (const number of ["1e39", "-1e39", "-1e400", "3.4028236e38", `-${"9".repeat(50)}`]) {
      await fail(1, beyond, ["softmax"], `1,2\n1,${number}\n`);
    }
    assert.deepEqual(await argmax("-3.4028235e38,-3.4e38\n1e-400,-1\n"), ["1", "0"]);
    for (const number of ["1e39", "-1e39", "1e400", "-1e400"]) {
      await fail(1, /standard input:1: expected numbers from .*, got/, ["softmax"], `[1,${number}]\n`);
    }
  });
});

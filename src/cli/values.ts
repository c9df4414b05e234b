// The kinds of values that options take, and how strictly their text is read.

import { FORMATS, INPUT_FORMATS } from "./names.ts";
import { product } from "./tensors.ts";

export interface Kind<T> {
  expected: string;
  /** undefined: the text is not of this kind */
  read(text: string): T | undefined;
}

export const FINITE: Kind<number> = {
  expected: "a finite number",
  read: (text) => {
    const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(number) ? number : undefined;
  },
};
export const INTEGER: Kind<number> = {
  expected: "an integer",
  read: (text) => (/^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined),
};
export const NON_NEGATIVE: Kind<number> = {
  expected: "a finite number, 0 or above",
  read: (text) => atLeast(0, FINITE.read(text)),
};
export const POSITIVE: Kind<number> = {
  expected: "an integer, 1 or above",
  read: (text) => atLeast(1, INTEGER.read(text)),
};
export const SEED: Kind<bigint> = {
  expected: "an integer from 0 to 2^64 - 1",
  read: (text) => (/^\d+$/.test(text) && BigInt(text) < 2n ** 64n ? BigInt(text) : undefined),
};
export const LENGTHS: Kind<number[]> = {
  expected: "lengths like 3,4 with a product below 2^53",
  read: (text) => {
    const lengths = text.split(",").map((length) => atLeast(0, INTEGER.read(length)));
    const known = lengths.filter((length) => length !== undefined);
    return known.length === lengths.length && Number.isSafeInteger(product(known)) ? known : undefined;
  },
};
export const NAME: Kind<string> = { expected: "a file name", read: (text) => text || undefined };
export const FORMAT: Kind<(typeof FORMATS)[number]> = oneOf(FORMATS);
export const INPUT_FORMAT: Kind<(typeof INPUT_FORMATS)[number]> = oneOf(INPUT_FORMATS);
export const HEADER: Kind<"yes" | "no" | "auto"> = oneOf(["yes", "no", "auto"]);
export const INVALID: Kind<"throw" | "mark"> = oneOf(["throw", "mark"]);
export const COLUMNS: Kind<string> = {
  expected: "columns like a,b or 2-5",
  read: (text) => (/^[^,]+(,[^,]+)*$/.test(text) ? text : undefined),
};
export const DELIMITER: Kind<string> = {
  expected: "one ASCII character that is not part of a number, or tab",
  read: (text) => {
    const character = text === "tab" || text === "\\t" ? "\t" : text;
    return /^[\t !#$%&'()*,/:;<=>?@[\\\]^_`{|}~]$/.test(character) ? character : undefined;
  },
};
export const CLASS_OFFSET: Kind<number> = {
  expected: "an integer from 0 to 2^34 - 1",
  read: (text) => {
    const offset = atLeast(0, INTEGER.read(text));
    return offset !== undefined && offset < 2 ** 34 ? offset : undefined;
  },
};
export const THREADS: Kind<number | "auto"> = {
  expected: 'an integer from 1 to 64, or "auto"',
  read(text) {
    const threads = text === "auto" ? text : POSITIVE.read(text);
    return typeof threads === "number" && threads > 64 ? undefined : threads;
  },
};

function oneOf<T extends string>(words: readonly T[]): Kind<T> {
  return { expected: words.join(", "), read: (text) => words.find((word) => word === text) };
}

function atLeast(least: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= least ? value : undefined;
}

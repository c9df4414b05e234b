// The digits, and everything random that is not Gumbel noise: made from seeds, so that it is the same in every runtime.

import { readFileSync } from "node:fs";
import { Generator } from "gumbel-softmax";

export const PIXELS = 64; // 8 x 8
/** A pixel is the number of inked dots among the 4 x 4 of the scan that it stands for: 0 to 16. */
export const DOTS = 16;
const TEST_ROWS = 297; // the last of 1,797

/** Rows of pixels in C order, one digit after the other. */
export function readDigits() {
  const pixels = parseNpy(readFileSync(new URL("digits.npy", import.meta.url)));
  const cut = pixels.length - TEST_ROWS * PIXELS;
  return { train: pixels.subarray(0, cut), test: pixels.subarray(cut) };
}

/** The data of NumPy's .npy format, version 1.0, in the one layout that digits.npy has. */
function parseNpy(bytes) {
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start).trim();
  if (header !== "{'descr': '|u1', 'fortran_order': False, 'shape': (1797, 8, 8), }") {
    throw new TypeError(`digits.npy: expected uint8 [1797, 8, 8], got ${header}`);
  }
  return new Uint8Array(bytes.subarray(start));
}

/** Numbers in [0, 1) with 53 bits, one after the other. */
export function uniform(seed) {
  const generator = new Generator(seed);
  return () => Number(generator.next() >> 11n) / 2 ** 53;
}

/** 0 to n - 1 in an order that `next`, a source of uniform numbers, decides (Fisher and Yates). */
export function permutation(n, next) {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Some rows of `pixels`, copied out. */
export function gather(pixels, rows) {
  const picked = new Uint8Array(rows.length * PIXELS);
  rows.forEach((row, i) => {
    picked.set(pixels.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
  });
  return picked;
}

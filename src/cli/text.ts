// CSV and JSON lines, written as bytes. An element's place among its line's axes tells which brackets stand around it, so batches
// may end anywhere.

import { LONGEST, writeFloat, writeInteger } from "./decimal.ts";
import type { Output } from "./output.ts";
import { product, type Writer } from "./tensors.ts";

const [COMMA, NEWLINE, OPEN, CLOSE] = [0x2c, 0x0a, 0x5b, 0x5d] as const;
const BLOCK = 1 << 17;

export class TextWriter implements Writer {
  #output: Output;
  #json: boolean;
  #scalar: boolean;
  /** The line's axes but the last, the innermost first. */
  #outer: number[];
  #columns: number;
  #rowsPerLine: number;
  #column = 0;
  #row = 0;
  #bytes: Buffer;
  #filled = 0;

  /** `shape` is that of one line; CSV makes a line of each row along its last axis. */
  constructor(output: Output, json: boolean, shape: readonly number[]) {
    this.#output = output;
    this.#json = json;
    this.#outer = json ? shape.slice(0, -1).reverse() : [];
    this.#columns = shape.at(-1) ?? 1;
    this.#rowsPerLine = product(this.#outer);
    this.#scalar = shape.length === 0;
    // An element brings its number and at most two brackets per axis.
    this.#bytes = Buffer.allocUnsafe(BLOCK + LONGEST + 2 * shape.length + 2);
  }

  async write(data: Float32Array | Int32Array): Promise<void> {
    const whole = data instanceof Int32Array;
    for (let from = 0; from < data.length; ) {
      from = this.#put(data, from, whole);
      if (from < data.length) await this.#flush();
    }
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#output.commit();
  }

  discard(): Promise<void> {
    return this.#output.discard();
  }

  async #flush(): Promise<void> {
    await this.#output.write(this.#bytes.subarray(0, this.#filled));
    this.#filled = 0;
  }

  /** Puts elements until the block is full; returns the first one that did not fit. */
  #put(data: Float32Array | Int32Array, from: number, whole: boolean): number {
    const bytes = this.#bytes;
    let at = this.#filled;
    let index = from;
    for (; index < data.length && at < BLOCK; index++) {
      if (this.#column > 0) bytes[at++] = COMMA;
      else if (this.#json) at = this.#brackets(OPEN, at);
      const value = data[index]!;
      if (whole) at = writeInteger(value, bytes, at);
      else if (value - value === 0) at = writeFloat(value, bytes, at);
      else at += bytes.write(this.#json ? `"${value}"` : String(value), at, "latin1");
      if (++this.#column === this.#columns) {
        this.#column = 0;
        this.#row++;
        if (this.#json) at = this.#close(at);
        else bytes[at++] = NEWLINE;
      }
    }
    this.#filled = at;
    return index;
  }

  #close(at: number): number {
    at = this.#brackets(CLOSE, at);
    if (this.#row === this.#rowsPerLine) {
      this.#row = 0;
      this.#bytes[at++] = NEWLINE;
    } else {
      this.#bytes[at++] = COMMA;
    }
    return at;
  }

  /** One for each axis that begins, or ends, where the row now begins or ended. */
  #brackets(bracket: number, at: number): number {
    if (this.#scalar) return at;
    this.#bytes[at++] = bracket;
    let rest = this.#row;
    for (const length of this.#outer) {
      if (rest % length !== 0) break;
      rest /= length;
      this.#bytes[at++] = bracket;
    }
    return at;
  }
}

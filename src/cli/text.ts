// CSV, JSON lines and JSON, written as bytes. An element's place among its line's axes tells which brackets stand around it, so batches
// may end anywhere.

import { LONGEST, writeFloat, writeInteger } from "./decimal.ts";
import type { Output } from "./output.ts";
import { product, type Values, type Writer } from "./tensors.ts";

const [COMMA, NEWLINE, OPEN, CLOSE] = [0x2c, 0x0a, 0x5b, 0x5d] as const;
const BLOCK = 1 << 17;

/** How the lines of a result look. */
export interface TextStyle {
  format: "csv" | "jsonl" | "json";
  /** The shape of a line; CSV makes a line of each row along its last axis. */
  line: readonly number[];
  values: Values;
  /** Of CSV. */
  delimiter: string;
  /** Of CSV: the first line. */
  header: readonly string[] | undefined;
  /** Of a JSON document: whether lines are the elements of an array, and whether draws are those of another one around them. */
  array: boolean;
  draws: boolean;
}

export class TextWriter implements Writer {
  #output: Output;
  #style: TextStyle;
  #json: boolean;
  #scalar: boolean;
  #delimiter: number;
  /** The line's axes but the last, the innermost first. */
  #outer: number[];
  #columns: number;
  #rowsPerLine: number;
  #column = 0;
  #row = 0;
  #bytes: Buffer;
  #filled = 0;
  #begun = false;
  /** Lines of this draw, and whether a draw has ended before. */
  #lines = 0;
  #drawsEnded = 0;

  constructor(output: Output, style: TextStyle) {
    this.#output = output;
    this.#style = style;
    this.#json = style.format !== "csv";
    this.#delimiter = this.#json ? COMMA : style.delimiter.charCodeAt(0);
    const line = style.values === "pairs" ? [...style.line, 2] : style.line;
    this.#outer = this.#json ? line.slice(0, -1).reverse() : [];
    this.#columns = line.at(-1) ?? 1;
    this.#rowsPerLine = product(this.#outer);
    this.#scalar = line.length === 0;
    // An element brings its number, at most two brackets per axis, and what stands between lines and draws.
    this.#bytes = Buffer.allocUnsafe(BLOCK + LONGEST + 2 * line.length + 16);
  }

  async write(data: Float32Array | Int32Array): Promise<void> {
    await this.#begin();
    for (let from = 0; from < data.length; ) {
      from = this.#put(data, from);
      if (from < data.length) await this.#flush();
    }
  }

  async endDraw(): Promise<void> {
    await this.#begin();
    if (this.#style.format === "json") {
      if (this.#lines === 0) this.#filled = this.#beforeLine(this.#filled);
      if (this.#style.array) this.#bytes[this.#filled++] = CLOSE;
    }
    this.#drawsEnded++;
    this.#lines = 0;
    // Draws without a row leave their brackets alone.
    if (this.#filled >= BLOCK) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#begin();
    if (this.#style.format === "json") {
      if (this.#style.draws) this.#bytes[this.#filled++] = CLOSE;
      this.#bytes[this.#filled++] = NEWLINE;
    }
    await this.#flush();
    await this.#output.commit();
  }

  discard(): Promise<void> {
    return this.#output.discard();
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const { header, delimiter } = this.#style;
    if (header === undefined || this.#json) return;
    const names = header.map((name) => {
      const plain = name.startsWith('"') || !name.includes(delimiter);
      return plain ? name : `"${name.replaceAll('"', '""')}"`;
    });
    await this.#output.write(Buffer.from(`${names.join(delimiter)}\n`));
  }

  async #flush(): Promise<void> {
    await this.#output.write(this.#bytes.subarray(0, this.#filled));
    this.#filled = 0;
  }

  /** Puts elements until the block is full; returns the first one that did not fit. */
  #put(data: Float32Array | Int32Array, from: number): number {
    const bytes = this.#bytes;
    const { values } = this.#style;
    const scores = values === "pairs" ? new Float32Array(data.buffer, data.byteOffset, data.length) : data;
    let at = this.#filled;
    let index = from;
    for (; index < data.length && at < BLOCK; index++) {
      if (this.#column > 0) bytes[at++] = this.#delimiter;
      else if (this.#json) at = this.#open(at);
      const whole = values === "indices" || (values === "pairs" && this.#column === 0);
      const value = whole ? data[index]! : scores[index]!;
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

  #open(at: number): number {
    if (this.#row === 0 && this.#style.format === "json") at = this.#beforeLine(at);
    return this.#brackets(OPEN, at);
  }

  /** Of a JSON document: the brackets and commas before a line, or before the end of a draw that has none. */
  #beforeLine(at: number): number {
    const { array, draws } = this.#style;
    if (this.#lines++ > 0) {
      this.#bytes[at++] = COMMA;
      if (!this.#scalar) this.#bytes[at++] = NEWLINE;
      return at;
    }
    if (this.#drawsEnded > 0) {
      this.#bytes[at++] = COMMA;
      this.#bytes[at++] = NEWLINE;
    } else if (draws) {
      this.#bytes[at++] = OPEN;
    }
    if (array) this.#bytes[at++] = OPEN;
    return at;
  }

  #close(at: number): number {
    at = this.#brackets(CLOSE, at);
    if (this.#row === this.#rowsPerLine) {
      this.#row = 0;
      if (this.#style.format === "jsonl") this.#bytes[at++] = NEWLINE;
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

// CSV: one row of numbers per line, with one character between them, each in double quotes or not. Blank lines are skipped. Which
// columns hold the classes is decided by the first line and by the options.
//
// A parser of its own, because fields go from bytes to f32 without strings: 4 to 6 times as fast as csv-parse 7 with Number
// (200,000 rows of 10 numbers, Node 20).

import { columnsOf, headerOf, indexColumns, inWords } from "./csv-header.ts";
import { readFloat } from "./decimal.ts";
import { DataError, quote } from "./errors.ts";
import type { Bytes } from "./input.ts";
import { blocksOfLines, type Line } from "./lines.ts";
import { type Batch, itemsPerBatch, lineReader, outsideF32, type Reader } from "./tensors.ts";

const QUOTE = 0x22;
const SPACE = 0x20;
const NINE = 0x39;

export interface CsvOptions {
  /** One ASCII character. A space stands for any number of them. */
  delimiter: string;
  header: "yes" | "no" | "auto";
  /** Names and positions of the columns that hold the classes. Default: all but the index columns of pandas. */
  columns: string | undefined;
}

export async function openCsv(bytes: Bytes, options: CsvOptions): Promise<Reader> {
  const table = new Table(bytes, options);
  const reader = await lineReader(table.rows(), bytes.name, () => bytes.fraction());
  return { ...reader, csv: { delimiter: options.delimiter, header: table.header } };
}

class Table {
  /** The names of the classes, as they stand in the file. */
  header: string[] | undefined;
  #bytes: Bytes;
  #options: CsvOptions;
  #delimiter: number;
  /** The class of each field, -1 for those that are left out. */
  #classOf: Int32Array = new Int32Array(0);

  constructor(bytes: Bytes, options: CsvOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#delimiter = options.delimiter.charCodeAt(0);
  }

  async *rows(): AsyncGenerator<Batch> {
    let data = new Float32Array(0);
    let numbers = new Float64Array(0);
    let classes = 0;
    let filled = 0;
    let count = 0;
    let started = false;
    let headerLine: Line | undefined;
    for await (const lines of blocksOfLines(this.#bytes, this.#delimiter)) {
      for (const line of lines) {
        if (!started) {
          started = true;
          classes = this.#start(line);
          data = new Float32Array(itemsPerBatch(classes) * classes);
          numbers = new Float64Array(itemsPerBatch(classes));
          if (this.header !== undefined) {
            headerLine = { ...line };
            continue;
          }
        }
        this.#readRow(line, data, filled);
        filled += classes;
        numbers[count++] = line.number;
        if (filled === data.length) {
          yield { data, shape: [count, classes], lines: numbers.subarray(0, count) };
          headerLine = undefined;
          filled = 0;
          count = 0;
        }
      }
    }
    if (count > 0) yield { data: data.subarray(0, filled), shape: [count, classes], lines: numbers.subarray(0, count) };
    else if (headerLine !== undefined && this.header!.every((field, index) => plainText(field) === String(index))) {
      throw new DataError(
        `${this.#bytes.name}:${headerLine.number}: expected rows behind the header, got no row at all; if the line is a row, give --header no`,
      );
    }
  }

  /** Decides by the first line; returns the number of classes. */
  #start(line: Line): number {
    const raw = this.#split(line);
    const names = raw.map(plainText);
    const { header, columns } = this.#options;
    const where = `${this.#bytes.name}:${line.number}`;
    const isHeader = header === "auto" ? headerOf(names, columns, this.#options.delimiter, where) : header === "yes";
    const first = isHeader && columns === undefined ? indexColumns(names) : 0;
    const chosen =
      columns === undefined
        ? Array.from(names, (_, index) => index).slice(first)
        : columnsOf(columns, isHeader ? names : undefined, names.length);
    if (chosen.length === 0) throw new DataError(`${where}: expected a column of numbers, got none`);
    this.#classOf = new Int32Array(names.length).fill(-1);
    for (const [index, field] of chosen.entries()) this.#classOf[field] = index;
    if (isHeader) this.header = chosen.map((field) => raw[field]!);
    return chosen.length;
  }

  // Fields without quotes are cut in place: a call for each would take a third longer.
  #readRow(line: Line, data: Float32Array, at: number): void {
    const { block, end } = line;
    const delimiter = this.#delimiter;
    const classOf = this.#classOf;
    let field = 0;
    for (let start = line.start; start <= end; field++) {
      let stop = start;
      if (block[start] === QUOTE) stop = this.#fieldEnd(block, start, end);
      else while (stop < end && block[stop] !== delimiter) stop++;
      const index = field < classOf.length ? classOf[field]! : -1;
      if (index >= 0 && !readField(block, start, stop, data, at + index)) {
        throw this.#badField(line, block.toString("utf8", start, stop).trim(), field);
      }
      start = delimiter === SPACE ? this.#next(block, stop, end) : stop + 1;
    }
    if (field !== classOf.length) {
      throw new DataError(`${this.#bytes.name}:${line.number}: expected ${classOf.length} numbers, got ${field}`);
    }
  }

  #badField(line: Line, text: string, field: number): DataError {
    const { delimiter } = this.#options;
    const where = `${this.#bytes.name}:${line.number}`;
    const readable = readField(Buffer.from(text), 0, Buffer.byteLength(text), new Float32Array(1), 0, true);
    if (readable) return new DataError(`${where}: ${outsideF32(quote(text))} in column ${field + 1}`);
    const hint = /[;\t|]|, /.test(text) ? "; --delimiter names another" : "";
    return new DataError(
      `${where}: expected numbers separated by ${inWords(delimiter)}, got ${quote(text)} in column ${field + 1}${hint}`,
    );
  }

  #split(line: Line): string[] {
    const fields: string[] = [];
    for (let start = line.start; start <= line.end; ) {
      const stop = this.#fieldEnd(line.block, start, line.end);
      fields.push(line.block.toString("utf8", start, stop).trim());
      start = this.#next(line.block, stop, line.end);
    }
    return fields;
  }

  /** The place of the delimiter behind a field, or the line's end. Within double quotes it is no delimiter. */
  #fieldEnd(block: Buffer, start: number, end: number): number {
    let at = start;
    if (block[at] === QUOTE) {
      for (at++; at < end; at++) {
        if (block[at] !== QUOTE) continue;
        if (at + 1 < end && block[at + 1] === QUOTE) at++;
        else break;
      }
    }
    while (at < end && block[at] !== this.#delimiter) at++;
    return at;
  }

  #next(block: Buffer, stop: number, end: number): number {
    let at = stop + 1;
    if (this.#delimiter === SPACE) while (at < end && block[at] === SPACE) at++;
    return at;
  }
}

function readField(
  block: Buffer,
  start: number,
  end: number,
  data: Float32Array,
  at: number,
  anySize: boolean = false,
): boolean {
  while (start < end && block[start]! <= SPACE) start++;
  while (end > start && block[end - 1]! <= SPACE) end--;
  if (end - start > 1 && block[start] === QUOTE && block[end - 1] === QUOTE) {
    start++;
    end--;
  }
  if (!readFloat(block, start, end, data, at)) return false;
  // Infinity in words ends in a letter. Digits cannot mean it: they are beyond f32.
  return anySize || Number.isFinite(data[at]!) || block[end - 1]! > NINE;
}

function plainText(field: string): string {
  return /^".*"$/s.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field;
}

// A JSON document that is one array of arrays, as the places of its elements, however its lines are broken. One element is held at
// a time; it may be larger than a chunk. Any other document is held as a whole.

import { DataError } from "./errors.ts";
import type { Bytes } from "./input.ts";
import type { Line } from "./lines.ts";

const [NEWLINE, SPACE, QUOTE, BACKSLASH, COMMA] = [0x0a, 0x20, 0x22, 0x5c, 0x2c] as const;
const [OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
const BYTE_ORDER_MARK = "\ufeff";

export interface Part extends Line {
  /** The document itself, and not one of its elements. */
  whole: boolean;
}

/** The parts of the document, in blocks, each to be read before the next is asked for; the number of each is that of the line on which it begins. */
export async function* partsOf(bytes: Bytes): AsyncGenerator<Iterable<Part>> {
  const scanner = new Scanner(bytes.name);
  for (let chunk = await bytes.chunk(); chunk !== undefined; chunk = await bytes.chunk()) yield scanner.scan(chunk);
  yield scanner.end();
}

class Scanner {
  #name: string;
  /** "opened": behind the first bracket; "element": within one; "ended": behind the last bracket. */
  #state: "before" | "opened" | "whole" | "expecting" | "element" | "behind" | "ended" = "before";
  /** The bytes of earlier chunks that belong to the element, or to the document while its kind is not known. */
  #pieces: Buffer[] = [];
  #depth = 0;
  #inText = false;
  #escaped = false;
  #line = 1;
  #lineOfElement = 1;

  constructor(name: string) {
    this.#name = name;
  }

  *scan(chunk: Buffer): Generator<Part> {
    let start = 0;
    for (let at = 0; at < chunk.length && this.#state !== "whole"; at++) {
      const byte = chunk[at]!;
      if (byte === NEWLINE) this.#line++;
      if (this.#state !== "element") {
        if (byte <= SPACE || !this.#begins(byte)) continue;
        this.#pieces = [];
        this.#lineOfElement = this.#line;
        start = at;
      }
      if (this.#isLast(byte)) {
        yield this.#part(chunk.subarray(start, at + 1), false);
        this.#state = "behind";
      }
    }
    if (this.#state === "element") this.#pieces.push(chunk.subarray(start));
    else if (this.#state === "before" || this.#state === "opened" || this.#state === "whole") this.#pieces.push(chunk);
  }

  *end(): Generator<Part> {
    if (this.#state === "ended") return;
    if (this.#state !== "whole" && this.#state !== "before" && this.#state !== "opened") {
      throw new DataError(`${this.#name}:${this.#line}: not JSON: the array has no end`);
    }
    this.#lineOfElement = 1;
    const part = this.#part(Buffer.alloc(0), true);
    if (part.block.toString("utf8").trim() !== "") yield part;
  }

  #part(last: Buffer, whole: boolean): Part {
    const block = this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
    const marked = whole && block.toString("utf8", 0, 3) === BYTE_ORDER_MARK;
    this.#pieces = [];
    return { block, start: marked ? 3 : 0, end: block.length, number: this.#lineOfElement, whole };
  }

  /** Between elements: whether one begins with this byte. */
  #begins(byte: number): boolean {
    const opens = byte === OPEN || byte === OPEN_OBJECT;
    switch (this.#state) {
      case "before":
        // The three bytes of a byte order mark
        if (byte >= 0x80) return false;
        this.#state = byte === OPEN ? "opened" : "whole";
        return false;
      case "opened":
        this.#state = opens ? "element" : "whole";
        return opens;
      case "expecting":
        if (!opens) throw this.#unexpected(byte, "an array");
        this.#state = "element";
        return true;
      case "behind":
        if (byte !== COMMA && byte !== CLOSE) throw this.#unexpected(byte, '"," or "]"');
        this.#state = byte === COMMA ? "expecting" : "ended";
        return false;
      default:
        throw new DataError(
          `${this.#name}:${this.#line}: more behind the end of the array; for JSON lines, give --input-format jsonl`,
        );
    }
  }

  /** Within an element: whether this byte ends it. */
  #isLast(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inText = false;
    } else if (byte === QUOTE) this.#inText = true;
    else if (byte === OPEN || byte === OPEN_OBJECT) this.#depth++;
    else if (byte === CLOSE || byte === CLOSE_OBJECT) return --this.#depth === 0;
    return false;
  }

  #unexpected(byte: number, wanted: string): DataError {
    const got = byte > SPACE && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `byte ${byte}`;
    return new DataError(`${this.#name}:${this.#line}: expected ${wanted}, got ${got}`);
  }
}

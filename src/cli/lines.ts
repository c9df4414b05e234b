// Text as blocks of whole lines, so that a parser never sees a number cut in two.

import type { Bytes } from "./input.ts";

const [TAB, NEWLINE, SPACE] = [0x09, 0x0a, 0x20] as const;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A line's place: bytes [start, end) of its block, without its newline and the blanks around it. */
export interface Line {
  block: Buffer;
  start: number;
  end: number;
  /** Counted from 1, blank lines included. */
  number: number;
}

/** The lines that are not blank. One object is used for all of them. `kept` is a character that is no blank. */
export async function* blocksOfLines(bytes: Bytes, kept?: number): AsyncGenerator<Iterable<Line>> {
  const line: Line = { block: Buffer.alloc(0), start: 0, end: 0, number: 0 };
  // A tab that is no blank; no byte is -1.
  const tab = kept === TAB ? TAB : -1;
  function* lines(): Generator<Line> {
    const { block } = line;
    for (let at = 0; at < block.length; ) {
      const newline = block.indexOf(NEWLINE, at);
      const next = newline < 0 ? block.length : newline;
      line.number++;
      line.start = at;
      line.end = next;
      while (line.start < line.end && block[line.start]! <= SPACE && block[line.start] !== tab) line.start++;
      while (line.end > line.start && block[line.end - 1]! <= SPACE && block[line.end - 1] !== tab) line.end--;
      at = next + 1;
      if (line.start < line.end) yield line;
    }
  }
  for await (const block of blocks(bytes)) {
    line.block = block;
    yield lines();
  }
}

/** Blocks that end in a newline, but for the last one; a line may be longer than a chunk. */
async function* blocks(bytes: Bytes): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let first = true;
  for (let chunk = await bytes.chunk(); chunk !== undefined; chunk = await bytes.chunk()) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      const complete = chunk.subarray(0, end);
      yield start(pending.length === 0 ? complete : Buffer.concat([...pending, complete]));
      pending = [];
    }
    if (end < chunk.length) pending.push(chunk.subarray(end));
  }
  if (pending.length > 0) yield start(Buffer.concat(pending));

  function start(block: Buffer): Buffer {
    const marked = first && block.subarray(0, 3).equals(BYTE_ORDER_MARK);
    first = false;
    return marked ? block.subarray(3) : block;
  }
}

// The layout of the memory that a call works in.

/** Kernels read up to so many bytes behind an input, fewer behind an output. */
export const SLACK_BYTES = 256;
const ALIGNMENT = 64;

/** The f64 of a row in pieces: its sum stands first, its <c, y> or <c, 1> fifth. */
export const SUMS = 8;
export const DOT = 4;

/** Elements of one operand that a call on the caller's arrays works on at a time: 256 KB, which stay in a level 2 cache. */
export const PIECE = 65536;

/** Longest row, in classes, that is held whole: 2 MB. Longer ones are done in three passes over pieces. */
export const LONGEST_ROW = 524288;

/** Where a call works: three operands of `capacity` elements, and the state of rows. */
export interface WorkArea {
  readonly capacity: number;
  readonly out: number;
  readonly logits: number;
  readonly cotangent: number;
  readonly max: number;
  readonly index: number;
  readonly sums: number;
}

/** Bytes of a work area with the state of `rows` rows. */
export function areaBytes(capacity: number, rows: number): number {
  return 3 * aligned(capacity * 4 + SLACK_BYTES) + 2 * aligned(rows * 4 + SLACK_BYTES) + SUMS * 8;
}

/** A work area at an address. */
export function areaAt(out: number, capacity: number, rows: number): WorkArea {
  const operand = aligned(capacity * 4 + SLACK_BYTES);
  const state = aligned(rows * 4 + SLACK_BYTES);
  const max = out + 3 * operand;
  return {
    capacity,
    out,
    logits: out + operand,
    cotangent: out + 2 * operand,
    max,
    index: max + state,
    sums: max + 2 * state,
  };
}

/** The next multiple of ALIGNMENT. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

// Rows of few classes, turned into columns tile by tile: four rows to a vector cost no padding and no horizontal sums.

import { sampleColumns } from "./columns";
import { GRADIENT, HARD, INDEX, PASS_ALL } from "./kinds";
import { transpose4 } from "./lanes";
import { oneHotRow } from "./one-hot";
import { CHUNK, COTANGENT_TILE, TILE } from "./scratch";

/** `sample` for inner = 1, in one pass. */
export function sampleTiles(
  kind: i32,
  out: usize,
  max: usize,
  index: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  rows: i32,
  classes: i32,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
  tau: f64,
): i32 {
  let invalid = -1;
  const width = (CHUNK / ((lead + classes + 3) & ~3)) & ~3;
  const rowBytes = <usize>classes << 2;
  const tile = scratch + TILE;
  const cotangentTile = scratch + COTANGENT_TILE;
  for (let done = 0; done < rows; done += width) {
    const count = min(width, rows - done);
    const lineBytes = <usize>((count + 3) & ~3) << 2;
    const at = <usize>done * rowBytes;
    const state = <usize>done << 2;
    columnsFromRows(tile, lineBytes, logits + at, classes, count);
    if (kind >= GRADIENT) columnsFromRows(cotangentTile, lineBytes, cotangent + at, classes, count);
    const found = sampleColumns(
      kind == HARD ? INDEX : kind, PASS_ALL, tile, max + state, index + state, 0, tile, cotangentTile, scratch,
      classes, count, lineBytes, 0, row + <u64>done, block, lead, scale, tau,
    );
    if (invalid < 0 && found >= 0) invalid = done + found;
    if (kind == HARD) {
      for (let r = 0; r < count; r++) {
        oneHotRow(out + at + <usize>r * rowBytes, classes, load<i32>(index + state + (<usize>r << 2)));
      }
    } else if (kind != INDEX) {
      rowsFromColumns(out + at, tile, lineBytes, classes, count);
    }
  }
  return invalid;
}

function columnsFromRows(tile: usize, lineBytes: usize, from: usize, classes: i32, count: i32): void {
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < count; r += 4, tile += 16, from += rowBytes << 2) {
    for (let c = 0; c < classes; c += 4) {
      transpose4(tile + <usize>c * lineBytes, lineBytes, from + (<usize>c << 2), rowBytes, classes - c, 4);
    }
  }
}

function rowsFromColumns(out: usize, tile: usize, lineBytes: usize, classes: i32, count: i32): void {
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < count; r += 4, tile += 16, out += rowBytes << 2) {
    for (let c = 0; c < classes; c += 4) {
      transpose4(out + (<usize>c << 2), rowBytes, tile + <usize>c * lineBytes, lineBytes, count - r, classes - c);
    }
  }
}

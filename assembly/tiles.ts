// Rows of few classes, brought tile by tile into columns that lie close together: four rows to a vector cost no padding and no
// horizontal sums, and lines a power of two apart do not drive each other out of the cache.

import { sampleColumns } from "./columns";
import { GRADIENT, HARD, INDEX } from "./kinds";
import { storeLanes, transpose4 } from "./lanes";
import { oneHotLines, oneHotRow } from "./one-hot";
import { CHUNK, COTANGENT_TILE, NOISE, TILE, TILE_FLOATS } from "./scratch";

/** Rows of a tile at least, a line of the cache. */
const NEIGHBOURS: i32 = 16;

/** Classes of rows that lie apart, at most. */
export const MOST_TILE_CLASSES: i32 = TILE_FLOATS / NEIGHBOURS;

/**
 * `sample` in one pass for `rows` neighbouring rows. lineBytes = 0: their classes lie side by side, up to CHUNK / 16 of them;
 * else lineBytes apart, up to MOST_TILE_CLASSES.
 */
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
  lineBytes: usize,
  row: u64,
  block: i32,
  lead: i32,
  scale: f64,
  tau: f64,
): i32 {
  let invalid = -1;
  const few = (CHUNK / ((lead + classes + 3) & ~3)) & ~3;
  const width = few > NEIGHBOURS ? few : NEIGHBOURS;
  const rowBytes: usize = lineBytes ? 4 : <usize>classes << 2;
  const tile = scratch + TILE;
  const cotangentTile = scratch + COTANGENT_TILE;
  for (let done = 0; done < rows; done += width) {
    const count = min(width, rows - done);
    const tileBytes = <usize>((count + 3) & ~3) << 2;
    const at = <usize>done * rowBytes;
    const state = <usize>done << 2;
    bring(tile, tileBytes, logits + at, lineBytes, classes, count);
    if (kind >= GRADIENT) bring(cotangentTile, tileBytes, cotangent + at, lineBytes, classes, count);
    const found = sampleColumns(
      kind == HARD ? INDEX : kind, tile, max + state, index + state, tile, cotangentTile, scratch, classes, count, tileBytes,
      row + <u64>done, block, lead, scale, tau,
    );
    if (invalid < 0 && found >= 0) invalid = done + found;
    if (kind == INDEX) continue;
    if (kind != HARD) {
      give(out + at, lineBytes, tile, tileBytes, classes, count, scratch + NOISE);
    } else if (lineBytes) {
      oneHotLines(out + at, index + state, classes, lineBytes, count);
    } else {
      for (let r = 0; r < count; r++) {
        oneHotRow(out + at + <usize>r * rowBytes, classes, load<i32>(index + state + (<usize>r << 2)));
      }
    }
  }
  return invalid;
}

function bring(tile: usize, tileBytes: usize, from: usize, lineBytes: usize, classes: i32, count: i32): void {
  if (lineBytes) {
    copyLines(tile, tileBytes, from, lineBytes, classes, count);
    return;
  }
  const rowBytes = <usize>classes << 2;
  for (let r = 0; r < count; r += 4, tile += 16, from += rowBytes << 2) {
    for (let c = 0; c < classes; c += 4) {
      transpose4(tile + <usize>c * tileBytes, tileBytes, from + (<usize>c << 2), rowBytes);
    }
  }
}

function give(out: usize, lineBytes: usize, tile: usize, tileBytes: usize, classes: i32, count: i32, spare: usize): void {
  // Of one class rows and lines are the same; its rows are too short for what follows.
  if (lineBytes || classes == 1) {
    copyLines(out, lineBytes, tile, tileBytes, classes, count);
    return;
  }
  const rowBytes = <usize>classes << 2;
  for (; count > 0; count -= 4, tile += 16, out += rowBytes << 2) {
    // The last classes first: what a row writes behind its end its successor writes over. The last rows have none.
    const to = count > 4 ? out : spare;
    for (let c = (classes - 1) & ~3; c >= 0; c -= 4) {
      transpose4(to + (<usize>c << 2), rowBytes, tile + <usize>c * tileBytes, tileBytes);
    }
    if (count <= 4) copyLines(out, 0, spare, 0, 1, count * classes);
  }
}

function copyLines(to: usize, toBytes: usize, from: usize, fromBytes: usize, lines: i32, n: i32): void {
  for (; lines > 0; lines--, to += toBytes, from += fromBytes) {
    for (let i = 0; i < n; i += 4) {
      storeLanes(to + (<usize>i << 2), v128.load(from + (<usize>i << 2)), n - i);
    }
  }
}

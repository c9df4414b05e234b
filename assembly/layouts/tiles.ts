// Neighbouring rows whose classes lie apart, copied sixteen or more at a time to columns that lie close together: lines a power
// of two apart would drive each other out of the cache.

import { sampleColumns } from "./columns";
import { GRADIENT, HARD, INDEX, NOT_FINITE } from "../kinds";
import { storeLanes } from "../lanes/lanes";
import { oneHotLines } from "../stages/one-hot";
import { CHUNK, COTANGENT_TILE, TILE, TILE_FLOATS } from "../stages/scratch";

/** Rows of a tile at least, a line of the cache. */
const NEIGHBOURS: i32 = 16;

/** Most classes whose rows fit a tile. */
export const MOST_TILE_CLASSES: i32 = TILE_FLOATS / NEIGHBOURS;

/** `sample` in one pass for `rows` neighbouring rows of one slab, their classes `lineBytes` apart, up to MOST_TILE_CLASSES. */
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
  let finite = true;
  const few = (CHUNK / ((lead + classes + 3) & ~3)) & ~3;
  const width = few > NEIGHBOURS ? few & ~15 : NEIGHBOURS;
  const tile = scratch + TILE;
  const cotangentTile = scratch + COTANGENT_TILE;
  for (let done = 0; done < rows; done += width) {
    const count = min(width, rows - done);
    const tileBytes = <usize>((count + 3) & ~3) << 2;
    const at = <usize>done << 2;
    copyLines(tile, tileBytes, logits + at, lineBytes, classes, count);
    if (kind >= GRADIENT) copyLines(cotangentTile, tileBytes, cotangent + at, lineBytes, classes, count);
    const found = sampleColumns(
      kind == HARD ? INDEX : kind, tile, max + at, index + at, tile, cotangentTile, scratch, classes, count, tileBytes,
      row + <u64>done, block, lead, scale, tau,
    );
    if (found == NOT_FINITE) finite = false;
    if (invalid < 0 && found >= 0) invalid = done + found;
    if (kind == HARD) oneHotLines(out + at, index + at, classes, lineBytes, count);
    else if (kind != INDEX) copyLines(out + at, lineBytes, tile, tileBytes, classes, count);
  }
  return finite ? invalid : NOT_FINITE;
}

function copyLines(to: usize, toBytes: usize, from: usize, fromBytes: usize, lines: i32, n: i32): void {
  for (; lines > 0; lines--, to += toBytes, from += fromBytes) {
    for (let i = 0; i < n; i += 4) {
      storeLanes(to + (<usize>i << 2), v128.load(from + (<usize>i << 2)), n - i);
    }
  }
}

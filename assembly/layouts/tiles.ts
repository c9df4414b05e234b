// Layout of neighbouring rows whose classes lie apart and fit a tile: sixteen rows or more are copied to a tile, whose lines
// lie close together. In place, lines that are a power of two apart would drive each other out of the cache.

import { GRADIENT, HARD, INDEX, NOT_FINITE, VALID } from "../../src/kernels/abi";
import { storeLanes } from "../lanes/lanes";
import { CHUNK, COTANGENT_TILE, TILE, TILE_FLOATS, TILE_TASK } from "../memory/scratch";
import { copyTask, placeOf, Task } from "../memory/task";
import { oneHotLines } from "../stages/one-hot";
import { sampleColumns } from "./columns";

/** Fewest rows of a tile: one cache line of them. */
const NEIGHBOURS: i32 = 16;

/** Most classes of which a tile holds that many rows. */
export const MOST_TILE_CLASSES: i32 = TILE_FLOATS / NEIGHBOURS;

/**
 * Samples `rows` neighbouring rows of a task from number `first` on, of up to MOST_TILE_CLASSES classes. Gives VALID, the first
 * invalid row, or NOT_FINITE. A tile is a task of its own, whose rows are the copied ones.
 */
export function sampleTiles(task: Task, scratch: usize, first: i32, rows: i32): i32 {
  const kind = task.kind;
  const classes = task.classes;
  // Rows of one class are neighbours across slabs.
  const lineBytes = <usize>(classes > 1 ? task.inner : task.outer * task.inner) << 2;
  let invalid = VALID;
  let finite = true;
  const few = (CHUNK / ((task.lead + classes + 3) & ~3)) & ~3;
  const width = few > NEIGHBOURS ? few & ~15 : NEIGHBOURS;
  copyTask(scratch + TILE_TASK, changetype<usize>(task));
  const tile = changetype<Task>(scratch + TILE_TASK);
  if (kind == HARD) tile.kind = INDEX;
  tile.out = scratch + TILE;
  tile.logits = scratch + TILE;
  tile.cotangent = scratch + COTANGENT_TILE;
  tile.outer = 1;
  for (let r = first; r < first + rows; r += width) {
    const count = min(width, first + rows - r);
    const at = placeOf(task, r);
    const state = <usize>r << 2;
    tile.max = task.max + state;
    tile.index = task.index + state;
    tile.row = task.row + <u64>r;
    tile.inner = (count + 3) & ~3;
    const tileBytes = <usize>tile.inner << 2;
    copyLines(tile.logits, tileBytes, task.logits + at, lineBytes, classes, count);
    if (kind >= GRADIENT) copyLines(tile.cotangent, tileBytes, task.cotangent + at, lineBytes, classes, count);
    const found = sampleColumns(tile, scratch, 0, count);
    if (found == NOT_FINITE) finite = false;
    else if (invalid == VALID && found != VALID) invalid = r + found;
    if (kind == HARD) oneHotLines(task.out + at, task.index + state, classes, lineBytes, count);
    else if (kind != INDEX) copyLines(task.out + at, lineBytes, tile.out, tileBytes, classes, count);
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

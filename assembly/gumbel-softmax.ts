// Gumbel-Softmax, Gumbel-max, softmax and their gradients over [outer, classes, inner]: one driver, six kinds of result.
//
// Method:  perturb, find the maximum, exponentiate and sum, finish; the noise is generated where it is used and not stored.
//          Rows side by side in memory (inner = 1) go vector by vector along their classes, others four neighbouring rows to
//          a vector, copied to a tile where there is room for all classes; rows of 2 to 16 classes side by side are turned into
//          columns, four at a time. All ways give the same bits.
// Source:  Jang, Gu, Poole, ICLR 2017, equations 1 and 2; Maddison, Mnih, Teh, "The Concrete distribution", ICLR 2017
//
// A row too long for the caller's memory, or shared among threads, is done in pieces, alone and with its classes side by side:
// PASS_MAX over all pieces, PASS_SUM, for a gradient PASS_DOT, then PASS_WRITE. Its state stands in memory between them: max,
// index, and in `sums` the sum and DOTS bytes on <c, y> or <c, 1>, zero at first. Each pass generates the noise anew, but with
// KEPT, where every piece has an `out` of its own: it holds the perturbed logits from PASS_MAX, the exponentials from PASS_SUM,
// the soft sample from PASS_DOT.

import { gradientColumns, sampleColumns } from "./layouts/columns";
import { tauConstants } from "./lanes/exp";
import { FEW_CLASSES, sampleFewClasses } from "./layouts/few-classes";
import {
  GRADIENT,
  INDEX,
  KEPT,
  NOT_FINITE,
  PASS_ALL,
  PASS_MAX,
  PASS_SUM,
  PASS_WRITE,
  SOFT,
  SOFT_GRADIENT,
  tauOutsideF32,
} from "./kinds";
import { sampleLongRows } from "./layouts/long-rows";
import { alike, keySchedule } from "./lanes/philox";
import { gradientRows } from "./layouts/finish-row";
import { CHUNK, SCHEDULE, TAU } from "./stages/scratch";
import { sampleShortRows } from "./layouts/short-rows";
import { SUM_BLOCK } from "./stages/softmax";
import { MOST_TILE_CLASSES, sampleTiles } from "./layouts/tiles";

/** The stream of the noise that is added to logits. */
const STREAM: i32 = 0;

/**
 * One piece of work; gives the first invalid row, or -1.
 * Layout: see `sample` in index.ts.
 */
export function sample(
  kind: i32,
  pass: i32,
  out: usize,
  max: usize,
  index: usize,
  sums: usize,
  logits: usize,
  cotangent: usize,
  scratch: usize,
  outer: i32,
  classes: i32,
  inner: i32,
  from: i32,
  row: u64,
  block: i32,
  lead: i32,
  seedLo: i32,
  seedHi: i32,
  scale: f64,
  tau: f64,
): i32 {
  assert(kind >= INDEX && kind <= SOFT_GRADIENT, "kind: expected 0 to 6");
  assert((pass & ~KEPT) >= PASS_ALL && (pass & ~KEPT) <= PASS_WRITE, "pass: expected 0 to 4");
  assert(!(pass & KEPT) || pass > (KEPT | PASS_MAX), "pass: expected something kept from a pass before");
  assert(pass == PASS_ALL || (outer == 1 && inner == 1), "outer, inner: expected 1 for a row in pieces");
  assert(pass < PASS_SUM || from % SUM_BLOCK == 0, "from: expected a multiple of SUM_BLOCK");
  assert(outer >= 1 && classes >= 1 && inner >= 1, "outer, classes, inner: expected at least 1");
  assert(lead >= 0 && lead <= 3, "lead: expected 0 to 3");
  assert((scratch & 15) == 0, "scratch: expected a multiple of 16");
  assert(kind < GRADIENT || cotangent != 0, "cotangent: expected an address for a gradient");
  assert(kind < SOFT || (tau > 0.0 && tau < Infinity), "tau: expected a finite number above 0");
  let invalid = -1;
  let finite = true;
  if (classes == 1 && pass == PASS_ALL) {
    // The rows of all slabs are neighbours.
    inner *= outer;
    outer = 1;
  }
  const few = inner == 1 && pass == PASS_ALL && outer > 1 && classes <= FEW_CLASSES;
  const lineBytes = <usize>inner << 2;
  const slab = <usize>classes * lineBytes;
  if (kind == SOFT_GRADIENT) {
    if (inner == 1) {
      return gradientRows(pass & ~KEPT, out, sums, logits, cotangent, scratch, outer, classes, tau);
    }
    for (let o = 0; o < outer; o++, out += slab, logits += slab, cotangent += slab) {
      finite = gradientColumns(out, logits, cotangent, scratch, classes, inner, lineBytes, tau) && finite;
    }
    return finite ? -1 : NOT_FINITE;
  }
  if (scale != 0.0) keySchedule(scratch + SCHEDULE, seedLo, seedHi, STREAM);
  if (kind >= SOFT) tauConstants(scratch + TAU, tauOutsideF32(tau) ? 1.0 : tau);
  // Rows side by side are the neighbours of one slab.
  const apart = inner > 1;
  const slabs = apart ? outer : 1;
  const neighbours = apart ? inner : outer;
  const rowBytes: usize = apart ? 4 : slab;
  for (let o = 0; o < slabs; o++) {
    for (let i = 0, n = 0; i < neighbours; i += n) {
      const r = o * neighbours + i;
      n = alike(row + <u64>r, neighbours - i);
      const at = <usize>o * slab + <usize>i * rowBytes;
      const state = <usize>r << 2;
      let found: i32;
      if (few) {
        found = sampleFewClasses(
          kind, out + at, max + state, index + state, logits + at, cotangent + at, scratch, n, classes, row + <u64>r, block, lead,
          scale, tau,
        );
      } else if (apart && classes <= MOST_TILE_CLASSES) {
        found = sampleTiles(
          kind, out + at, max + state, index + state, logits + at, cotangent + at, scratch, n, classes, lineBytes, row + <u64>r,
          block, lead, scale, tau,
        );
      } else if (apart) {
        found = sampleColumns(
          kind, out + at, max + state, index + state, logits + at, cotangent + at, scratch, classes, n, lineBytes, row + <u64>r,
          block, lead, scale, tau,
        );
      } else if (pass == PASS_ALL && lead + classes <= CHUNK) {
        found = sampleShortRows(
          kind, out + at, max + state, index + state, logits + at, cotangent + at, scratch, n, classes, row + <u64>r, block, lead,
          scale, tau,
        );
      } else {
        found = sampleLongRows(
          kind, pass, out + at, max + state, index + state, sums, logits + at, cotangent + at, scratch, n, classes, from,
          row + <u64>r, block, lead, scale, tau,
        );
      }
      if (found == NOT_FINITE) finite = false;
      if (invalid < 0 && found >= 0) invalid = r + found;
    }
  }
  return finite ? invalid : NOT_FINITE;
}

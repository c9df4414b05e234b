// Gumbel-Softmax, Gumbel-max, softmax and their gradients over [outer, classes, inner]: one driver, six kinds of result.
//
// Method:  perturb, find the maximum, exponentiate and sum, finish; the noise is generated where it is used and not stored.
//          Rows side by side in memory (inner = 1) go vector by vector along their classes, others four neighbouring rows to
//          a vector; rows of few classes are turned into columns, tile by tile. All ways give the same bits.
// Source:  Jang, Gu, Poole, ICLR 2017, equations 1 and 2; Maddison, Mnih, Teh, "The Concrete distribution", ICLR 2017
//
// A row too long for the caller's memory, or shared among threads, is done in pieces, in three passes: PASS_MAX over all
// pieces, then PASS_SUM, then PASS_WRITE; the state of the rows stands in memory between them: max, index, and for each four
// rows eight f64 in `sums`, their sums and their <c, e>, zero before the first PASS_SUM. Then outer is 1, and inner = 1 one row.
// Each pass generates the noise anew, but with KEPT, where every piece has an `out` of its own: it holds the perturbed logits
// from PASS_MAX, the exponentials from PASS_SUM.

import { sampleColumns } from "./columns";
import { temper } from "./exp";
import { extreme, GRADIENT, INDEX, KEPT, LOG_GRADIENT, PASS_ALL, PASS_SUM, PASS_WRITE, SOFT } from "./kinds";
import { keySchedule } from "./philox";
import { sampleRows } from "./rows";
import { SCHEDULE, TEMPER } from "./scratch";
import { SUM_BLOCK } from "./softmax";
import { sampleTiles } from "./tiles";

/** Rows of at most so many classes are faster as columns. */
const FEW_CLASSES: i32 = 16;

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
  assert(kind >= INDEX && kind <= LOG_GRADIENT, "kind: expected 0 to 5");
  assert((pass >= PASS_ALL && pass <= PASS_WRITE) || (pass & ~1) == (KEPT | PASS_SUM), "pass: expected 0 to 3, 6 or 7");
  assert(pass == PASS_ALL || outer == 1, "outer: expected 1 for rows in pieces");
  assert(pass < PASS_SUM || from % SUM_BLOCK == 0, "from: expected a multiple of SUM_BLOCK");
  assert(outer >= 1 && classes >= 1 && inner >= 1, "outer, classes, inner: expected at least 1");
  assert(lead >= 0 && lead <= 3, "lead: expected 0 to 3");
  assert((scratch & 15) == 0, "scratch: expected a multiple of 16");
  assert(kind < GRADIENT || cotangent != 0, "cotangent: expected an address for a gradient");
  assert(kind < SOFT || (tau > 0.0 && tau < Infinity), "tau: expected a finite number above 0");
  keySchedule(scratch + SCHEDULE, seedLo, seedHi);
  if (kind >= SOFT) temper(scratch + TEMPER, extreme(tau) ? 1.0 : tau);
  if (inner == 1) {
    if (classes <= FEW_CLASSES && outer > 1 && pass == PASS_ALL) {
      return sampleTiles(kind, out, max, index, logits, cotangent, scratch, outer, classes, row, block, lead, scale, tau);
    }
    return sampleRows(
      kind, pass, out, max, index, sums, logits, cotangent, scratch, outer, classes, from, row, block, lead, scale, tau,
    );
  }
  let invalid = -1;
  const slab = <usize>classes * <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    const rows = o * inner;
    const at = <usize>o * slab;
    const found = sampleColumns(
      kind, pass, out + at, max + (<usize>rows << 2), index + (<usize>rows << 2), sums, logits + at, cotangent + at, scratch,
      classes, inner, <usize>inner << 2, from, row + <u64>rows, block, lead, scale, tau,
    );
    if (invalid < 0 && found >= 0) invalid = rows + found;
  }
  return invalid;
}

// The edge of the filters for logits that are each off by up to half a tolerance t.
//
// Two logits then differ by up to t more or less: with z the logit of a token, those above z + t surely rank before it, and
// those from z - t on possibly do. The odds of one set of tokens against another change by a factor of up to e^(t/T), T the
// temperature.

import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp } from "../math.ts";
import { type Filters, keepOnly, ranked } from "./filters.ts";

/** Relative error of the odds of two sums of f32 probabilities, here and on the other machine together. */
const ROUNDING = 4e-6;

/** More than all probabilities can add up to that are too small for f32. */
const LOST = 1e-30;

/** A row before the filters, and what may become of its tokens. */
export class Boundary {
  readonly #row: Float32Array;
  readonly #p: Float32Array;
  readonly #filters: Filters;
  readonly #top: number;
  readonly #tolerance: number;
  /** Least factor of the odds of some tokens against others. */
  readonly #factor: number;

  /** `row` is valid, `top` its largest logit, `tolerance` above 0. */
  constructor(gs: GumbelSoftmax, row: Float32Array, top: number, filters: Filters, tolerance: number) {
    const { temperature, topK } = filters;
    const shortlist = row.slice();
    if (topK < row.length) keepOnly(shortlist, ranked(row, topK));
    this.#row = row;
    this.#p = gs.softmax(shortlist, { tau: temperature }).data;
    this.#filters = filters;
    this.#top = top;
    this.#tolerance = tolerance;
    this.#factor = exp(-tolerance / temperature) * (1 - ROUNDING);
  }

  /** Whether a token with this logit stays for some logits within the tolerance. */
  possible(logit: number): boolean {
    const { topK, topP } = this.#filters;
    const { count, before, rest } = this.#split(logit, logit + this.#tolerance);
    if (count === 0) return true;
    if (count >= topK || !this.#reaches(logit + this.#tolerance, 1 - ROUNDING)) return false;
    const least = before * this.#factor;
    return topP === 1 || least < topP * (least + rest + LOST);
  }

  /** Whether a token with this logit, one of the row's, stays for all logits within the tolerance. */
  certain(logit: number): boolean {
    const { topK, topP } = this.#filters;
    const { count, before, rest } = this.#split(logit, logit - this.#tolerance);
    if (count === 0) return true;
    if (count >= topK || !this.#reaches(logit - this.#tolerance, 1 + ROUNDING)) return false;
    return topP === 1 || before < topP * (before + rest * this.#factor);
  }

  //  The tokens with logits above `bar`, or from it on if it lies below `logit`, against the rest, to which one token with
  //  `logit` belongs; probabilities are added in the order of ids.
  #split(logit: number, bar: number): { count: number; before: number; rest: number } {
    const row = this.#row;
    const self = row.indexOf(logit);
    let count = 0;
    let before = 0;
    let rest = 0;
    for (let id = 0; id < row.length; id++) {
      const other = row[id]!;
      if (id !== self && (other > bar || (other === bar && bar < logit))) {
        count++;
        before += this.#p[id]!;
      } else rest += this.#p[id]!;
    }
    return { count, before, rest };
  }

  //  Min-p for a logit against the largest one.
  #reaches(logit: number, factor: number): boolean {
    const { temperature, minP } = this.#filters;
    return minP === 0 || exp((logit - this.#top) / temperature) >= minP * factor;
  }
}

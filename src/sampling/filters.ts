// Filters of tokens: top-k, then top-p (nucleus; Holtzman et al., "The curious case of neural text degeneration", ICLR 2020,
// section 3.1), then min-p (Nguyen et al., "Turning up the heat: min-p sampling", 2024, section 3), in the order of Hugging Face
// transformers. A token that a filter drops is masked, so the noise of the others stays what it was.
//
// Rank: by the logit, then by the lower id. Probabilities are the f32 of the kernels' softmax at tau = temperature, over what
// top-k has left, and are added as multiples of 2^-52, without rounding: the same tokens stay on every machine.

import { expected } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { Best } from "./best.ts";

/** Options about the distribution that tokens are drawn from. */
export interface FilterOptions {
  /** Temperature, by which the logits are divided, from 0 to 1e29. 0 takes the largest logit, without noise or filters. Default 1. */
  temperature?: number | null | undefined;
  /** Number of tokens of the highest ranks that stay; 0 and Infinity switch the filter off. Default: all. */
  topK?: number | null | undefined;
  /** Probability that the tokens which stay reach together, from 0 to 1: the fewest of the highest ranks. Default 1, all. */
  topP?: number | null | undefined;
  /** Least probability of the tokens that stay, as a fraction of the largest one, from 0 to 1. Default 0, all. */
  minP?: number | null | undefined;
}

export interface Filters {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  /** Whether any token can be dropped. */
  readonly some: boolean;
}

/**
 * Bins of logits, in which the nucleus is searched: PER_NAT of them to a factor e of the probability. All from a factor of e^-64 on go
 * into the last one; they add nothing to a sum of multiples of 2^-52.
 */
const PER_NAT = 64;
const LAST_BIN = 4096;

const TOP_K = "a positive integer, or 0 or Infinity for all";

export function filtersOf(options: FilterOptions, vocabulary: number): Filters {
  const temperature = temperatureOf(options.temperature);
  const topK = Math.min(topKOf(options.topK), vocabulary);
  const topP = shareOf(options.topP, "topP", 1);
  const minP = shareOf(options.minP, "minP", 0);
  const some = temperature > 0 && (topK < vocabulary || topP < 1 || minP > 0);
  return { temperature, topK, topP, minP, some };
}

function temperatureOf(value: unknown): number {
  if (value === undefined) return 1;
  if (typeof value !== "number") throw expected(TypeError, "temperature", "a number", value);
  if (!(value >= 0 && value <= 1e29)) throw expected(RangeError, "temperature", "a number from 0 to 1e29", value);
  return value;
}

function topKOf(value: unknown): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value !== "number") throw expected(TypeError, "topK", TOP_K, value);
  if (value === 0 || value === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (!Number.isSafeInteger(value) || value < 0) throw expected(RangeError, "topK", TOP_K, value);
  return value;
}

function shareOf(value: unknown, name: string, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (typeof value !== "number") throw expected(TypeError, name, "a number from 0 to 1", value);
  if (!(value >= 0 && value <= 1)) throw expected(RangeError, name, "a number from 0 to 1", value);
  return value;
}

/** Masks what the filters drop from a valid row, whose largest logit is that of `top`; at least `top` stays. */
export function applyFilters(gs: GumbelSoftmax, row: Float32Array, top: number, filters: Filters): void {
  const { temperature, topK, topP, minP } = filters;
  if (topK < row.length) keepOnly(row, ranked(row, topK));
  if (topP === 1 && minP === 0) return;
  const { data: p } = gs.softmax(row, { tau: temperature });
  const least = minP * p[top]!;
  if (topP < 1) keepNucleus(row, p, top, filters);
  if (minP > 0) for (let id = 0; id < row.length; id++) if (p[id]! < least) row[id] = Number.NEGATIVE_INFINITY;
}

/** The tokens of the first k ranks, or as many as are not masked. */
export function ranked(row: Float32Array, k: number): Int32Array {
  const best = new Best(k);
  best.plain(row);
  best.sort();
  return best.classes.subarray(0, best.count);
}

/**
 * Masks the tokens behind the first ranks, up to the one with which their probabilities reach topP. Tokens are put in bins by
 * their logits, so that only the bin where that happens has to be sorted.
 */
function keepNucleus(row: Float32Array, p: Float32Array, top: number, { temperature, topP }: Filters): void {
  const largest = row[top]!;
  const binOf = (logit: number): number => Math.min(LAST_BIN, Math.floor(((largest - logit) / temperature) * PER_NAT));
  const sums = new Float64Array(LAST_BIN + 1);
  for (let id = 0; id < row.length; id++) sums[binOf(row[id]!)]! += exactly(p[id]!);
  let bin = 0;
  let sum = 0;
  while (bin < LAST_BIN && sum + sums[bin]! < topP) sum += sums[bin++]!;
  if (bin === LAST_BIN) return;
  const edge: number[] = [];
  for (let id = 0; id < row.length; id++) {
    const own = binOf(row[id]!);
    if (own === bin) edge.push(id);
    else if (own > bin) row[id] = Number.NEGATIVE_INFINITY;
  }
  edge.sort((a, b) => row[b]! - row[a]! || a - b);
  for (const id of edge) {
    if (sum >= topP && id !== top) row[id] = Number.NEGATIVE_INFINITY;
    sum += exactly(p[id]!);
  }
}

//  A multiple of 2^-52: sums of these, below 2, are exact, whatever their order.
function exactly(p: number): number {
  return 1 + p - 1;
}

/** Masks all but these tokens. */
export function keepOnly(row: Float32Array, ids: Int32Array): void {
  const logits = new Float32Array(ids.length);
  for (let i = 0; i < ids.length; i++) logits[i] = row[ids[i]!]!;
  row.fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < ids.length; i++) row[ids[i]!] = logits[i]!;
}

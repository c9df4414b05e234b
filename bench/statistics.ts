// Medians and quartiles, of samples and of the ratios of rounds.

export interface Summary {
  median: number;
  lower: number;
  upper: number;
}

/** Linear between the two neighbours, as NumPy and R do by default. */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), lower: quantile(sorted, 0.25), upper: quantile(sorted, 0.75) };
}

function median(values: readonly number[]): number {
  return summary(values).median;
}

/** Samples of one round after the other; a round that a competitor did not take part in is empty. */
export type Rounds = readonly (readonly number[])[];

/** How many times the time of `ours` it takes `theirs`, by the rounds that both took part in. */
export function ratio(theirs: Rounds, ours: Rounds): Summary | undefined {
  const ratios: number[] = [];
  for (const [round, samples] of theirs.entries()) {
    const against = ours[round] ?? [];
    if (samples.length > 0 && against.length > 0) ratios.push(median(samples) / median(against));
  }
  return ratios.length > 0 ? summary(ratios) : undefined;
}

/** At most `count` of the samples, evenly spaced by size, so that median and quartiles stay. */
export function thin(samples: readonly number[], count: number): number[] {
  if (samples.length <= count) return [...samples];
  const sorted = [...samples].sort((a, b) => a - b);
  return Array.from({ length: count }, (_, at) => quantile(sorted, at / (count - 1)));
}

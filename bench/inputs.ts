// Seeded inputs: the same numbers on every machine.

/** Uniform in (0, 1): a linear congruential generator with 32 bits of state, far better than inputs of a benchmark need. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

/** About as wide as the logits of a trained classifier. */
export function flat(count: number): Float32Array {
  const next = uniform(44);
  return Float32Array.from({ length: count }, () => 8 * next() - 4);
}

export function cotangent(count: number): Float32Array {
  const next = uniform(45);
  return Float32Array.from({ length: count }, () => 2 * next() - 1);
}

const BULK_DEVIATION = 2.5;
/** How far the first of the head stands above the median. */
const HEAD_LEAD = 25;
/** Exponent a of the head: its k-th class has the probability of the first, times k^-a. With it the entropy is about 2 nats. */
const HEAD_EXPONENT = 1.83;
const HEAD_CLASSES = 2048;

/**
 * Logits such as a language model gives: a bulk that is normal around 0, and a head, scattered over the vocabulary, whose
 * probabilities fall as Zipf's law has it.
 */
export function language(rows: number, classes: number): Float32Array {
  const next = uniform(46);
  const logits = Float32Array.from({ length: rows * classes }, () => {
    // Box and Muller's: a normal variate from two uniform ones.
    return BULK_DEVIATION * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  });
  for (let row = 0; row < rows; row++) {
    for (let k = 1; k <= HEAD_CLASSES; k++) {
      const at = row * classes + Math.floor(next() * classes);
      logits[at] = Math.max(logits[at]!, HEAD_LEAD - HEAD_EXPONENT * Math.log(k));
    }
  }
  return logits;
}

/** What the rows of such logits are like, on average. */
export interface Peakedness {
  /** Of the softmax, in nats. */
  entropy: number;
  /** Of the maximum above the median. */
  lead: number;
}

export function peakedness(logits: Float32Array, rows: number): Peakedness {
  const classes = logits.length / rows;
  let entropy = 0;
  let lead = 0;
  for (let row = 0; row < rows; row++) {
    const z = logits.slice(row * classes, (row + 1) * classes).sort();
    const max = z[classes - 1]!;
    lead += max - z[classes >> 1]!;
    let sum = 0;
    let weighted = 0;
    for (const value of z) {
      const e = Math.exp(value - max);
      sum += e;
      weighted += e * (value - max);
    }
    entropy += Math.log(sum) - weighted / sum;
  }
  return { entropy: entropy / rows, lead: lead / rows };
}

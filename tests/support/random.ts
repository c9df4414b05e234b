// Seeded inputs for tests: the same cases on every run, on every machine.

/** Uniform in [0, 1) with 32 bits: mulberry32. Good enough to make inputs; nothing statistical is measured on it. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole numbers, both ends included. */
export function integers(seed: number): (low: number, high: number) => number {
  const next = uniform(seed);
  return (low, high) => low + Math.floor(next() * (high - low + 1));
}

/** Roughly normal f32 values (a sum of four uniforms, brought to variance 1), times scale. */
export function normals(count: number, seed: number, scale = 1): Float32Array {
  const next = uniform(seed);
  return Float32Array.from({ length: count }, () => (next() + next() + next() + next() - 2) * Math.sqrt(3) * scale);
}

/** The same row, again and again: the logits of many draws from one distribution. */
export function repeatRow(row: ArrayLike<number>, rows: number): Float32Array {
  return Float32Array.from({ length: rows * row.length }, (_, i) => row[i % row.length]!);
}

/** Ascending positions that cut [0, length) into pieces, as [start, end] pairs without gaps. */
export function cuts(length: number, pieces: number, seed: number): [number, number][] {
  const between = integers(seed);
  const inside = Array.from({ length: pieces - 1 }, () => between(0, length)).sort((a, b) => a - b);
  const ends = [...inside, length];
  return ends
    .map((end, i): [number, number] => [i === 0 ? 0 : ends[i - 1]!, end])
    .filter(([start, end]) => end > start);
}

export function size(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

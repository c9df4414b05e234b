// The library's maps from one number to another, run in the kernels' probe build on words of our choice, and their error
// against f64. words.test.ts samples them; run.ts takes every word.

import { readFileSync } from "node:fs";
import * as reference from "../reference.ts";
import { EXP, NOISE, SOFT_ZERO } from "../tolerance.ts";

/** What build/probe.wasm exports beside the kernels; the maps work in place on n words, padded to whole vectors. */
interface Probe {
  fillNoiseTable(): void;
  /** u32 words -> Gumbel noise. */
  gumbelFromWords(at: number, scratch: number, n: number): void;
  /** x -> exp((x - max) / tau). */
  expOf(at: number, scratch: number, n: number, max: number, tau: number): void;
  /** The least that a bound of `count` words from `first` on is above the noise. */
  slack(scratch: number, first: number, count: number): number;
}

export interface Map {
  /** The first and the last word of the whole range; an f32 argument goes by its bits. */
  readonly first: number;
  readonly last: number;
  readonly bound: number;
  run(probe: Probe, n: number): void;
  exact(word: number, float: number): number;
  error(got: number, exact: number): number;
}

export interface Worst {
  /** The largest error, in the unit of the map's bound; Infinity where a result is not finite. */
  readonly error: number;
  readonly word: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

export type MapName = "noise" | "exp" | "expFar";

/** Words a run; the probe's data lies below the first address, its scratch above the second. */
const CHUNK = 2 ** 16;
const AT = 2 ** 20;
export const SCRATCH: number = 2 ** 21;

/** Bounds of the index search that rule classes out have to be above the noise by so much (assembly/noise/noise-bound.ts). */
export const SLACK = 1.7e-4;

const floored = (got: number, exact: number): number => Math.abs(got - exact) / Math.max(1, Math.abs(exact));

export const MAPS: Record<MapName, Map> = {
  // Every word.
  noise: {
    first: 0,
    last: 2 ** 32 - 1,
    bound: NOISE,
    run: (probe, n) => probe.gumbelFromWords(AT, SCRATCH, n),
    exact: reference.noise,
    error: floored,
  },
  // Every f32 from -0 to -Infinity.
  exp: expMap(1),
  // The same where the kernels take the other way, because no maximum is near for so small a tau.
  expFar: expMap(2 ** -20),
};

function expMap(tau: number): Map {
  return {
    first: 0x8000_0000,
    last: 0xff80_0000,
    bound: EXP,
    run: (probe, n) => probe.expOf(AT, SCRATCH, n, 0, tau),
    exact: (_, x) => Math.exp(x / tau),
    error: (got, exact) => (exact < SOFT_ZERO && got === 0 ? 0 : Math.abs(got - exact) / exact),
  };
}

/** Runs a map on every step-th word from `from` to `to`, both included, and finds its largest error and its range. */
export function scan(map: Map, from: number, to: number, step = 1): Worst {
  const { words, floats, probe } = open();
  const given = new Uint32Array(CHUNK);
  const asFloat = new Float32Array(given.buffer);
  let worst = { error: 0, word: from };
  let [min, max, count] = [Infinity, -Infinity, 0];
  for (let start = from; start <= to; start += CHUNK * step) {
    const n = Math.min(CHUNK, Math.floor((to - start) / step) + 1);
    for (let i = 0; i < n; i++) given[i] = start + i * step;
    words.set(given);
    map.run(probe, n);
    for (let i = 0; i < n; i++) {
      const got = floats[i]!;
      const error = Number.isFinite(got) ? map.error(got, map.exact(given[i]!, asFloat[i]!)) : Infinity;
      if (!(error <= worst.error)) worst = { error, word: given[i]! };
      if (got < min) min = got;
      if (got > max) max = got;
    }
    count += n;
  }
  return { ...worst, min, max, count };
}

export function merge(parts: readonly Worst[]): Worst {
  return parts.reduce((a, b) => {
    const { error, word } = b.error > a.error ? b : a;
    return { error, word, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), count: a.count + b.count };
  });
}

export function open(): { words: Uint32Array; floats: Float32Array; probe: Probe } {
  const memory = new WebAssembly.Memory({ initial: 64 });
  const module = new WebAssembly.Module(readFileSync(new URL("../../build/probe.wasm", import.meta.url)));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const probe = exports as unknown as Probe;
  probe.fillNoiseTable();
  return {
    words: new Uint32Array(memory.buffer, AT, CHUNK),
    floats: new Float32Array(memory.buffer, AT, CHUNK),
    probe,
  };
}

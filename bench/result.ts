// The file of results: all that the reports are made from.

import type { Case, Shape } from "./cases.ts";
import type { Peakedness } from "./inputs.ts";
import type { Summary } from "./statistics.ts";

/** Nanoseconds per element. */
export interface Timing extends Summary {
  /** The samples of each round; a round that the competitor did not take part in is empty. */
  rounds: number[][];
  /** Values of the last results that were NaN, and infinite, if any were. */
  nan?: number;
  infinite?: number;
}

export interface Raced extends Case {
  /** By competitor. */
  timings: Record<string, Timing>;
  /** Why a competitor did not take part. */
  unsupported: Record<string, string>;
}

export interface Grown {
  shape: Shape;
  /** By competitor; `memory` in bytes is that of its WebAssembly. */
  timings: Record<string, Timing & { memory?: number }>;
}

export interface Started {
  runtime: string;
  version: string;
  /** Milliseconds, each start in a fresh process: the import, and from there to the first sample. */
  import: Summary;
  first: Summary;
}

export interface Size {
  file: string;
  raw: number;
  gzip: number;
  brotli: number;
}

export interface Result {
  unit: "nanoseconds per element";
  machine: { cpu: string; cores: number; memory: string; os: string; arch: string };
  settings: { tau: number; rounds: number; samples: number; ns: number };
  /** In the order of the tables. */
  competitors: { id: string; name: string; threads: number; versions: Record<string, string> }[];
  /** Why a competitor was not there. */
  unavailable: Record<string, string>;
  language: ({ shape: Shape } & Peakedness)[];
  race: Raced[];
  growth: Grown[];
  start: Started[];
  /** Why a runtime was not started. */
  notStarted: Record<string, string>;
  sizes: Size[];
}

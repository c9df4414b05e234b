// What a competitor, a process of its own, is asked and answers: one JSON object a line, on its standard input and output.

import type { Operation, Shape } from "./cases.ts";

export interface Task extends Shape {
  id: number;
  operation: Operation;
  /** Files of raw little-endian f32 values; a competitor may find more of them than it needs. */
  logits: string;
  cotangent: string;
  tau: number;
  /** Calls before the timed ones, at least. */
  warmup: number;
  /** Timed samples, at least, unless 20 times `ns` are used up. */
  samples: number;
  /** Timed work in all, in nanoseconds, at least. */
  ns: number;
  /** A file for the last result, as f64 values whatever its own type: for tests. */
  result?: string;
}

/** Said once, at the start. */
export type Hello =
  | { ready: true; name: string; versions: Record<string, string>; threads: number }
  | { ready?: undefined; unavailable: string };

export type Answer =
  | {
      id: number;
      /** Nanoseconds a call. */
      samples: number[];
      /** How many values of the last result were NaN, and infinite. */
      nan: number;
      infinite: number;
      /** Bytes of the memory that the competitor's WebAssembly has, where it is told. */
      memory?: number;
      unsupported?: undefined;
    }
  | { id: number; unsupported: string };

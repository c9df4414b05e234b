// What a competitor written in TypeScript has to give: its own way of doing each operation on an input.

import type { Operation, Shape } from "../cases.ts";
import type { Flaws, Plan } from "./time.ts";

export interface Input extends Shape {
  readonly logits: Float32Array;
  readonly tau: number;
  /** Read when it is asked for: only the gradient needs it. */
  readonly cotangent: Float32Array;
}

export type Values = Float32Array | Int32Array;

/** Gives the values in an array of the host: the gradient for `hardBackward`, one index a row for `categorical`. */
export type Call = () => Values | Promise<Values>;

export interface Work {
  readonly call: Call;
  /** Gives back what the work held outside the garbage collector's reach. */
  readonly close?: () => void;
}

/** Work that is done, and timed, elsewhere. */
export interface Remote {
  measure(plan: Plan): Promise<Flaws & { samples: number[] }>;
  readonly close?: () => void;
}

export interface Peer {
  readonly name: string;
  readonly versions: Record<string, string>;
  readonly threads: number;
  /** The work of one operation on one input, or why this peer cannot do it. */
  prepare(operation: Operation, input: Input): Work | Remote | string | Promise<Work | Remote | string>;
  /** Bytes of the WebAssembly memory in use. */
  memory?(): number;
  /** Ends what would outlive this process. */
  close?(): Promise<void>;
}

/** What `open` of a peer gives: the peer, or why there is none. */
export type Opened = Peer | { readonly unavailable: string };

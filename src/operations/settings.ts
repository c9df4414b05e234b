// What the operations hand on to forward and backward.

import type { Estimate } from "../arguments/read-options.ts";
import type { Engine } from "../run/engine.ts";

/** Gives the engine, as long as the instance is open. */
export type Open = () => Engine;

/** What forward and backward of an operation have in common. */
export interface Settings {
  /** The kind of the gradient. */
  readonly gradient: number;
  readonly tau: number;
  readonly mark: boolean;
  readonly scale: number;
  /** For how many draws of each row the logits stand, if they do. */
  readonly draws?: number | undefined;
  /** Which gradient, if it is not simply that of the kind. */
  readonly estimator?: Estimate | undefined;
}

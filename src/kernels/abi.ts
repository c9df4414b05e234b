// Numbers that the kernels and this side have to agree on. Literals alone, so that the compiler of either language reads them.

/** The kinds of result, in an order that is made use of: from SOFT on they need tau, from GRADIENT on a cotangent too. */
export const INDEX = 0;
export const HARD = 1;
export const SOFT = 2;
export const LOG = 3;
export const GRADIENT = 4;
export const LOG_GRADIENT = 5;
/** The gradient of soft samples that stand in the place of the logits. */
export const SOFT_GRADIENT = 6;

export const PASS_ALL = 0;
export const PASS_MAX = 1;
export const PASS_SUM = 2;
export const PASS_DOT = 3;
export const PASS_WRITE = 4;

/** A kind of task beside those of `sample`: Gumbel noise. */
export const NOISE = 7;
/** Beside a pass: `out` still holds what the pass before has left there. */
export const KEPT = 8;

/** Classes whose exponentials are summed on their own: where the pieces of a row may start. */
export const SUM_BLOCK = 4096;

/** What a task gives that its worker keeps. */
export const NO_RESULT = -2147483648;

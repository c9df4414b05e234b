// Numbers that the kernels (assembly/) and TypeScript have to agree on. Each is a plain literal, which both compilers read.

/** Kinds of a task. Code relies on their order: from SOFT on a kind needs tau, from GRADIENT on a cotangent too. */
export const INDEX = 0;
/** One-hot rows. */
export const HARD = 1;
/** Softmax of the perturbed logits. */
export const SOFT = 2;
/** Its logarithm. */
export const LOG = 3;
/** Gradient of SOFT. */
export const GRADIENT = 4;
/** Gradient of LOG. */
export const LOG_GRADIENT = 5;
/** Gradient of SOFT from soft rows, which take the place of the logits. */
export const SOFT_GRADIENT = 6;
/** Gumbel noise: no operation on logits, but a task like the others. */
export const NOISE = 7;

/** Passes over a row that is cut into pieces, in the order in which they run; PASS_ALL does a whole row at once. */
export const PASS_ALL = 0;
export const PASS_MAX = 1;
export const PASS_SUM = 2;
export const PASS_DOT = 3;
export const PASS_WRITE = 4;
/** Added to a pass after PASS_MAX: `out` still holds the result of the pass before. */
export const KEPT = 8;

/** Classes whose exponentials are summed on their own: a piece of a row begins at a multiple of it. */
export const SUM_BLOCK = 4096;

/** Numbers (f64) that describe a row between its passes: the sum stands first, <c, y> or <c, 1> at DOT, the largest |c| at LARGEST (u32). */
export const SUMS = 8;
export const DOT = 4;
export const LARGEST = 5;

/** Result of a task in which nothing is wrong. A result from 0 on is the first invalid row. */
export const VALID = -1;
/** Result of a task whose cotangent has a NaN or an Infinity. */
export const NOT_FINITE = -2;
/** Result of a task that its worker did not return in time. */
export const NO_RESULT = -2147483648;

/** States of a task, its first word; 5 is one that the caller has given up. TASK_TAKEN has ONE_WORKER times the worker's number added. */
export const TASK_FREE = 0;
export const TASK_READY = 1;
export const TASK_DONE = 2;
export const TASK_TAKEN = 4;
export const ONE_WORKER = 8;

/** Tasks of a pool: more than the slots of a call and the workers, each of which may keep one, together. */
export const TASK_COUNT = 256;

/** Padding in bytes: kernels may read this far past an input, and less far past an output. */
export const SLACK_BYTES = 256;
/** Alignment in bytes that suits every address the kernels take. */
export const ALIGNMENT = 64;

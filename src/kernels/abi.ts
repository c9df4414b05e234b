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

/** Fields of a task, in bytes from its address; assembly/memory/task.ts says what they hold. */
export const STATUS_FIELD = 0;
export const RESULT_FIELD = 4;
export const KIND_FIELD = 8;
export const PASS_FIELD = 12;
export const OUT_FIELD = 16;
export const MAX_FIELD = 20;
export const INDEX_FIELD = 24;
export const SUMS_FIELD = 28;
export const LOGITS_FIELD = 32;
export const COTANGENT_FIELD = 36;
export const OUTER_FIELD = 40;
export const CLASSES_FIELD = 44;
export const INNER_FIELD = 48;
export const FROM_FIELD = 52;
export const ROW_FIELD = 56;
export const BLOCK_FIELD = 64;
export const LEAD_FIELD = 68;
export const SEED_FIELD = 72;
export const SCALE_FIELD = 80;
export const TAU_FIELD = 88;
export const ROW_NUMBERS_FIELD = 96;
export const SEEDS_FIELD = 100;
export const TAUS_FIELD = 104;
/** Bytes of a task: a multiple of a line of the cache, so that no two tasks share one. */
export const TASK_BYTES = 128;

/** States of a task in a pool. TASK_TAKEN and TASK_LOST have ONE_WORKER times the worker's number added. */
export const TASK_FREE = 0;
export const TASK_READY = 1;
export const TASK_DONE = 2;
export const TASK_TAKEN = 4;
export const TASK_LOST = 5;
export const ONE_WORKER = 8;

/** Tasks of a pool: more than the slots of a call and the workers, each of which may keep one, together. */
export const TASK_COUNT = 256;

/** Padding in bytes: kernels may read this far past an input, and less far past an output. */
export const SLACK_BYTES = 256;
/** Alignment in bytes that suits every address the kernels take. */
export const ALIGNMENT = 64;

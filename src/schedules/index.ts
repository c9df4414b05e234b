// `gumbel-softmax/schedules`: temperatures that fall while a network trains, each a pure function of the step.
//
// A function here checks its options once and returns the schedule, (step) => tau. The step is a number >= 0, whole or not, and
// there is no state: any step may be asked for at any time, and gives the same bits in every runtime.

import { checkFinite, checkNonNegative, expected, type Given, ownOptions } from "../check.ts";
import { cosPi, exp, log } from "../math.ts";

/** The temperature at a step: a finite number >= 0. */
export type Schedule = (step: number) => number;

/** Options of `exponential`. */
export interface ExponentialOptions {
  /** The temperature at step 0, finite, >= 0 and at least `floor`. Default 1. */
  initial?: number | null | undefined;
  /** The rate of decay per step, finite and >= 0. */
  rate: number;
  /** The lowest temperature, finite and >= 0. Default 0.5, or `initial` if that is lower. */
  floor?: number | null | undefined;
  /** The temperature changes once in so many steps, a whole number > 0. Default 1. */
  every?: number | null | undefined;
}

/** Options of `geometric`. */
export interface GeometricOptions {
  /** The temperature at step 0, finite, >= 0 and at least `floor`. Default 2. */
  initial?: number | null | undefined;
  /** Factor of the temperature per step, above 0 and at most 1. Default 0.999995. */
  factor?: number | null | undefined;
  /** The lowest temperature, finite and >= 0. Default 0.5, or `initial` if that is lower. */
  floor?: number | null | undefined;
}

/** Options of `linear` and `cosine`. */
export interface RampOptions {
  /** The temperature at step 0, finite and >= 0. */
  from: number;
  /** The temperature at step `over` and after it, finite and >= 0. */
  to: number;
  /** Number of steps it takes, finite and > 0. */
  over: number;
}

/**
 * The same temperature at every step.
 *
 * @param tau Temperature, finite and >= 0.
 * @throws TypeError, RangeError: tau, or later the step, is not such a number.
 * @example
 * const tau = constant(2 / 3);
 * tau(100000); // => 0.6667
 */
export function constant(tau: number): Schedule {
  const value = checkNonNegative(tau, "tau");
  return schedule(() => value);
}

/**
 * max(floor, initial * e^(-rate * t)), t the step, or with `every` the last multiple of it: the annealing of Jang, Gu and Poole,
 * "Categorical Reparameterization with Gumbel-Softmax" (ICLR 2017), section 4.2: tau = max(0.5, exp(-r*t)), updated every N steps.
 *
 * @throws TypeError: an option is not a number, or has an unknown name; the same for the step later.
 * @throws RangeError: an option or the step is out of range, or `initial` is below `floor`.
 * @example
 * const tau = exponential({ rate: 1e-4, every: 500 });
 * tau(0); // => 1
 * tau(999); // => 0.9512
 * tau(1000); // => 0.9048
 * tau(1e9); // => 0.5
 */
export function exponential(allOptions: ExponentialOptions): Schedule {
  const options = read(allOptions, ["initial", "rate", "floor", "every"]);
  const { initial, floor } = decay(options, 1);
  const rate = checkNonNegative(options.rate, "rate");
  const every = checkFinite(options.every, "every", 1);
  if (!Number.isSafeInteger(every) || every < 1) throw expected(RangeError, "every", "a whole number > 0", every);
  return schedule((step) => Math.max(floor, initial * exp(-rate * (step - (step % every)))));
}

/**
 * max(floor, initial * factor^step): the annealing of wav2vec 2.0 (Baevski et al. 2020, section 4.2), whose base model has the
 * defaults here. The relative error is below 3.4e-16 * (1 + ln(initial / tau)), at whole steps and between them.
 *
 * @throws TypeError: an option is not a number, or has an unknown name; the same for the step later.
 * @throws RangeError: an option or the step is out of range, or `initial` is below `floor`.
 * @example
 * const tau = geometric({ initial: 2, factor: 0.999995, floor: 0.5 });
 * tau(0); // => 2
 * tau(100000); // => 1.2131
 * tau(400000); // => 0.5
 */
export function geometric(allOptions: GeometricOptions = {}): Schedule {
  const options = read(allOptions, ["initial", "factor", "floor"]);
  const { initial, floor } = decay(options, 2);
  const factor = checkFinite(options.factor, "factor", 0.999995);
  if (!(factor > 0 && factor <= 1)) throw expected(RangeError, "factor", "a number above 0 and at most 1", factor);
  const rate = log(factor);
  return schedule((step) => Math.max(floor, initial * exp(rate * step)));
}

/**
 * In a straight line from one temperature to another, which then stays: from + (to - from) * min(1, step / over).
 *
 * @throws TypeError: an option is not a number, or has an unknown name; the same for the step later.
 * @throws RangeError: an option or the step is out of range.
 * @example
 * const tau = linear({ from: 2, to: 0.5, over: 1000 });
 * tau(500); // => 1.25
 * tau(5000); // => 0.5
 */
export function linear(options: RampOptions): Schedule {
  const { from, to, over } = ramp(options);
  return schedule((step) => between(from, to, Math.min(1, step / over)));
}

/**
 * Along half a cosine from one temperature to another, which then stays: to + (from - to) * (1 + cos(pi * t)) / 2 with
 * t = min(1, step / over). Slow at both ends. (The decay of Loshchilov and Hutter, "SGDR" (ICLR 2017), equation 5.)
 *
 * @throws TypeError: an option is not a number, or has an unknown name; the same for the step later.
 * @throws RangeError: an option or the step is out of range.
 * @example
 * const tau = cosine({ from: 1, to: 1 / 16, over: 150000 });
 * tau(0); // => 1
 * tau(75000); // => 0.5313
 * tau(150000); // => 0.0625
 */
export function cosine(options: RampOptions): Schedule {
  const { from, to, over } = ramp(options);
  return schedule((step) => between(from, to, (1 - cosPi(Math.min(1, step / over))) / 2));
}

function schedule(tau: Schedule): Schedule {
  return (step) => tau(checkNonNegative(step, "step"));
}

/** Exactly `from` at 0 and `to` at 1, and never outside of the two. */
function between(from: number, to: number, share: number): number {
  if (share === 1) return to;
  const value = from + (to - from) * share;
  return Math.min(Math.max(value, Math.min(from, to)), Math.max(from, to));
}

interface Decay {
  initial?: number | undefined;
  floor?: number | undefined;
}

function decay(options: Decay, byDefault: number): { initial: number; floor: number } {
  const initial = checkNonNegative(options.initial, "initial", byDefault);
  const floor = checkNonNegative(options.floor, "floor", Math.min(0.5, initial));
  if (initial < floor) throw expected(RangeError, "initial", `a number >= floor, which is ${floor}`, initial);
  return { initial, floor };
}

function ramp(allOptions: RampOptions): RampOptions {
  const options = read(allOptions, ["from", "to", "over"]);
  const from = checkNonNegative(options.from, "from");
  const to = checkNonNegative(options.to, "to");
  const over = checkFinite(options.over, "over");
  if (over <= 0) throw expected(RangeError, "over", "a number of steps > 0", over);
  return { from, to, over };
}

function read<Options extends object>(options: Options, known: readonly string[]): Given<Options> {
  if (options === undefined) throw expected(TypeError, "options", "an object", options);
  return ownOptions(options, new Set(known));
}

// The family of distributions around Gumbel-Softmax: samples from an instance's kernels, densities in f64.

export type { DoubleValues, LogProbGradient } from "./batch.ts";
export {
  Categorical,
  type CategoricalSampleOptions,
  type CategoricalSettings,
  OneHotCategorical,
} from "./categorical.ts";
export {
  type ConcreteSampleOptions,
  type ConcreteSettings,
  ExpRelaxedOneHotCategorical,
  type ExpRelaxedSample,
  type ExpRelaxedSampleOptions,
  RelaxedOneHotCategorical,
} from "./concrete.ts";
export { Gumbel } from "./gumbel.ts";
export {
  RelaxedBernoulli,
  type RelaxedBernoulliSample,
  type RelaxedBernoulliSampleOptions,
} from "./relaxed-bernoulli.ts";

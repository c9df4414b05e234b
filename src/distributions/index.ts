// The family of distributions around Gumbel-Softmax: samples from an instance's kernels, densities in f64.

export type { LogitsOrProbs } from "./batch.ts";
export type { BinarySampleOptions } from "./binary.ts";
export { Categorical } from "./categorical.ts";
export {
  type ConcreteSampleOptions,
  type ConcreteSettings,
  ExpRelaxedOneHotCategorical,
  type ExpRelaxedSample,
  type ExpRelaxedSampleOptions,
  RelaxedOneHotCategorical,
} from "./concrete.ts";
export { Gumbel } from "./gumbel.ts";
export { LogitRelaxedBernoulli } from "./logit-relaxed-bernoulli.ts";
export { OneHotCategorical } from "./one-hot-categorical.ts";
export type { CategoricalSampleOptions, CategoricalSettings } from "./probabilities.ts";
export {
  RelaxedBernoulli,
  type RelaxedBernoulliSample,
  type RelaxedBernoulliSampleOptions,
} from "./relaxed-bernoulli.ts";
export type {
  ClassNumbers,
  DivergenceGradient,
  DoubleValues,
  LogitsGradient,
  LogProbGradient,
} from "./results.ts";

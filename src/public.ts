// Exports of every entry beside `load` and `loadSync`.

export type { BigIntegers, IndexLike } from "./arguments/indices.ts";
export type {
  ArgmaxOptions,
  AxisOptions,
  CategoricalOptions,
  Estimator,
  GumbelOptions,
  GumbelSoftmaxBackwardOptions,
  GumbelSoftmaxOptions,
  IndexOut,
  NoiseOptions,
  OneHotOptions,
  Out,
  OutOptions,
  RowSeeds,
  SampleBackwardOptions,
  SoftmaxOptions,
  StreamOptions,
  Temperature,
  TemperatureOptions,
} from "./arguments/options.ts";
export type { Declared, JsonNumber, Nested, NumericArray, Shape, Shaped, TensorLike } from "./arguments/tensor-like.ts";
export type { GumbelSoftmax } from "./gumbel-softmax.ts";
export type { LoadOptions } from "./load.ts";
export type { Tensor } from "./memory/tensor.ts";
export type {
  CategoricalSample,
  Differentiable,
  Gradient,
  GradientWithTau,
  GumbelSample,
  Indices,
  ResultJson,
  RowSeeded,
  Sample,
  Values,
} from "./results.ts";
export { fold, Generator, type GeneratorState, type Seed, type SeedList, split } from "./seed.ts";

// What every entry exports beside `load` and `loadSync`.

export type { Tensor } from "./empty.ts";
export type { GumbelSoftmax } from "./gumbel-softmax.ts";
export type { LoadOptions } from "./load.ts";
export type {
  ArgmaxOptions,
  AxisOptions,
  CategoricalOptions,
  GumbelOptions,
  GumbelSoftmaxBackwardOptions,
  GumbelSoftmaxOptions,
  IndexOut,
  NoiseOptions,
  OneHotOptions,
  Out,
  OutOptions,
  SoftmaxOptions,
  StreamOptions,
  TemperatureOptions,
} from "./options.ts";
export type {
  CategoricalSample,
  Differentiable,
  GumbelSample,
  Indices,
  Sample,
  Values,
} from "./results.ts";
export { fold, Generator, type GeneratorState, type Seed, split } from "./seed.ts";
export type { Nested, NumericArray, Shaped, TensorLike } from "./tensor.ts";

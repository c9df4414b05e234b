// gumbel-softmax/sampling: samples without replacement, noise given its outcome, and tokens of language models.

export { type ConditionalGumbelOptions, type ConditionalSample, conditionalGumbel } from "./conditional.ts";
export type { FilterOptions } from "./filters.ts";
export { type PlackettLuceOptions, type RankingLogProb, topKLogProb, topKMode } from "./plackett-luce.ts";
export type { SeedOptions } from "./row-seeds.ts";
export { type SampleTokensOptions, sampleTokens, type TokenSample } from "./tokens.ts";
export { type TopKOptions, type TopKSample, topK } from "./top-k.ts";
export { type Verdict, type VerifyTokenOptions, verifyToken } from "./verify.ts";

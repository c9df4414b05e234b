// Training: the same start, order of digits and noise for every estimator, so that nothing but the estimator differs.

import { fold, split } from "gumbel-softmax";
import { Adam } from "./adam.js";
import { gather, PIXELS, permutation, uniform } from "./data.js";
import { Vae } from "./model.js";

const BATCH = 50;
const LEARNING_RATE = 0.003;

/**
 * @param sampling `estimator` of `gumbelSoftmax` and `schedule`, the temperature at a step
 * @param onEpoch  called with the mean losses of an epoch: `train` as the estimator sees it, `test` with drawn codes
 * @returns        the trained model
 */
export function train(gs, { train: digits, test }, { estimator, schedule }, { epochs, seed }, onEpoch) {
  const [start, order, noise, testNoise] = split(seed, 4);
  const model = new Vae(gs, start);
  const adam = new Adam(model.parameters.length, LEARNING_RATE);
  const next = uniform(order);
  const rows = digits.length / PIXELS;
  for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
    const shuffled = permutation(rows, next);
    let sum = 0;
    for (let from = 0; from < rows; from += BATCH, step++) {
      const picked = shuffled.slice(from, from + BATCH);
      const sampling = { estimator, tau: schedule(step), seed: fold(noise, step) };
      sum += total(model.gradientOf(gather(digits, picked), sampling)) * picked.length;
      adam.step(model.parameters, model.gradient);
    }
    onEpoch({ train: sum / rows, test: total(evaluate(model, test, testNoise)) });
  }
  return model;
}

/**
 * The loss with codes that are really drawn, one class in each group: the bound that the model is for, whatever the estimator.
 *
 * @param draws codes drawn for each digit
 */
export function evaluate(model, pixels, seed, draws = 1) {
  const parts = Array.from({ length: draws }, (_, draw) => model.loss(pixels, { hard: true, seed: fold(seed, draw) }));
  const mean = (name) => parts.reduce((sum, part) => sum + part[name], 0) / draws;
  return { reconstruction: mean("reconstruction"), kl: mean("kl") };
}

/** -ELBO, in nats. */
export function total({ reconstruction, kl }) {
  return reconstruction + kl;
}

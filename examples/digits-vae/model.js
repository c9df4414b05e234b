// The categorical variational autoencoder (Jang, Gu, Poole 2017, section 4.2), on digits of 8 x 8 pixels.
//
//   encoder   64 pixels -> 128 ReLU -> logits [GROUPS, CLASSES] of q(code | digit)
//   code      one class in each group, drawn by an estimator: the one step that has no derivative of its own
//   decoder   code -> 128 ReLU -> logits [64, 2] of ink and paper
//   p(digit | code)   each pixel counts the inked dots of DOTS: Binomial(DOTS, softmax(logits)[ink])
//   prior     every class as likely as any other
//
// The loss is the negative ELBO in nats: -ln p(digit | code) + KL(q || prior). Exponentials and logarithms are the library's;
// the rest is + - * / and sqrt, which every runtime rounds alike.

import { DOTS, PIXELS, uniform } from "./data.js";
import { Dense, relu } from "./dense.js";

const GROUPS = 10;
const CLASSES = 10;
const HIDDEN = 128;
const SIZES = [
  [PIXELS, HIDDEN],
  [HIDDEN, GROUPS * CLASSES],
  [GROUPS * CLASSES, HIDDEN],
  [HIDDEN, 2 * PIXELS],
];

const LN_CLASSES = Math.LN10; // CLASSES is 10; the constant is the same in every engine, Math.log is not

/** ln C(16, k), to the nearest f64: the arrangements that k inked dots can have. */
const LN_ARRANGEMENTS = [
  0, 2.772588722239781, 4.787491742782046, 6.327936783729195, 7.506591780070841, 8.38206051742474, 8.988196320995057,
  9.344871264933788, 9.462654300590172,
];

export class Vae {
  #gs;
  #layers;

  /** @param gs an instance of the kernels */
  constructor(gs, seed) {
    this.#gs = gs;
    const size = SIZES.reduce((sum, [inputs, outputs]) => sum + Dense.size(inputs, outputs), 0);
    /** All weights and biases, layer after layer, and the gradient of the last `gradientOf`. */
    this.parameters = new Float64Array(size);
    this.gradient = new Float64Array(size);
    const next = uniform(seed);
    let start = 0;
    this.#layers = SIZES.map(([inputs, outputs]) => {
      const end = start + Dense.size(inputs, outputs);
      const [parameters, gradient] = [this.parameters.subarray(start, end), this.gradient.subarray(start, end)];
      start = end;
      return new Dense(inputs, outputs, parameters, gradient, next);
    });
  }

  /** Mean over the digits of both parts of the loss. `sampling` are options of `gumbelSoftmax`: estimator, tau, seed. */
  loss(pixels, sampling) {
    const { reconstruction, kl } = this.#forward(pixels, sampling);
    return { reconstruction, kl };
  }

  /** The same, and sets `gradient`. */
  gradientOf(pixels, sampling) {
    const [encoder1, encoder2, decoder1, decoder2] = this.#layers;
    const { x, hidden, q, logRatio, code, decoded, logInk, reconstruction, kl } = this.#forward(pixels, sampling);
    const rows = pixels.length / PIXELS;

    const inkGradient = f64(logInk.backward({ data: dots(pixels, -1 / rows), shape: logInk.shape }));
    decoder2.backward(decoded, inkGradient);
    const decodedGradient = decoder2.inputGradient(inkGradient, (i) => decoded[i] > 0);
    decoder1.backward(f64(code), decodedGradient);
    const codeGradient = decoder1.inputGradient(decodedGradient, () => true);

    const throughCode = code.backward({ data: codeGradient, shape: code.shape }).data;
    // d KL / dq = ln q + ln CLASSES + 1: softmax's backward takes no notice of what is the same for all classes.
    const throughKl = q.backward({ data: logRatio.map((value) => value / rows), shape: q.shape }).data;
    const logitGradient = Float64Array.from(throughCode, (value, i) => value + throughKl[i]);
    encoder2.backward(hidden, logitGradient);
    encoder1.backward(
      x,
      encoder2.inputGradient(logitGradient, (i) => hidden[i] > 0),
    );
    return { reconstruction, kl };
  }

  /** The digits that the likeliest codes decode to: expected inked dots, 0 to 16. */
  reconstruct(pixels) {
    const { logits } = this.#encode(pixels);
    const code = this.#gs.oneHot(this.#gs.argmax(logits), CLASSES);
    const { data } = this.#gs.softmax(this.#decode(code).ink);
    return Float64Array.from({ length: pixels.length }, (_, i) => DOTS * data[2 * i]);
  }

  #forward(pixels, sampling) {
    const rows = pixels.length / PIXELS;
    const { x, hidden, logits } = this.#encode(pixels);
    const code = this.#gs.gumbelSoftmax(logits, sampling);
    const { decoded, ink } = this.#decode(code);

    const logInk = this.#gs.logSoftmax(ink);
    const likelihood = dot(dots(pixels), logInk.data) + sumArrangements(pixels);
    const q = this.#gs.softmax(logits);
    const logRatio = Float64Array.from(this.#gs.logSoftmax(logits).data, (value) => value + LN_CLASSES);
    const kl = dot(q.data, logRatio) / rows;
    return { x, hidden, q, logRatio, code, decoded, logInk, reconstruction: -likelihood / rows, kl };
  }

  #encode(pixels) {
    const [encoder1, encoder2] = this.#layers;
    const x = Float64Array.from(pixels, (count) => count / DOTS);
    const hidden = relu(encoder1.forward(x));
    const shape = [pixels.length / PIXELS, GROUPS, CLASSES];
    return { x, hidden, logits: { data: encoder2.forward(hidden), shape } };
  }

  #decode(code) {
    const [, , decoder1, decoder2] = this.#layers;
    const decoded = relu(decoder1.forward(f64(code)));
    const shape = [code.data.length / (GROUPS * CLASSES), PIXELS, 2];
    return { decoded, ink: { data: decoder2.forward(decoded), shape } };
  }
}

/** [inked, not inked] of every pixel, times `scale`: of the right length to weigh [ln ink, ln paper]. */
function dots(pixels, scale = 1) {
  const pairs = new Float64Array(2 * pixels.length);
  pixels.forEach((count, i) => {
    pairs[2 * i] = scale * count;
    pairs[2 * i + 1] = scale * (DOTS - count);
  });
  return pairs;
}

function sumArrangements(pixels) {
  return pixels.reduce((sum, count) => sum + LN_ARRANGEMENTS[Math.min(count, DOTS - count)], 0);
}

/** The layers' loops are fast as long as they see one kind of array. */
function f64({ data }) {
  return new Float64Array(data);
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

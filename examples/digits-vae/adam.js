// Adam (Kingma and Ba, ICLR 2015, algorithm 1), with the powers of the betas as running products: `**` differs between engines.

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

export class Adam {
  #rate;
  #mean;
  #square;
  #power1 = 1;
  #power2 = 1;

  constructor(size, rate) {
    this.#rate = rate;
    this.#mean = new Float64Array(size);
    this.#square = new Float64Array(size);
  }

  step(parameters, gradient) {
    this.#power1 *= BETA_1;
    this.#power2 *= BETA_2;
    const [mean, square, rate] = [this.#mean, this.#square, this.#rate / (1 - this.#power1)];
    const correction = 1 / (1 - this.#power2);
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i];
      mean[i] += (1 - BETA_1) * (g - mean[i]);
      square[i] += (1 - BETA_2) * (g * g - square[i]);
      parameters[i] -= (rate * mean[i]) / (Math.sqrt(square[i] * correction) + EPSILON);
    }
  }
}

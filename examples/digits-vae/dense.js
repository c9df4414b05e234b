// A dense layer, out = x W + b. Inputs that are 0 (paper, what a ReLU has cut off, the classes of a one-hot code that were not
// drawn) cost nothing, and rows are added four at a time: two thirds of the loads and stores of one at a time are saved.

export class Dense {
  #weights; // [inputs, outputs]
  #biases;
  #weightGradient;
  #biasGradient;

  /**
   * A layer whose parameters, and their gradient, are these parts of two larger arrays: biases 0, weights uniform with variance
   * 2 / inputs (He et al. 2015, for ReLU) from `next`, a source of uniform numbers.
   */
  constructor(inputs, outputs, parameters, gradient, next) {
    this.inputs = inputs;
    this.outputs = outputs;
    const cut = inputs * outputs;
    this.#weights = parameters.subarray(0, cut);
    this.#biases = parameters.subarray(cut);
    this.#weightGradient = gradient.subarray(0, cut);
    this.#biasGradient = gradient.subarray(cut);
    const bound = Math.sqrt(6 / inputs);
    for (let i = 0; i < cut; i++) this.#weights[i] = bound * (2 * next() - 1);
  }

  /** How many parameters a layer has. */
  static size(inputs, outputs) {
    return (inputs + 1) * outputs;
  }

  /** [rows, inputs] to [rows, outputs]. */
  forward(x) {
    const { inputs, outputs } = this;
    const rows = x.length / inputs;
    const out = new Float64Array(rows * outputs);
    const sum = new WeightedSum(inputs);
    for (let r = 0; r < rows; r++) {
      out.set(this.#biases, r * outputs);
      for (let k = 0; k < inputs; k++) sum.add(x[r * inputs + k], k * outputs);
      sum.into(out, r * outputs, this.#weights, outputs);
    }
    return out;
  }

  /** Sets the gradient of the parameters from that of the output. */
  backward(x, outGradient) {
    const { inputs, outputs } = this;
    const rows = x.length / inputs;
    const sum = new WeightedSum(rows);
    this.#weightGradient.fill(0);
    for (let k = 0; k < inputs; k++) {
      for (let r = 0; r < rows; r++) sum.add(x[r * inputs + k], r * outputs);
      sum.into(this.#weightGradient, k * outputs, outGradient, outputs);
    }
    this.#biasGradient.fill(0);
    for (let r = 0; r < rows; r++) sum.add(1, r * outputs);
    sum.into(this.#biasGradient, 0, outGradient, outputs);
  }

  /** The gradient of the input from that of the output; `open(i)` says which inputs need one, the others have 0. */
  inputGradient(outGradient, open) {
    const { inputs, outputs } = this;
    const rows = outGradient.length / outputs;
    const gradient = new Float64Array(rows * inputs);
    for (let r = 0, i = 0; r < rows; r++) {
      for (let k = 0; k < inputs; k++, i++) {
        if (open(i)) gradient[i] = product(this.#weights, k * outputs, outGradient, r * outputs, outputs);
      }
    }
    return gradient;
  }
}

/** A sum of rows of a matrix, each with its factor: collected by `add`, then added to `out` in one go. */
class WeightedSum {
  #factors;
  #starts;
  #count = 0;

  constructor(most) {
    this.#factors = new Float64Array(most + 3); // up to three of factor 0 fill up the last four
    this.#starts = new Int32Array(most + 3);
  }

  add(factor, start) {
    if (factor === 0) return;
    this.#factors[this.#count] = factor;
    this.#starts[this.#count++] = start;
  }

  into(out, to, matrix, width) {
    const [factors, starts] = [this.#factors, this.#starts];
    factors.fill(0, this.#count, this.#count + 3);
    starts.fill(0, this.#count, this.#count + 3);
    for (let i = 0; i < this.#count; i += 4) {
      const [a, b, c, d] = [factors[i], factors[i + 1], factors[i + 2], factors[i + 3]];
      const [p, q, r, s] = [starts[i], starts[i + 1], starts[i + 2], starts[i + 3]];
      for (let j = 0; j < width; j++) {
        out[to + j] += a * matrix[p + j] + b * matrix[q + j] + c * matrix[r + j] + d * matrix[s + j];
      }
    }
    this.#count = 0;
  }
}

/** Inner product of two rows of `width` numbers, a multiple of four, in four sums that do not wait for each other. */
function product(a, p, b, q, width) {
  let s = 0;
  let t = 0;
  let u = 0;
  let v = 0;
  for (let j = 0; j < width; j += 4) {
    s += a[p + j] * b[q + j];
    t += a[p + j + 1] * b[q + j + 1];
    u += a[p + j + 2] * b[q + j + 2];
    v += a[p + j + 3] * b[q + j + 3];
  }
  return s + t + (u + v);
}

/** max(0, x), in place. Where the result is 0, so is its gradient. */
export function relu(x) {
  for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] = 0;
  return x;
}

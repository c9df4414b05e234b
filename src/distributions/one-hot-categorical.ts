// Categorical distributions, whose samples are one-hot rows.

import type { RowSeeds } from "../arguments/options.ts";
import { rowStart } from "../arguments/shape.ts";
import type { TensorLike } from "../arguments/tensor-like.ts";
import { allocate, checkInstance, ownOptions, rowError } from "../check.ts";
import type { GumbelSoftmax } from "../gumbel-softmax.ts";
import { exp, expm1 } from "../math.ts";
import type { RowSeeded, Sample } from "../results.ts";
import { drawsOf, rowOf, rowShape, setRow } from "./batch.ts";
import { logProbGradientOf } from "./categorical-row.ts";
import { type CategoricalSampleOptions, modesOf, Probabilities, SAMPLE_OPTIONS } from "./probabilities.ts";
import { type DoubleValues, expOf, type LogitsGradient, resultOf } from "./results.ts";

/**
 * `Categorical` with one-hot rows for samples, through which a gradient passes (straight-through).
 *
 * @throws TypeError for the wrong kind of argument; RangeError for a wrong value, a finite one beyond f32, or a row with
 *         NaN, Infinity, or only -Infinity
 * @example
 * const action = new OneHotCategorical([[2, 0.5, -1]], { unimix: 0.01 });
 * const y = action.sample(gs, { seed: 44 });
 * y.data; // => [0, 1, 0]
 * action.logProb(y).data; // => [-1.7323]
 */
export class OneHotCategorical extends Probabilities {
  /**
   * Draws one-hot rows. `backward` is that of the plain straight-through estimator (Bengio, Leonard, Courville, 2013):
   * the gradient of the probabilities pi, as DreamerV3 has it.
   *
   * @param gs      an instance
   * @param options `seed` fresh, `seeds` none, `rowOffset` 0, `classOffset` 0, `numSamples` none
   * @throws TypeError or RangeError that names the argument
   * @example
   * const y = new OneHotCategorical([[2, 0.5, -1]]).sample(gs, { seed: 44 });
   * y.backward([[1, 0, 0]]).data; // => [0.1684, -0.1377, -0.0307]
   */
  sample(gs: GumbelSoftmax, options: RowSeeds<CategoricalSampleOptions>): RowSeeded<Sample>;
  sample(gs: GumbelSoftmax, options?: CategoricalSampleOptions): Sample;
  sample(
    gs: GumbelSoftmax,
    options?: CategoricalSampleOptions | RowSeeds<CategoricalSampleOptions>,
  ): Sample | RowSeeded<Sample>;
  sample(gs: GumbelSoftmax, options: unknown = {}): Sample | RowSeeded<Sample> {
    checkInstance(gs);
    return this.draw(gs, ownOptions(options as CategoricalSampleOptions, SAMPLE_OPTIONS));
  }

  /**
   * Log-probability of one-hot rows.
   *
   * @param value exactly 0 and 1, in the shape of the logits; axes before these are further draws
   * @returns     in the shape of `value` without the axis of classes; -Infinity for a masked class
   * @throws TypeError for the wrong kind of argument, RangeError for a row that is not one-hot or another shape
   * @example
   * new OneHotCategorical([0, Math.log(3)]).logProb([0, 1]).data; // => [-0.2877]
   */
  logProb(value: TensorLike): DoubleValues {
    const { along } = this.batch;
    const { classes, shape } = this.hot(value);
    const position = (c: number, row: number) => rowStart(row % along.rows, along) + c * along.inner;
    const data = Float64Array.from(classes, (c, row) => this.logits.data[position(c, row)]!);
    return resultOf(data, rowShape(shape, this.batch));
  }

  /**
   * Probability of one-hot rows, exp(logProb).
   *
   * @param value as for `logProb`
   * @returns     in the shape of `value` without the axis of classes; 0 for a masked class
   * @throws TypeError for the wrong kind of argument, RangeError for a row that is not one-hot or another shape
   * @example
   * new OneHotCategorical([0, Math.log(3)]).prob([0, 1]).data; // => [0.75]
   */
  prob(value: TensorLike): DoubleValues {
    return expOf(this.logProb(value));
  }

  /**
   * Gradient of the log-probability of every one-hot row with respect to the logits, as `Categorical` has it.
   *
   * @param value as for `logProb`
   * @returns     in the shape of `value`
   * @throws TypeError for the wrong kind of argument, RangeError for a row that is not one-hot or another shape
   * @example
   * new OneHotCategorical([1, 2, 3]).logProbGradient([0, 1, 0]).logits.data; // => [-0.0900, 0.7553, -0.6652]
   */
  logProbGradient(value: TensorLike): LogitsGradient {
    const { along } = this.batch;
    const { classes, shape } = this.hot(value);
    const data = new Float64Array(classes.length * along.classes);
    for (let row = 0; row < classes.length; row++) {
      const logShares = rowOf(this.logShares, along, row % along.rows);
      setRow(data, along, row, logProbGradientOf(classes[row]!, logShares, this.unimix));
    }
    return { logits: resultOf(data, shape) };
  }

  /**
   * All one-hot rows, each as a value of every row, for sums over them.
   *
   * @returns one-hot rows with an axis of the classes first, before the shape of the logits
   * @example
   * new OneHotCategorical([1, 2]).enumerateSupport().data; // => [1, 0, 0, 1]
   */
  enumerateSupport(): DoubleValues {
    const { along, shape } = this.batch;
    const data = allocate(Float64Array, along.classes * along.classes * along.rows);
    for (let c = 0; c < along.classes; c++) {
      for (let row = 0; row < along.rows; row++) {
        data[rowStart(c * along.rows + row, along) + c * along.inner] = 1;
      }
    }
    return resultOf(data, [along.classes, ...shape]);
  }

  /** One-hot row of the most probable class, the lowest one on a tie. */
  get mode(): DoubleValues {
    const { along, shape } = this.batch;
    const data = new Float64Array(along.rows * along.classes);
    modesOf(this.batch, this.unimix).forEach((c, row) => {
      data[rowStart(row, along) + c * along.inner] = 1;
    });
    return resultOf(data, shape);
  }

  /** The probabilities. */
  get mean(): DoubleValues {
    return this.probs;
  }

  /** Variance of every entry, pi (1 - pi). */
  get variance(): DoubleValues {
    return resultOf(
      this.logits.data.map((l) => 0 - exp(l) * expm1(l)),
      this.logits.shape,
    );
  }

  /** Class of the 1 of each row. @internal */
  private hot(value: TensorLike): { classes: Int32Array; shape: number[] } {
    const { along } = this.batch;
    const { data, shape } = drawsOf(value, "value", this.batch.shape);
    const classes = new Int32Array(data.length / along.classes);
    for (let row = 0; row < classes.length; row++) {
      const index = hotOf(rowOf(data, along, row));
      if (index < 0) throw rowError(RangeError, "value", "one-hot rows, exactly 0 and 1", `row ${row}`, row);
      classes[row] = index;
    }
    return { classes, shape: [...shape] };
  }
}

/** Class of the 1 of a one-hot row, or -1. */
function hotOf(row: Float64Array): number {
  const index = row.indexOf(1);
  return row.every((value, c) => value === (c === index ? 1 : 0)) ? index : -1;
}

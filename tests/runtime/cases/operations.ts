// Every operation: known values, the forms of its input, layouts, slices, rows without an answer, where results go.

import { type Cases, equal, hash, near, numbers, ok, same } from "./check.ts";

const LOGITS = [[2, 0.5, -1]];
const ONE = [[1, 0, 0]];
const ZETA = [[0.1, 0.5, 0.4]];
const CUBE = { data: numbers(5 * 7 * 6), shape: [5, 7, 6] };
const COTANGENT = { data: numbers(5 * 7 * 6, 2), shape: [5, 7, 6] };

/** Each estimator with options of its own; its gradient for LOGITS and ONE, seed 44; the hash of what it gives for CUBE. */
const ESTIMATORS = [
  [{ estimator: "gumbel-softmax", tau: 0.5 }, [0.2299, -0.2276, -0.0022], 2875033135],
  [{ estimator: "straight-through-gumbel", tau: 0.5 }, [0.2299, -0.2276, -0.0022], 1552982222],
  [{ estimator: "straight-through", tau: 2 }, [0.121, -0.0822, -0.0388], 566105858],
  [{ estimator: "straight-through", unimix: 0.1 }, [0.1516, -0.1239, -0.0277], 3117965915],
  [{ estimator: "reinmax", tau: 1.5 }, [0.3598, -0.3452, -0.0146], 3083618507],
  [{ estimator: "gumbel-rao", tau: 0.5 }, [0.3743, -0.368, -0.0062], 1349339594],
  [{ estimator: "gumbel-rao", tau: 0.5, conditionalSamples: 3 }, [0.3723, -0.3606, -0.0117], 2580130894],
] as const;

export const operations: Cases = {
  gumbelSoftmax({ gs }) {
    const y = gs.gumbelSoftmax([[1, 2, 3]], { temperature: 0.5, seed: 44 });
    near(y.data, [0.0004, 0.4073, 0.5923], "soft");
    same(y.shape, [1, 3], "shape");
    equal(y.seed, 44n, "seed");
    const hard = gs.gumbelSoftmax(LOGITS, { tau: 0.5, hard: true, seed: 44 });
    same(hard.data, [0, 1, 0], "hard");
    same(hard.indices, [1], "indices");
  },
  "gumbelSoftmaxBackward, and backward of a result"({ gs }) {
    const y = gs.gumbelSoftmax(LOGITS, { tau: 0.5, hard: true, seed: 44 });
    const dz = y.backward([[1, 0, 0]]);
    near(dz.data, [0.2299, -0.2276, -0.0022], "dz");
    same(dz.shape, [1, 3], "shape");
    same(gs.gumbelSoftmaxBackward([[1, 0, 0]], LOGITS, { tau: 0.5, seed: 44 }).data, dz.data, "from the seed");
  },
  "estimators: a sample and its gradient, to the bit"({ gs }) {
    for (const [options, gradient, known] of ESTIMATORS) {
      const about = JSON.stringify(options);
      const y = gs.gumbelSoftmax(LOGITS, { ...options, seed: 44 });
      if (options.estimator === "gumbel-softmax") near(y.data, [0.1325, 0.8591, 0.0084], about);
      else same(y.data, [0, 1, 0], about);
      near(y.backward(ONE).data, gradient, `gradient, ${about}`);
      const found = [0, 1, 2].flatMap((dim) => {
        const cube = gs.gumbelSoftmax(CUBE, { ...options, dim, seed: 8 });
        const dz = cube.backward(COTANGENT).data;
        const again = gs.gumbelSoftmaxBackward(COTANGENT, CUBE, { ...options, dim, seed: 8 });
        same(again.data, dz, `gradient from the seed along ${dim}, ${about}`);
        return [cube.data, cube.indices, dz];
      });
      equal(hash(...found), known, `bits, ${about}`);
    }
  },
  "seeds: a row by itself is as it is among others"({ gs }) {
    const z = { data: CUBE.data, shape: [35, 6] };
    const c = { data: COTANGENT.data, shape: [35, 6] };
    const seeds = BigUint64Array.from({ length: 35 }, (_, row) => 2n ** 64n - 1n - BigInt(row) ** 11n);
    const { indices, scores } = gs.categorical(z, { seeds, scores: true });
    for (const [options] of ESTIMATORS) {
      const about = JSON.stringify(options);
      const y = gs.gumbelSoftmax(z, { ...options, seeds });
      const dz = y.backward(c).data;
      same(y.seeds, seeds, "seeds");
      if (!("unimix" in options)) same(y.indices, indices, `indices, ${about}`);
      for (const row of [0, 17, 34]) {
        const part = (all: Float32Array) => all.subarray(6 * row, 6 * row + 6);
        const alone = gs.gumbelSoftmax(part(z.data), { ...options, seed: seeds[row]! });
        same(alone.data, part(y.data), `row ${row}, ${about}`);
        same(alone.backward(part(c.data)).data, part(dz), `gradient of row ${row}, ${about}`);
      }
    }
    equal(hash(indices, scores!), 1991837726, "bits");
  },
  "numSamples: draws along an axis, the gradient their sum"({ gs }) {
    const y = gs.gumbelSoftmax(CUBE, { numSamples: 3, tau: 0.5, seed: 10 });
    same(y.shape, [3, 5, 7, 6], "shape");
    const many = { data: new Float32Array(630), shape: y.shape };
    for (const draw of [0, 1, 2]) many.data.set(CUBE.data, 210 * draw);
    same(gs.gumbelSoftmax(many, { tau: 0.5, seed: 10 }).data, y.data, "as if the logits stood there three times");
    const drawn = gs.categorical(CUBE, { numSamples: 3, seed: 10 });
    same(drawn.indices, y.indices, "categorical");
    same(drawn.shape, [3, 5, 7], "shape of the indices");
    const dz = y.backward(many);
    same(dz.shape, CUBE.shape, "shape of the gradient");
    const rao = gs.gumbelSoftmax(CUBE, { numSamples: 2, estimator: "gumbel-rao", tau: 0.5, dim: 0, seed: 10 });
    const both = { data: many.data.subarray(0, 420), shape: [2, 5, 7, 6] };
    equal(hash(y.data, y.indices, dz.data, rao.data, rao.backward(both).data), 4197031235, "bits");
  },
  gumbelMax({ gs }) {
    same(gs.gumbelMax(ZETA, { temp: 0.5, hard: true, seed: 44 }).data, [0, 1, 0], "hard");
    near(gs.gumbelMax(ZETA, { seed: 44 }).data, [0.0402, 0.6849, 0.2749], "temp 1");
    near(gs.gumbelMax(ZETA, { temp: 5, seed: 44 }).data, [0.2363, 0.4166, 0.3471], "temp 5");
    near(gs.gumbelMax(ZETA, { temp: 0.1, seed: 44 }).data, [0, 0.9999, 0.0001], "temp 0.1");
  },
  "softmax and its gradient"({ gs }) {
    const y = gs.softmax([1, 2, 3]);
    near(y.data, [0.09, 0.2447, 0.6652], "softmax");
    near(y.backward([1, 0, 0]).data, [0.0819, -0.022, -0.0599], "backward");
    same(gs.softmaxBackward([1, 0, 0], [1, 2, 3]).data, y.backward([1, 0, 0]).data, "softmaxBackward");
  },
  "logSoftmax and its gradient"({ gs }) {
    const y = gs.logSoftmax([1, 2, 3]);
    near(y.data, [-2.4076, -1.4076, -0.4076], "logSoftmax");
    near(y.backward([1, 0, 0]).data, [0.91, -0.2447, -0.6652], "backward");
    same(gs.logSoftmaxBackward([1, 0, 0], [1, 2, 3]).data, y.backward([1, 0, 0]).data, "logSoftmaxBackward");
  },
  argmax({ gs }) {
    same(
      gs.argmax([
        [1, 3, 2],
        [5, 0, 5],
      ]).indices,
      [1, 0],
      "the lowest class on a tie",
    );
  },
  oneHot({ gs }) {
    same(gs.oneHot([2, 0, -1], 3).data, [0, 0, 1, 1, 0, 0, 0, 0, 0], "rows");
    same(gs.oneHot([2, 0], 3, { dim: 0 }).data, [0, 1, 0, 0, 1, 0], "columns");
  },
  categorical({ gs }) {
    const drawn = gs.categorical(ZETA, { seed: 44, scores: true });
    same(drawn.indices, [1], "index");
    const noise = gs.gumbel([1, 3], { seed: 44 }).data;
    equal(drawn.scores?.[0], Math.fround(Math.fround(0.5) + noise[1]!), "score");
    const { indices } = gs.gumbelSoftmax(CUBE, { seed: 9 });
    same(gs.categorical(CUBE, { seed: 9 }).indices, indices, "the indices of the samples");
  },
  gumbel({ gs }) {
    near(gs.gumbel([3], { loc: 0, scale: 2, seed: 44 }).data, [-0.0734, 4.796, 3.1704], "scale 2");
    near(gs.gumbel([3], { stream: 7, seed: 44 }).data, [-0.6053, 0.733, -1.4789], "stream 7");
    same(gs.gumbel([5, 7], { stream: 0, seed: 44 }).data, gs.gumbel([5, 7], { seed: 44 }).data, "stream 0");
    equal(
      hash(gs.gumbel(CUBE.shape, { stream: 2 ** 32 - 1, dim: 1, seed: 44 }).data),
      2121453536,
      "bits of the last stream",
    );
  },
  "the forms of an input"({ gs }) {
    const expected = gs.softmax({ data: Float32Array.of(3, 1, 2), shape: [1, 3] });
    const forms = [
      [[3, 1, 2]],
      { data: [3, 1, 2], dims: [1, 3] },
      { data: Float64Array.of(3, 1, 2), shape: [1, 3] },
      [Int8Array.of(3, 1, 2)],
    ];
    for (const form of forms) {
      same(gs.softmax(form).data, expected.data, "data");
      same(gs.softmax(form).shape, [1, 3], "shape");
    }
    same(gs.softmax(Uint16Array.of(3, 1, 2)).shape, [3], "the shape of a bare array");
  },
  "every axis gives what the last one gives"({ gs }) {
    for (const dim of [0, 1]) {
      const z = toLast(CUBE, dim);
      const c = toLast(COTANGENT, dim);
      for (const hard of [false, true]) {
        const y = gs.gumbelSoftmax(CUBE, { dim, hard, tau: 0.5, seed: 2 });
        const expected = gs.gumbelSoftmax(z, { hard, tau: 0.5, seed: 2 });
        same(toLast(y, dim).data, expected.data, `sample along ${dim}`);
        same(y.indices, expected.indices, `indices along ${dim}`);
        same(toLast(y.backward(COTANGENT), dim).data, expected.backward(c).data, `gradient along ${dim}`);
      }
      same(toLast(gs.logSoftmax(CUBE, { dim }), dim).data, gs.logSoftmax(z).data, `logSoftmax along ${dim}`);
      same(gs.argmax(CUBE, { dim }).indices, gs.argmax(z).indices, `argmax along ${dim}`);
    }
  },
  "a masked class takes nothing"({ gs }) {
    const y = gs.gumbelSoftmax([-Infinity, 1, -Infinity], { tau: 5, seed: 3 });
    same(y.data, [0, 1, 0], "sample");
    same(gs.logSoftmax([-Infinity, 1]).data, [-Infinity, 0], "logSoftmax");
  },
  "no noise, and no temperature"({ gs }) {
    same(gs.gumbelSoftmax(CUBE, { noiseScale: 0, tau: 2 }).data, gs.softmax(CUBE, { tau: 2 }).data, "noiseScale 0");
    const hard = gs.gumbelSoftmax(CUBE, { hard: true, seed: 4 }).data;
    for (const tau of [0, 1e-300]) same(gs.gumbelSoftmax(CUBE, { tau, seed: 4 }).data, hard, `tau ${tau}`);
  },
  "slices of rows and of classes"({ gs }) {
    const z = { data: CUBE.data, shape: [35, 6] };
    const whole = gs.gumbelSoftmax(z, { seed: 2n ** 64n - 1n });
    const rows = { data: z.data.subarray(12, 30), shape: [3, 6] };
    same(gs.gumbelSoftmax(rows, { seed: 2n ** 64n - 1n, rowOffset: 2 }).data, whole.data.subarray(12, 30), "rows");
    const { scores } = gs.categorical(z.data, { seed: 5, scores: true });
    const parts = [0, 101].map((classOffset) =>
      gs.categorical(z.data.subarray(classOffset, classOffset + 109), { seed: 5, classOffset, scores: true }),
    );
    equal(Math.max(...parts.map((part) => part.scores![0]!)), scores![0]!, "classes");
  },
  "rows without an answer are marked"({ gs }) {
    const z = [
      [1, Number.NaN],
      [0, -Infinity],
      [-Infinity, -Infinity],
      [Infinity, 0],
    ];
    const y = gs.gumbelSoftmax(z, { invalid: "mark", seed: 1 });
    same(y.data, [0, 0, 1, 0, 0, 0, 0, 0], "sample");
    same(y.indices, [-1, 0, -1, -1], "indices");
    same(gs.argmax(z, { invalid: "mark" }).indices, [-1, 0, -1, -1], "argmax");
  },
  "no rows give empty results"({ gs }) {
    const none = { data: new Float32Array(0), shape: [0, 3] };
    for (const y of [gs.gumbelSoftmax(none, { seed: 1 }), gs.logSoftmax(none), gs.gumbel([0, 3]), gs.oneHot([], 3)]) {
      same(y.data, [], "data");
      same(y.shape, [0, 3], "shape");
    }
    same(gs.categorical(none, { seed: 1 }).indices, [], "indices");
    same(gs.gumbelSoftmax(none, { seed: 1 }).backward(none).data, [], "gradient");
  },
  "out takes the result"({ gs }) {
    const expected = gs.softmax(CUBE).data;
    const out = new Float32Array(210);
    equal(gs.softmax(CUBE, { out }).data, out, "the caller's own array");
    same(out, expected, "out");
    const inPlace = { data: CUBE.data.slice(), shape: CUBE.shape };
    gs.softmax(inPlace, { out: inPlace });
    same(inPlace.data, expected, "in place");
  },
  "a call without a seed carries the one it used"({ gs }) {
    const fresh = gs.gumbelSoftmax(CUBE);
    same(gs.gumbelSoftmax(CUBE, { seed: fresh.seed }).data, fresh.data, "again");
    // Two fresh seeds agree with probability 2^-64.
    ok(gs.gumbelSoftmax(CUBE).seed !== fresh.seed, "two calls took one seed");
    const saved = gs.generator.state;
    const { seed } = gs.categorical(CUBE);
    gs.generator.state = saved;
    equal(gs.generator.next(), seed, "the generator's next seed");
  },
  "tensors inside the module's memory"({ gs }) {
    const z = gs.empty(CUBE.shape);
    const y = gs.empty(CUBE.shape);
    try {
      z.data.set(CUBE.data);
      const expected = gs.gumbelSoftmax(CUBE, { seed: 6 });
      const sampled = gs.gumbelSoftmax(z, { seed: 6, out: y });
      same(y.data, expected.data, "sample");
      same(sampled.backward(COTANGENT).data, expected.backward(COTANGENT).data, "gradient");
    } finally {
      z.free();
      y.free();
    }
  },
};

type Shaped = { data: Float32Array; shape: number[] };

/** The same tensor with axis `dim` of three moved to the end. */
function toLast({ data, shape }: Shaped, dim: number): Shaped {
  const order = [...[0, 1, 2].filter((axis) => axis !== dim), dim];
  const strides = [shape[1]! * shape[2]!, shape[2]!, 1];
  const moved: number[] = [];
  const visit = (depth: number, at: number): void => {
    if (depth === 3) {
      moved.push(data[at]!);
      return;
    }
    const axis = order[depth]!;
    for (let i = 0; i < shape[axis]!; i++) visit(depth + 1, at + i * strides[axis]!);
  };
  visit(0, 0);
  return { data: Float32Array.from(moved), shape: order.map((axis) => shape[axis]!) };
}

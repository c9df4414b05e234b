// Threads: as many as asked, or one and the reason; always the same bits.

import { type Cases, equal, type Instance, numbers, ok, same } from "./check.ts";

/** An instance that was asked for `threads` has them or says why not. */
export function checkThreads(gs: Instance, threads: number): void {
  const { threadsUnavailable: reason } = gs;
  if (reason === undefined) equal(gs.threads, threads, "threads, with no reason for fewer");
  else ok(gs.threads < threads && reason.length > 0, `${gs.threads} threads of ${threads}, because ${reason}`);
}

/** Calls that are big enough to be shared out, against one thread. `gs` is the instance of several. */
export const threadCases: Cases = {
  async "big calls give the bits of one thread"({ library, gs }) {
    const one = library.loadSync();
    for (const shape of [
      [3000, 100],
      [50, 60, 100],
      [2, 140_000],
      [1, 300_001],
    ]) {
      const z = { data: numbers(shape.reduce((a, b) => a * b)), shape };
      const c = { data: numbers(z.data.length, 2), shape };
      for (const dim of shape.length > 2 ? [0, 1, 2] : [-1]) {
        const about = `[${shape}] along ${dim}`;
        for (const hard of [false, true]) {
          const y = gs.gumbelSoftmax(z, { dim, hard, tau: 0.5, seed: 3 });
          const expected = one.gumbelSoftmax(z, { dim, hard, tau: 0.5, seed: 3 });
          same(y.data, expected.data, `sample ${about}`);
          same(y.indices, expected.indices, `indices ${about}`);
          same(y.backward(c).data, expected.backward(c).data, `gradient ${about}`);
        }
        same(gs.logSoftmax(z, { dim }).data, one.logSoftmax(z, { dim }).data, `logSoftmax ${about}`);
        same(gs.gumbel(shape, { dim, seed: 4 }).data, one.gumbel(shape, { dim, seed: 4 }).data, `gumbel ${about}`);
        const drawn = gs.categorical(z, { dim, seed: 5, scores: true });
        const expected = one.categorical(z, { dim, seed: 5, scores: true });
        same(drawn.indices, expected.indices, `categorical ${about}`);
        same(drawn.scores!, expected.scores!, `scores ${about}`);
      }
    }
    one.close();
  },
  async "estimators, seeds and draws give the bits of one thread"({ library, gs }) {
    const one = library.loadSync();
    for (const shape of [
      [300, 100],
      [3, 11_000],
    ]) {
      const z = { data: numbers(shape[0]! * shape[1]!), shape };
      const c = { data: numbers(2 * z.data.length, 2), shape: [2, ...shape] };
      const seeds = BigUint64Array.from({ length: shape[0]! }, (_, row) => BigInt(row));
      for (const estimator of ["straight-through-gumbel", "straight-through", "reinmax", "gumbel-rao"] as const) {
        const options = { estimator, tau: 0.5, numSamples: 2 };
        const about = `${estimator}, [${shape}]`;
        const y = gs.gumbelSoftmax(z, { ...options, seed: 6 });
        const expected = one.gumbelSoftmax(z, { ...options, seed: 6 });
        same(y.data, expected.data, `sample, ${about}`);
        same(y.backward(c).data, expected.backward(c).data, `gradient, ${about}`);
        const seeded = gs.gumbelSoftmax(z, { ...options, seeds });
        const alike = one.gumbelSoftmax(z, { ...options, seeds });
        same(seeded.data, alike.data, `sample with seeds, ${about}`);
        same(seeded.backward(c).data, alike.backward(c).data, `gradient with seeds, ${about}`);
      }
    }
    one.close();
  },
  "a bad row is found wherever it lies"({ gs }) {
    const z = { data: numbers(300_000), shape: [3000, 100] };
    z.data[100 * 2999 + 50] = Number.NaN;
    z.data[100 * 1234 + 5] = Number.NaN;
    let message = "";
    try {
      gs.gumbelSoftmax(z, { seed: 1 });
    } catch (error) {
      message = (error as Error).message;
    }
    ok(/\brow 1234\b/.test(message), `the first bad row: ${message}`);
    const { indices } = gs.gumbelSoftmax(z, { seed: 1, invalid: "mark" });
    same(
      Array.from(indices.keys()).filter((row) => indices[row] === -1),
      [1234, 2999],
      "marked rows",
    );
  },
  async 'threads: "auto" always works'({ library, gs }) {
    const auto = await library.load({ threads: "auto" });
    ok(Number.isInteger(auto.threads) && auto.threads >= 1, `threads: ${auto.threads}`);
    const z = { data: numbers(300_000), shape: [3000, 100] };
    same(auto.softmax(z).data, gs.softmax(z).data, "softmax");
    auto.close();
  },
  async "several instances with threads work side by side, and close apart"({ library, gs }) {
    const others = await Promise.all([library.load({ threads: 2 }), library.load({ threads: 2 })]);
    const z = { data: numbers(300_000), shape: [3000, 100] };
    const expected = gs.softmax(z).data;
    for (const other of others) same(other.softmax(z).data, expected, "softmax");
    others[0]!.close();
    same(others[1]!.softmax(z).data, expected, "softmax, after another closed");
    others[1]!.close();
  },
};

// The package itself: what it exports, seeds, loading, closing.

import { type Cases, equal, near, ok, refuses, same } from "./check.ts";

const LAST_SEED = 2n ** 64n - 1n;

export const packageCases: Cases = {
  "what is exported"({ library }) {
    same(Object.keys(library).sort(), ["Generator", "fold", "load", "loadSync", "split"], "names");
  },
  "fold, split and Generator"({ library: { fold, split, Generator } }) {
    equal(fold(44, 3), 10516282079588861405n, "fold");
    same(split(44, 2), [3726956389443084708n, 7467914251712129309n], "split");
    const generator = new Generator(44);
    const saved = JSON.parse(JSON.stringify(generator.state));
    equal(generator.next(), 16728669587083487928n, "next");
    generator.state = saved;
    equal(generator.next(), 16728669587083487928n, "next, from the saved state");
    ok(new Generator().next() <= LAST_SEED, "a generator of its own seed");
  },
  async "load, with nothing to configure"({ library }) {
    const gs = await library.load();
    equal(gs.threads, 1, "threads");
    equal(gs.threadsUnavailable, undefined, "threadsUnavailable");
    near(gs.softmax([1, 2, 3]).data, [0.09, 0.2447, 0.6652], "softmax");
    gs.close();
  },
  loadSync({ library }) {
    const gs = library.loadSync();
    near(gs.softmax([1, 2, 3]).data, [0.09, 0.2447, 0.6652], "softmax");
    gs.close();
  },
  async "a closed instance is an Error, and others work on"({ library, gs }) {
    const closed = await library.load();
    const y = closed.softmax([1, 2, 3]);
    closed.close();
    closed.close();
    await refuses("Error", "instance", () => closed.softmax([1, 2, 3]));
    await refuses("Error", "instance", () => y.backward([1, 0, 0]));
    near(y.data, [0.09, 0.2447, 0.6652], "a result from before");
    same(gs.softmax([1, 2, 3]).data, y.data, "another instance");
  },
  async "Symbol.dispose closes, where there is one"({ library }) {
    const dispose = Symbol.dispose as symbol | undefined;
    if (dispose === undefined) return;
    const gs = await library.load();
    gs[Symbol.dispose]();
    await refuses("Error", "instance", () => gs.argmax([1]));
  },
  async "a freed tensor is an Error"({ gs }) {
    const z = gs.empty([2, 3]);
    same(z.data, [0, 0, 0, 0, 0, 0], "zeros at first");
    z.free();
    z.free();
    await refuses("Error", "tensor", () => gs.argmax(z));
  },
};

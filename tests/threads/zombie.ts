// A worker that takes tasks as assembly/pool.ts has it, and never does them. It holds the first one for ever, or each of
// them until the caller has given it up, then writes garbage where the results were to go, and lets go of it.

export type Habit = "holds" | "returns";

/** The worker's program, for node:worker_threads; `workerData` is that of the library and a habit. */
export const ZOMBIE = `
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const { memory, pool, worker, habit } = workerData;
const [FREE, READY, TAKEN] = [0, 1, 4 + 8 * worker];
let words = new Int32Array(memory.buffer);
const [CLAIMED, POSTED, CLOSING] = [pool / 4, (pool + 64) / 4, (pool + 132) / 4];
let state = worker;
const random = (below) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;

parentPort.postMessage(worker);
while (!Atomics.load(words, CLOSING)) {
  const posted = Atomics.load(words, POSTED);
  const number = Atomics.load(words, CLAIMED);
  if (number === posted) {
    Atomics.wait(words, POSTED, posted, 20);
    continue;
  }
  if (Atomics.compareExchange(words, CLAIMED, number, (number + 1) | 0) !== number) continue;
  const task = (pool + 192 + 128 * (number & 255)) / 4;
  if (Atomics.compareExchange(words, task, READY, TAKEN) !== READY) continue;
  if (habit === "holds") Atomics.wait(words, task, TAKEN), Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  while (Atomics.load(words, task) === TAKEN);
  words = new Int32Array(memory.buffer);
  const [out, max, index] = words.subarray(task + 4, task + 7);
  const [outer, classes, inner] = words.subarray(task + 10, task + 13);
  const kind = words[task + 2];
  const until = performance.now() + random(3);
  do {
    for (let n = 0; n < 100; n++) {
      if (out && kind) words[out / 4 + random(outer * classes * inner)] = random(2 ** 30);
      if (max) words[max / 4 + random(outer * inner)] = random(2 ** 30);
      if (index) words[index / 4 + random(outer * inner)] = random(2 ** 30);
    }
  } while (performance.now() < until);
  Atomics.store(words, task, FREE);
}
`;

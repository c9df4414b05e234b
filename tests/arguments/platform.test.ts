// Hosts that lack a part: the error names it, and workers are found elsewhere.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";

/** Output of a program in a Node.js with these flags, which has `say` to print with. */
async function run(flags: string[], program: string): Promise<string> {
  const say = 'const say = (...all) => process.stdout.write(all.join(" ") + "\\n");';
  const args = [...flags, "--no-warnings", "--input-type=module", "-e", `${say}\n${program}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout.trim();
}

const LOAD_ALL = `
const { load, loadSync } = await import("gumbel-softmax");
for (const options of [{}, { threads: 2 }]) {
  try { loadSync(options); say("loaded"); } catch (error) { say(error.name, error.message); }
  await load(options).then(() => say("loaded"), (error) => say(error.name, error.message));
}`;

async function allSay(flags: string[], before: string, wanted: RegExp): Promise<void> {
  const lines = (await run(flags, before + LOAD_ALL)).split("\n");
  assert.equal(lines.length, 4);
  for (const line of lines) assert.match(line, wanted);
}

test("no WebAssembly", async () => {
  const wanted = /^Error WebAssembly: expected a runtime that has it .+, got none$/;
  await allSay(["--jitless"], "", wanted);
  await allSay([], "delete globalThis.WebAssembly;", wanted);
});

test("WebAssembly without SIMD", async () => {
  const wanted = /^Error WebAssembly SIMD: expected a runtime that has it .+, got WebAssembly without SIMD$/;
  await allSay([], "WebAssembly.validate = () => false;", wanted);
  // V8 has no SIMD for an x86 processor without SSE4.1.
  if (process.arch === "x64") await allSay(["--no-enable-sse4-1"], "", wanted);
});

test("errors that are not a lack of memory pass through", async () => {
  const memory = 'WebAssembly.Memory = function () { throw new TypeError("no shared memory here"); };';
  await allSay([], memory, /^(TypeError no shared memory here|loaded)$/);
  const none = 'WebAssembly.Memory = function () { throw new RangeError("out of it"); };';
  await allSay([], none, /^RangeError memory: expected room for a WebAssembly.Memory of \d+ bytes .+, got no more/);
});

/** A worker of the web's kind, made of node:worker_threads, which is then out of reach. */
const WEB_WORKERS = `
const { Worker: NodeWorker } = process.getBuiltinModule("node:worker_threads");
let made = 0;
globalThis.URL.createObjectURL = (blob) => blob;
globalThis.URL.revokeObjectURL = () => {};
globalThis.Blob = class { constructor([text]) { this.text = text; } };
globalThis.Worker = class {
  constructor({ text }) {
    made++;
    const source = 'const { parentPort } = require("node:worker_threads");' +
      "globalThis.postMessage = (value) => parentPort.postMessage(value); globalThis.close = () => {};" +
      'parentPort.once("message", (data) => onmessage({ data }));' + text;
    this.worker = new NodeWorker(source, { eval: true, execArgv: [] });
    this.worker.unref();
  }
  addEventListener(event, listener) { if (event === "message") this.worker.on("message", (data) => listener({ data })); }
  postMessage(value) { this.worker.postMessage(value); }
  terminate() { this.worker.terminate(); }
};`;

const THREADS = `
const { load } = await import("gumbel-softmax");
const gs = await load({ threads: 3 });
say(made, gs.threads, gs.threadsUnavailable);
gs.close();`;

for (const [name, broken] of [
  [
    "whose constructor throws",
    'if (name === "node:worker_threads") return { Worker: class { constructor() { throw new Error("no"); } } };',
  ],
  ["that throws itself", 'if (name === "node:worker_threads") throw new Error("no");'],
  ["that has no Worker", 'if (name === "node:worker_threads") return {};'],
] as const) {
  const refuse = `
const builtin = process.getBuiltinModule;
process.getBuiltinModule = (name) => { ${broken} return builtin(name); };`;

  test(`node:worker_threads ${name}: Web Workers take its place`, async () => {
    assert.equal(await run([], WEB_WORKERS + refuse + THREADS), "2 3");
  });

  test(`node:worker_threads ${name}, and no Web Workers: one thread, and the reason`, async () => {
    const said = await run([], `const made = 0;${refuse}${THREADS}`);
    assert.match(said, /^0 1 (a worker could not be made: no|this runtime has no workers)$/);
  });
}

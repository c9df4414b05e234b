// Serves one peer of this folder by the protocol: node --import tsx bench/peers/serve.ts PEER [ARGUMENT…]

import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Answer, Hello, Task } from "../protocol.ts";
import type { Input, Opened, Peer, Remote, Work } from "./peer.ts";
import { flaws, time } from "./time.ts";

let held: { key: string; work: Work | Remote | string } | undefined;

// Standard output belongs to the protocol; some peers are talkative.
console.log = console.info = console.warn = console.error;

const [name, ...rest] = process.argv.slice(2);
const { open } = (await import(`./${name}.ts`)) as { open(...rest: string[]): Promise<Opened> };
const peer = await open(...rest).catch(missing);
if ("unavailable" in peer) {
  say({ unavailable: peer.unavailable });
  process.exit();
}
say({ ready: true, name: peer.name, versions: peer.versions, threads: peer.threads });
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(peer, JSON.parse(line) as Task));
}
await peer.close?.();
process.exit();

async function answer(peer: Peer, task: Task): Promise<Answer> {
  const work = await prepared(peer, task);
  if (typeof work === "string") return { id: task.id, unsupported: work };
  if ("measure" in work) return { id: task.id, ...(await work.measure(task)) };
  const { samples, last } = await time(work.call, task);
  if (task.result !== undefined) writeFileSync(task.result, new Uint8Array(Float64Array.from(last).buffer));
  const memory = peer.memory?.();
  return { id: task.id, samples, ...flaws(last), ...(memory === undefined ? {} : { memory }) };
}

/** The work of the task; that of the last one, if the next is the same in all but its length. */
async function prepared(peer: Peer, task: Task): Promise<Work | Remote | string> {
  const { operation, rows, classes, inner, tau } = task;
  const key = JSON.stringify([operation, rows, classes, inner, tau, task.logits, task.cotangent]);
  if (held?.key !== key) {
    if (held && typeof held.work === "object") held.work.close?.();
    const input: Input = {
      rows,
      classes,
      inner,
      tau,
      logits: read(task.logits, rows * classes * inner),
      get cotangent() {
        return read(task.cotangent, rows * classes * inner);
      },
    };
    held = { key, work: await peer.prepare(operation, input) };
  }
  return held.work;
}

function read(path: string, count: number): Float32Array {
  const values = new Float32Array(count);
  const bytes = new Uint8Array(values.buffer);
  const file = openSync(path, "r");
  try {
    for (let at = 0; at < bytes.length; ) {
      const got = readSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 30), at);
      if (got === 0) throw new Error(`${path}: expected ${count} values, got ${at / 4}`);
      at += got;
    }
  } finally {
    closeSync(file);
  }
  return values;
}

function missing(error: unknown): { unavailable: string } {
  const { code, message } = Object(error) as { code?: string; message?: string };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
  return { unavailable: `${message?.split("\n")[0]}; \`npm run install:bench\` brings it` };
}

function say(line: Hello | Answer): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

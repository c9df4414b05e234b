// What POST /sample does, whichever way the requests get there.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { loadSync } from "gumbel-softmax";
import { integers, normals } from "../support/random.ts";
import { ODD, REFUSED } from "./cases.ts";
import type { Answer, Outgoing } from "./http.ts";

type Handler = (request: Request) => Promise<Response>;
export type Send = (outgoing: Outgoing) => Promise<Answer>;

const HANDLER = new URL("../../examples/edge/src/handler.js", import.meta.url).href;
const example = (await import(HANDLER)) as {
  createHandler: (gs: object, maxBytes?: number) => Handler;
  MAX_BYTES: number;
};
export const createHandler: typeof example.createHandler = example.createHandler;
export const MAX_BYTES: number = example.MAX_BYTES;

const gs = loadSync();

/** Request number i: other logits, shape, dim, tau, kind and seed than its neighbours, and the answer that it has to get. */
function numbered(i: number): { body: string; text: string; data: Float32Array } {
  const between = integers(i);
  const shape = [between(1, 4), between(1, 40)];
  const data = Array.from(normals(shape[0]! * shape[1]!, i, 3));
  const options = { tau: [0, 0.1, 0.5, 1, 10][i % 5]!, hard: i % 3 === 0, dim: between(-2, 1) };
  const seed = i % 2 === 0 ? i : 2n ** 64n - BigInt(i);
  const logits = { data, shape };
  const y = gs.gumbelSoftmax(logits, { ...options, seed });
  const body = JSON.stringify({ logits, ...options, seed: typeof seed === "bigint" ? String(seed) : seed });
  const answer = { sample: Array.from(y.data), shape, indices: Array.from(y.indices), seed: String(seed) };
  return { body, text: JSON.stringify(answer), data: y.data };
}

/** The answer is that of the library, to the byte of the JSON and to the bit of every f32 that is read from it. */
export async function answersAsTheLibrary(send: Send, i: number): Promise<void> {
  const { body, text, data } = numbered(i);
  const answer = await send({ body });
  assert.equal(answer.text, text);
  assert.deepEqual({ ...answer, text }, { status: 200, type: "application/json", allow: undefined, text });
  const read = Float32Array.from(JSON.parse(answer.text).sample as number[]);
  assert.deepEqual(new Uint32Array(read.buffer), new Uint32Array(data.buffer));
}

/** Everything that one request and its answer show, over HTTP and without. */
export async function behaves(t: TestContext, send: Send): Promise<void> {
  const refusedWith = async (status: number, error: string, outgoing: Outgoing, allow?: string): Promise<void> => {
    const { text, ...rest } = await send(outgoing);
    assert.equal(text, outgoing.method === "HEAD" ? "" : JSON.stringify({ error }));
    assert.deepEqual(rest, { status, type: "application/json", allow });
  };

  await t.test("answers as the library does", async () => {
    for (let i = 0; i < 100; i++) await answersAsTheLibrary(send, i);
  });

  await t.test("without a seed takes a fresh one, which gives the sample again", async () => {
    const body = { logits: [[0.1, 0.2, 0.3]], tau: 0.7 };
    const [a, b] = [await send({ body: JSON.stringify(body) }), await send({ body: JSON.stringify(body) })];
    const { seed } = JSON.parse(a.text);
    assert.match(seed, /^\d{1,20}$/);
    assert.notEqual(seed, JSON.parse(b.text).seed);
    assert.equal((await send({ body: JSON.stringify({ ...body, seed }) })).text, a.text);
  });

  for (const { name, body, error } of REFUSED) {
    await t.test(`400: ${name}`, async () => {
      assert.match(error, /^[\w.…]+: expected .+, got /s);
      await refusedWith(400, error, { body });
    });
  }

  for (const [name, body, sample, seed] of ODD) {
    await t.test(`200: ${name}`, async () => {
      const { status, text } = await send({ body });
      assert.equal(status, 200, text);
      assert.deepEqual(JSON.parse(text).sample, sample);
      if (seed !== undefined) assert.equal(JSON.parse(text).seed, seed);
    });
  }

  await t.test("404 for other paths, 405 for other methods", async () => {
    for (const path of ["/", "/sample/", "/Sample", "/x/sample", "//sample"]) {
      await refusedWith(404, "path: expected /sample, got another", { path, body: "{}" });
    }
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      await refusedWith(405, `method: expected POST, got ${method}`, { method }, "POST");
    }
    const { status } = await send({ path: "/sample?tau=9", body: '{"logits": [1]}' });
    assert.equal(status, 200);
  });

  await t.test("a body of just the limit is read, of one byte more is not", async () => {
    const body = '{"logits": [1], "seed": 1}'.padEnd(MAX_BYTES);
    assert.equal((await send({ body })).status, 200);
    await refusedWith(413, `body: expected at most ${MAX_BYTES} bytes, got more`, { body: `${body} ` });
  });
}

// The workers of a page of Chromium, killed. What a page terminates itself goes on until the page gives way, that is until a
// call has ended; so that kills strike in the middle of calls, most come from here, through the browser's debugger.

import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Chromium, openChromium } from "../runtime/browsers/chromium.ts";
import { ISOLATED, serve } from "../runtime/browsers/server.ts";
import { uniform } from "../support/random.ts";
import type * as PageCode from "./page.ts";

const LIMIT = 240_000;
const KILLS = 200;
/** Until so many have struck in the middle of a task there are more, up to MOST: few do where threads wait for a core. */
const STRUCK = 5;
const MOST = 1200;
/** Few, so that each has a task much of the time. */
const WORKERS = 2;
/** How long calls go on with the workers of one instance, and within which time of it these are killed: milliseconds. */
const CALLING = 80;
const KILLING = 60;
const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** A session of Chromium's debugger, as Playwright has it. */
interface Session {
  on(event: "Target.attachedToTarget", heard: (event: { sessionId: string }) => void): void;
  send(method: string, parameters: object): Promise<unknown>;
}

type Page = Awaited<ReturnType<Chromium["newPage"]>>;

interface Driven extends Page {
  context(): { newCDPSession(page: Page): Promise<Session> };
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    write: false,
  });
  return outputFiles[0]!.text;
}

/** Ends what the workers of the page run, at random moments after the page says "loaded"; gives how many. */
async function killer(page: Driven): Promise<() => number> {
  const session = await page.context().newCDPSession(page);
  const next = uniform(1);
  const fresh: string[] = [];
  let killed = 0;
  session.on("Target.attachedToTarget", ({ sessionId }) => fresh.push(sessionId));
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const message = JSON.stringify({ id: 1, method: "Runtime.terminateExecution" });
  page.on("console", () => {
    for (const sessionId of fresh.splice(0)) {
      const kill = () => session.send("Target.sendMessageToTarget", { sessionId, message });
      // A worker whose instance is closed by now is none to kill.
      const count = () =>
        kill().then(
          () => killed++,
          () => {},
        );
      setTimeout(count, next() * KILLING);
    }
  });
  return () => killed;
}

async function killAll(browser: Chromium, url: string): Promise<string> {
  const page = (await browser.newPage()) as Driven;
  const code = `${url}/kills.js`;
  await page.goto(`${url}/page.html`);
  const told = await page.evaluate(
    async ([code, library]) => ((await import(code!)) as typeof PageCode).begin(library!),
    [code, `${url}/dist/index.js`],
  );
  assert.deepEqual(told, { isolated: true, threads: 4 });
  const ended = await page.evaluate(
    async (code) => ((await import(code)) as typeof PageCode).terminateWorkers(60),
    code,
  );
  assert.deepEqual([ended.kills, ended.calls, ended.wrong], [60, 120, []]);

  const killed = await killer(page);
  let [calls, struck] = [0, 0];
  while (killed() < KILLS || (struck < STRUCK && killed() < MOST)) {
    const report = await page.evaluate(
      async ([code, workers, calling]) => {
        const page = (await import(String(code))) as typeof PageCode;
        return page.callWhileKilled(Number(workers), Number(calling));
      },
      [code, WORKERS, CALLING] as const,
    );
    assert.deepEqual(report.wrong, []);
    calls += report.calls;
    struck += report.struck;
  }
  assert.ok(struck >= 2, `${struck} of ${killed()} kills struck in the middle of a task`);
  assert.ok(calls >= KILLS, `${calls} calls`);
  return `${struck} of ${killed()} kills struck in the middle of a task, in ${calls} calls`;
}

test("200 workers killed in a page of Chromium", async (context) => {
  const chromium = await openChromium();
  if (chromium.found === undefined) {
    context.skip(chromium.missing);
    return;
  }
  const browser = chromium.found;
  const server = await serve({
    dirs: { "/dist/": DIST },
    texts: { "/page.html": "<!doctype html>", "/kills.js": await bundle() },
    headers: () => ISOLATED,
  });
  // A call that hangs leaves nothing else.
  const late = setTimeout(() => void browser.close(), LIMIT);
  try {
    context.diagnostic(await killAll(browser, server.url));
  } finally {
    clearTimeout(late);
    await browser.close();
    await server.close();
  }
});

// Every browser and every way a page is served, as runtimes that run the cases.

import type { Driver } from "../report.ts";
import type { Found } from "../tools.ts";
import { openChromium } from "./chromium.ts";
import { type Browser, drive, type Page } from "./drive.ts";
import { openFirefox } from "./firefox.ts";
import { ISOLATED } from "./server.ts";
import { openWebKit } from "./webkit.ts";

// Nothing but what the package needs: no eval, no inline script, no other host. Workers fall back on script-src.
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

const isolated: Page = { name: "isolated", headers: ISOLATED, worker: false, threads: "yes" };
const plain: Page = { name: "not isolated", headers: {}, worker: false, threads: "no" };
const isolatedWorker: Page = { ...isolated, name: "isolated, in a worker", worker: true };
const plainWorker: Page = { ...plain, name: "not isolated, in a worker", worker: true };
const strict: Page = {
  name: "isolated, strict CSP",
  headers: { ...ISOLATED, "content-security-policy": STRICT },
  worker: false,
  threads: "no",
};
const strictThreads: Page = {
  name: "isolated, strict CSP with worker-src blob:",
  headers: { ...ISOLATED, "content-security-policy": `${STRICT}; worker-src blob:` },
  worker: false,
  threads: "yes",
};
// WebKitGTK has no SharedArrayBuffer, even in an isolated page, unless a switch of its JavaScript engine is set.
const noSharedMemory: Page = { ...isolated, name: "isolated, without shared memory", threads: "no" };

export const browsers: Driver[] = [
  ...[isolated, plain, isolatedWorker, plainWorker, strict, strictThreads].map((page) =>
    drive("Chromium", chromium, page),
  ),
  ...[isolated, plain, isolatedWorker].map((page) => drive("Firefox", openFirefox, page)),
  ...[isolated, isolatedWorker].map((page) => drive("WebKitGTK", () => openWebKit({ sharedMemory: true }), page)),
  ...[plain, noSharedMemory].map((page) => drive("WebKitGTK", () => openWebKit({ sharedMemory: false }), page)),
];

async function chromium(): Promise<Found<Browser>> {
  const opened = await openChromium();
  if (opened.found === undefined) return opened;
  const browser = opened.found;
  return {
    found: {
      version: browser.version(),
      visit: async (url) => void (await (await browser.newPage()).goto(url)),
      close: () => browser.close(),
    },
  };
}

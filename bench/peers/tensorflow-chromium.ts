// TensorFlow.js with threads, which start in a browser alone: on an isolated page of Chromium, timed there.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { openChromium } from "../../tests/runtime/browsers/chromium.ts";
import { ISOLATED, serve } from "../../tests/runtime/browsers/server.ts";
import { file } from "../competitors.ts";
import type { Opened, Remote } from "./peer.ts";
import type { Page } from "./tensorflow-page.ts";

const ENTRY = `
import * as tf from "@tensorflow/tfjs-core";
import * as backend from "@tensorflow/tfjs-backend-wasm";
import { install } from "./tensorflow-page.ts";
install(tf, backend);`;

type World = { page: Page };

export async function open(threads = "2"): Promise<Opened> {
  const require = createRequire(import.meta.url);
  const { version } = require("@tensorflow/tfjs-core/package.json") as { version: string };
  const kernels = dirname(require.resolve("@tensorflow/tfjs-backend-wasm"));
  const chromium = await openChromium();
  if (chromium.found === undefined) return { unavailable: chromium.missing };
  const browser = chromium.found;
  const bundle = await build({
    stdin: { contents: ENTRY, resolveDir: file("peers") },
    bundle: true,
    format: "iife",
    // Of a package for the browser that asks for parts of Node which it does not use there.
    external: ["fs", "path", "os", "perf_hooks", "worker_threads", "util", "crypto"],
    logLevel: "error",
    write: false,
  });
  const inputs = mkdtempSync(join(tmpdir(), "gumbel-softmax-page-"));
  const site = await serve({
    dirs: { "/kernels/": kernels, "/inputs/": inputs },
    texts: {
      "/index.html": "<!doctype html><script src=bundle.js></script>",
      "/bundle.js": bundle.outputFiles[0]!.text,
    },
    headers: () => ISOLATED,
  });
  const page = await browser.newPage();
  await page.goto(`${site.url}/index.html`);
  const failure = await page.evaluate((threads) => {
    return (globalThis as unknown as World).page.open("/kernels/", threads);
  }, Number(threads));
  const close = async (): Promise<void> => {
    await browser.close();
    await site.close();
    rmSync(inputs, { recursive: true });
  };
  if (failure !== undefined) {
    await close();
    return { unavailable: failure };
  }
  return {
    name: `TensorFlow.js wasm, ${threads} threads, Chromium`,
    versions: { tensorflow: version, chromium: browser.version() },
    threads: Number(threads),
    close,
    async prepare(operation, { rows, classes, inner, tau, logits, cotangent }): Promise<Remote> {
      writeFileSync(join(inputs, "logits"), logits);
      writeFileSync(join(inputs, "cotangent"), cotangent);
      await page.evaluate(
        ({ operation, shape, tau }) => (globalThis as unknown as World).page.prepare(operation, shape, tau),
        { operation, shape: { rows, classes, inner }, tau },
      );
      return {
        measure: ({ warmup, samples, ns }) =>
          page.evaluate((plan) => (globalThis as unknown as World).page.measure(plan), { warmup, samples, ns }),
      };
    },
  };
}

// Has a browser run the cases on a page, which posts its report to the server it came from.

import { fileURLToPath } from "node:url";
import { type Driver, type Report, type Row, THREADS } from "../report.ts";
import type { Found } from "../tools.ts";
import { serve } from "./server.ts";

/** A running browser. */
export interface Browser {
  version: string;
  /** Opens a page, once, and need not wait until it is loaded. */
  visit(url: string): Promise<void>;
  close(): Promise<void>;
}

/** How the cases are served. */
export interface Page {
  /** What is said of it behind the browser's name. */
  name: string;
  /** The headers of the page and of all that it loads. */
  headers: Record<string, string>;
  /** Whether the cases run in a worker of the page. */
  worker: boolean;
  threads: "yes" | "no";
}

interface Outcome {
  report?: Report;
  error?: string;
}

const TIME_LIMIT = 180_000;
const DIST = fileURLToPath(new URL("../../../dist/", import.meta.url));
const PAGE = fileURLToPath(new URL("page/", import.meta.url));

/** The row of a page in a browser, which is started for it and closed. */
export function drive(browser: string, open: () => Promise<Found<Browser>>, page: Page): Driver {
  const runtime = `${browser}, ${page.name}`;
  return {
    runtime,
    async run(bundle: string): Promise<Row> {
      const opened = await open();
      if (opened.found === undefined) return { runtime, skip: opened.missing };
      try {
        const report = await reportOf(opened.found, page, bundle);
        return { runtime, version: opened.found.version, threads: page.threads, report };
      } finally {
        await opened.found.close();
      }
    },
  };
}

async function reportOf(browser: Browser, page: Page, bundle: string): Promise<Report> {
  let posted = (_: Outcome): void => {};
  const outcome = new Promise<Outcome>((resolve) => {
    posted = resolve;
  });
  const server = await serve({
    dirs: { "/dist/": DIST, "/": PAGE },
    texts: { "/bundle.js": bundle, "/settings.js": `export const threads = ${THREADS};` },
    headers: () => page.headers,
    posted: (_, body) => posted(JSON.parse(body) as Outcome),
  });
  const late = setTimeout(() => posted({ error: `nothing was posted in ${TIME_LIMIT / 1000} s` }), TIME_LIMIT);
  try {
    await browser.visit(`${server.url}/${page.worker ? "worker" : "page"}.html`);
    const { report, error } = await outcome;
    if (report === undefined) throw new Error(error);
    return report;
  } finally {
    clearTimeout(late);
    await server.close();
  }
}

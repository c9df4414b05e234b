// Chromium without a window, driven by Playwright.

import { type Found, packageModule, program } from "../tools.ts";

/** What the tests use of Playwright's page. */
interface Page {
  goto(url: string): Promise<unknown>;
  /** Runs a function, which sees nothing but its argument, in the page. */
  evaluate<R, A = undefined>(inPage: (argument: A) => R | Promise<R>, argument?: A): Promise<R>;
  on(event: "console", heard: (message: { text(): string }) => void): unknown;
  on(event: "pageerror", heard: (error: Error) => void): unknown;
  close(): Promise<void>;
}

/** What the tests use of Playwright's browser. */
export interface Chromium {
  version(): string;
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

interface Playwright {
  default: {
    chromium: { launch(options: { executablePath: string; args: string[]; timeout: number }): Promise<Chromium> };
  };
}

// No sandbox: it refuses to start for root. The rest keeps a machine without a network from waiting for one.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a Chromium with a fresh profile, to be closed by the caller, or says what is missing. */
export async function openChromium(): Promise<Found<Chromium>> {
  const executable = program("chromium");
  if (executable.found === undefined) return executable;
  const playwright = await packageModule<Playwright>("playwright-core");
  if (playwright.found === undefined) return playwright;
  const options = { executablePath: executable.found, args: FLAGS, timeout: 180_000 };
  return { found: await playwright.found.default.chromium.launch(options) };
}

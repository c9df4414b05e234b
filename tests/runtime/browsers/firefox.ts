// Firefox without a window. It opens the address it is given. No driver: what a driver sets up in Firefox to watch workers
// makes every few dozenth `new Worker` inside of a worker hang (seen with Puppeteer over WebDriver BiDi), which it does
// not do for users.

import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Found, program } from "../tools.ts";
import type { Browser } from "./drive.ts";
import { end, start, versionOf } from "./process.ts";

// No first-run pages, and nothing that waits for a network that may not be there.
const PREFERENCES: Record<string, boolean | string> = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
};

/** Makes a fresh profile for Firefox, whose browser is to be closed by the caller, or says what is missing. */
export async function openFirefox(): Promise<Found<Browser>> {
  const executable = program("firefox-esr");
  if (executable.found === undefined) return executable;
  const version = await versionOf(executable.found);
  const profile = await mkdtemp(join(tmpdir(), "firefox-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));

  const started: ChildProcess[] = [];
  return {
    found: {
      version,
      visit: async (url) => {
        started.push(start(executable.found, ["--headless", "--no-remote", "--profile", profile, url]));
      },
      close: async () => {
        await end(started);
        await rm(profile, { recursive: true, force: true, maxRetries: 5 });
      },
    },
  };
}

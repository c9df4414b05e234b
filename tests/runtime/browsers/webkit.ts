// WebKitGTK's MiniBrowser on a virtual screen. It opens the address it is given, so nothing has to drive it.

import { existsSync } from "node:fs";
import { type Found, program } from "../tools.ts";
import type { Browser } from "./drive.ts";
import { end, firstOutput, start, versionOf } from "./process.ts";

const MINI_BROWSER = ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);

/** Starts a screen for WebKitGTK, to be closed by the caller, or says what is missing. */
export async function openWebKit({ sharedMemory }: { sharedMemory: boolean }): Promise<Found<Browser>> {
  const xvfb = program("xvfb");
  if (xvfb.found === undefined) return xvfb;
  const executable = MINI_BROWSER.find((path) => existsSync(path));
  if (executable === undefined) {
    return { missing: "MiniBrowser is not there; `apt-get install webkit2gtk-driver` brings it" };
  }

  const screen = start(xvfb.found, ["-displayfd", "1", "-nolisten", "tcp"]);
  const started = [screen];
  try {
    const env: NodeJS.ProcessEnv = { ...process.env, DISPLAY: `:${await firstOutput(screen)}` };
    if (sharedMemory) env.JSC_useSharedArrayBuffer = "1";
    return {
      found: {
        version: await versionOf(executable, env),
        visit: async (url) => {
          started.push(start(executable, ["--private", url], env));
        },
        close: () => end(started),
      },
    };
  } catch (error) {
    await end(started);
    throw error;
  }
}

// Where the runtimes, browsers and bundlers stand that a test may want, and which command brings those that are missing.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Found, or the reason to skip, which names the command. */
export type Found<T> = { found: T; missing?: undefined } | { found?: undefined; missing: string };

const APT = {
  chromium: ["/usr/bin/chromium"],
  "firefox-esr": ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
  xvfb: ["/usr/bin/Xvfb"],
} as const;

/** A file of a package of tests/runtime or tests/packaging. */
export function packageFile(path: string, where: "runtime" | "packaging" = "runtime"): Found<string> {
  const file = fileURLToPath(new URL(`../${where}/node_modules/${path}`, import.meta.url));
  return existsSync(file)
    ? { found: file }
    : { missing: `${path} is not there; \`npm run install:${where}\` brings it` };
}

/** A package of tests/runtime or tests/packaging, imported. */
export async function packageModule<T>(name: string, where: "runtime" | "packaging" = "runtime"): Promise<Found<T>> {
  const at = packageFile(`${name}/package.json`, where);
  if (at.found === undefined) return at;
  const file = createRequire(at.found).resolve(name);
  return { found: (await import(pathToFileURL(file).href)) as T };
}

/** A program of a Debian package. */
export function program(name: keyof typeof APT): Found<string> {
  const file = APT[name].find((path) => existsSync(path));
  return file === undefined
    ? { missing: `${name} is not there; \`apt-get install ${name}\` brings it` }
    : { found: file };
}

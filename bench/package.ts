// The built package, as its users import it. Its name leads there only from the package's own folder, and this one has a
// package.json of its own.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

type Package = typeof import("../dist/index.js");

const root = createRequire(new URL("../package.json", import.meta.url));

export const PACKAGE: string = root.resolve("gumbel-softmax");
export const VERSION: string = (root("./package.json") as { version: string }).version;

export async function importPackage(): Promise<Package> {
  return (await import(pathToFileURL(PACKAGE).href)) as Package;
}

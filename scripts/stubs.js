// For resolvers that know no `exports` (Parcel's by default, TypeScript's "node10", Jest's before 28): beside each subpath a folder
// of its name whose package.json points into dist/. npm runs this when it packs; the folders are ignored by git.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { SUBPATHS } from "./entries.js";

for (const { name, types, main } of SUBPATHS) {
  const file = `${name}/package.json`;
  const stub = `${JSON.stringify({ main: `.${main}`, types: `.${types}` }, null, 2)}\n`;
  //  As it stands it may be packed by another process at this moment.
  if (existsSync(file) && readFileSync(file, "utf8") === stub) continue;
  mkdirSync(name, { recursive: true });
  writeFileSync(file, stub);
}

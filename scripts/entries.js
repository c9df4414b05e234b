// The entries beside the main one, as package.json exports them. The source of each is src/<name>/index.ts.
import { readFileSync } from "node:fs";

const { exports } = JSON.parse(readFileSync("package.json", "utf8"));

export const SUBPATHS = Object.entries(exports)
  .filter(([subpath, target]) => subpath !== "." && target.types !== undefined)
  .map(([subpath, { types, default: main }]) => ({ name: subpath.slice("./".length), types, main }));

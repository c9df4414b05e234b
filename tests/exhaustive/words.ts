// A map on every word of its range, the range split over processes (a worker thread would not inherit the TypeScript loader).
// Started by itself, with a map's name and a part of its range, this file scans that part.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MAPS, type MapName, merge, scan, type Worst } from "./maps.ts";

const SELF = fileURLToPath(import.meta.url);

export async function scanAll(name: MapName, processes: number): Promise<Worst> {
  const { first, last } = MAPS[name];
  const length = Math.ceil((last - first + 1) / processes);
  const parts = Array.from({ length: processes }, (_, i) => {
    const from = first + i * length;
    return scanApart(name, from, Math.min(last, from + length - 1));
  });
  return merge(await Promise.all(parts));
}

function scanApart(name: MapName, from: number, to: number): Promise<Worst> {
  return new Promise((resolve, reject) => {
    // By structured clone, because JSON would turn an infinite error into null.
    const child = fork(SELF, [name, String(from), String(to)], { serialization: "advanced" });
    child.once("message", (worst) => resolve(worst as Worst));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the scan of ${name} from ${from} ended with ${code}`)));
  });
}

if (process.argv[1] === SELF) {
  const [name, from, to] = process.argv.slice(2);
  process.send!(scan(MAPS[name as MapName], Number(from), Number(to)));
}

// Makes the README's table, bench/RESULTS.md and the plots from a file of results.
//
// Usage: npm run bench:report [FILE], by default the whole run of this machine.

import { readFileSync, writeFileSync } from "node:fs";
import { file, resultFile } from "./competitors.ts";
import { page } from "./report/page.ts";
import { bars, curves } from "./report/plots.ts";
import { withTable } from "./report/readme.ts";
import type { Result } from "./result.ts";

const from = process.argv[2] ?? resultFile();
const result = JSON.parse(readFileSync(from, "utf8")) as Result;
const plots = { "soft.svg": bars(result), ...(result.growth.length > 0 ? { "growth.svg": curves(result) } : {}) };

const readme = file("../README.md");
writeFileSync(readme, withTable(readFileSync(readme, "utf8"), result));
writeFileSync(file("RESULTS.md"), page(result, Object.keys(plots)));
for (const [name, plot] of Object.entries(plots)) writeFileSync(file(`results/${name}`), plot);
console.log(`wrote README.md, bench/RESULTS.md and ${Object.keys(plots).join(" and ")} from ${from}`);

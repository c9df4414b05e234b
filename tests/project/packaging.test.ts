// From the packed tarball, without any configuration: one program through bundlers, in runtimes, from another
// origin; and what an import costs that is not used.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { arch, platform } from "node:process";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { BUNDLERS, bundlePage } from "../packaging/bundlers.ts";
import { type Answer, install, ROOT, run } from "../packaging/consumer.ts";
import { askWorker, bundleWorker, wrangler } from "../packaging/wrangler.ts";
import { openChromium } from "../runtime/browsers/chromium.ts";
import { ISOLATED, type Site, serve } from "../runtime/browsers/server.ts";
import { type Found, packageFile } from "../runtime/tools.ts";

const DENO_RUN = ["run", "--no-prompt", "--no-lock"];

/** Relative links of a page, in Markdown or in HTML. */
const LINKS = /\]\((?![a-z]+:)([^)\s]+)[^)]*\)|\b(?:src|srcset|href)="(?![a-z]+:)([^"\s]+)"/g;

const consumer = await install();
const library = join(consumer.dir, "node_modules/gumbel-softmax/dist");
/** A part of the inlined kernels' text that no bundler writes otherwise. */
const KERNELS = /(?<="[^"]{2000,})[^'"`$\\{}]{40}(?=[^"]{10000})/.exec(
  await readFile(join(library, "index.js"), "utf8"),
)![0];
const chromium = await openChromium();
const parcel = packageFile("parcel/lib/bin.js", "packaging");

after(async () => {
  await chromium.found?.close();
  await consumer.remove();
});

/** The reason to skip what needs all of these. */
function skip(...needs: Found<unknown>[]): string | false {
  return needs.find(({ missing }) => missing !== undefined)?.missing ?? false;
}

function check(answer: Answer, threads: 1 | 2): void {
  const reason = threads === 2 ? null : answer.threadsUnavailable;
  assert.deepEqual(answer, { data: [0, 1, 0], different: 0, threads, threadsUnavailable: reason });
  if (threads === 1) assert.ok(reason, "threadsUnavailable names no reason");
}

/** The answer of a site's page; nothing may have been said on its console. */
async function ask(site: Site, path: string, host = "127.0.0.1"): Promise<Answer> {
  const server = await serve(site);
  const page = await chromium.found!.newPage();
  const heard: string[] = [];
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  try {
    await page.goto(server.url.replace("127.0.0.1", host) + path);
    const answer = await page.evaluate(() => (globalThis as { answer?: Promise<Answer> }).answer!);
    assert.deepEqual(heard, []);
    return answer;
  } finally {
    await page.close();
    await server.close();
  }
}

describe("a bundle in Chromium", () => {
  for (const { name, bundle } of BUNDLERS) {
    it(name, { skip: skip(bundle, chromium) }, async () => {
      assert.doesNotMatch(await bundlePage(bundle.found!, consumer.dir), /warn|\(!\)|externali/i);
      const dirs = { "/": join(consumer.dir, "dist") };
      check(await ask({ dirs }, "/index.html"), 1);
      check(await ask({ dirs, headers: () => ISOLATED }, "/index.html"), 2);
    });
  }

  it("no bundle: plain ES modules, the library from another origin", { skip: skip(chromium) }, async () => {
    const cdn = await serve({
      dirs: { "/": library },
      headers: () => ({ "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" }),
    });
    const imports = { "gumbel-softmax": `${cdn.url}/index.js` };
    const html = await readFile(join(consumer.dir, "index.html"), "utf8");
    const page = html.replace("<body>", `<body><script type="importmap">${JSON.stringify({ imports })}</script>`);
    const site = { dirs: { "/src/": join(consumer.dir, "src") }, texts: { "/page.html": page } };
    try {
      check(await ask(site, "/page.html", "localhost"), 1);
      check(await ask({ ...site, headers: () => ISOLATED }, "/page.html", "localhost"), 2);
    } finally {
      await cdn.close();
    }
  });
});

describe("a program", () => {
  const bun = packageFile(`@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}/bin/bun`);
  const deno = packageFile(`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}/deno`);

  /** The program in a folder of its own, with the library from elsewhere. */
  async function useLibrary(from: string, folder: string): Promise<void> {
    const source = await readFile(join(consumer.dir, "src/sample.js"), "utf8");
    await mkdir(join(consumer.dir, folder));
    await copyFile(join(consumer.dir, "src/print.js"), join(consumer.dir, folder, "print.js"));
    await writeFile(join(consumer.dir, folder, "sample.js"), source.replace('"gumbel-softmax"', JSON.stringify(from)));
  }

  async function print(program: string, ...args: string[]): Promise<Answer> {
    return JSON.parse((await run(program, args, consumer.dir)).stdout);
  }

  it("in Node", async () => check(await print(process.execPath, "src/print.js"), 2));

  it("in Bun", { skip: skip(bun) }, async () => check(await print(bun.found!, "src/print.js"), 2));

  it("in Deno, by an npm: specifier, with no permissions", { skip: skip(deno) }, async () => {
    await useLibrary("npm:gumbel-softmax", "deno");
    check(await print(deno.found!, ...DENO_RUN, "--no-remote", "--node-modules-dir=manual", "deno/print.js"), 2);
  });

  it("in Deno, from the sources that JSR gets", { skip: skip(deno) }, async () => {
    await run(process.execPath, ["scripts/jsr.js", "--dry-run", "--allow-dirty"], ROOT);
    await useLibrary(pathToFileURL(join(ROOT, "src/index.ts")).href, "jsr");
    check(await print(deno.found!, ...DENO_RUN, "--config", join(ROOT, "jsr.json"), "jsr/print.js"), 2);
  });

  it("under wrangler, whose bundle has the .wasm and no text of it", { skip: skip(wrangler) }, async () => {
    const upload = join(consumer.dir, "upload");
    await bundleWorker(wrangler.found!, consumer.dir, upload);
    const files = await readdir(upload);
    assert.equal(files.filter((file) => file.endsWith("kernels.wasm")).length, 1);
    assert.ok(!(await readFile(join(upload, "worker.js"), "utf8")).includes(KERNELS));
  });

  // With nodejs_compat there is a `process` that hands out Node's modules, and still no thread.
  for (const flags of [[], ["nodejs_compat"]]) {
    it(`under wrangler dev, in workerd${flags.map((flag) => ` with ${flag}`)}`, { skip: skip(wrangler) }, async () => {
      check((await askWorker(wrangler.found!, consumer.dir, flags)) as Answer, 1);
    });
  }
});

describe("an import that is not used", () => {
  it("looks up no name but those of plain constructors, and changes nothing", async () => {
    const entries = {
      "index.js": [],
      "index.workerd.js": ["./kernels.wasm"],
      "index.edge-light.js": ["./kernels.wasm?module"],
    };
    const files = Object.keys(entries).map((name) => join(library, name));
    const args = ["--experimental-vm-modules", "--no-warnings", join(ROOT, "tests/packaging/import.js"), ...files];
    const { stdout } = await run(process.execPath, args, consumer.dir);
    const seen = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      seen.map(({ imports }) => imports),
      Object.values(entries),
    );
    for (const { names } of seen) {
      assert.deepEqual(
        names.filter((name: string) => !["Set", "Symbol"].includes(name)),
        [],
      );
    }
  });

  const all = "{ fold, Generator, load, loadSync, split }";
  for (const { name, bundle } of BUNDLERS.filter(({ name }) => name !== "Vite")) {
    /** The bundle of a program, from the package or from a copy that no package.json calls free of side effects. */
    async function bundled(program: (from: string) => string, from: string): Promise<string> {
      const dir = join(consumer.dir, `${name}-shaken`);
      await mkdir(join(dir, "src"), { recursive: true });
      await copyFile(join(consumer.dir, "package.json"), join(dir, "package.json"));
      await copyFile(join(library, "index.js"), join(dir, "src/library.js"));
      await writeFile(join(dir, "src/index.js"), program(JSON.stringify(from)));
      await bundle.found!(dir);
      return join(dir, "dist/main.js");
    }

    // Without package.json's word, esbuild keeps sums of constants, and webpack the name of a method, `Symbol.dispose`.
    for (const from of name === "Rollup" ? ["gumbel-softmax", "./library.js"] : ["gumbel-softmax"]) {
      it(`${name} leaves nothing of it, from ${from}`, { skip: skip(bundle) }, async () => {
        for (const program of [(from: string) => `import ${from};`, (from: string) => `import ${all} from ${from};`]) {
          assert.equal((await readFile(await bundled(program, from), "utf8")).trim(), "");
        }
      });

      it(`${name} leaves the kernels out where fold alone is used, from ${from}`, { skip: skip(bundle) }, async () => {
        const file = await bundled((from) => `import { fold } from ${from}; console.log(fold(44, 3));`, from);
        assert.ok(!(await readFile(file, "utf8")).includes(KERNELS));
        assert.equal((await run(process.execPath, [file], consumer.dir)).stdout.trim(), "10516282079588861405n");
      });
    }
  }
});

describe("dist/", () => {
  /** Characters of a line that a person can read. */
  const LONGEST_LINE = 400;
  const tooLong = (text: string) => text.split("\n").filter((line) => line.length > LONGEST_LINE);

  it("is readable, with documentation and with source maps that have the sources in them", async () => {
    const files = (await readdir(library)).filter((name) => name.endsWith(".js"));
    assert.ok(files.length >= 7);
    for (const name of files) {
      const code = await readFile(join(library, name), "utf8");
      assert.ok(tooLong(code).length <= (name === "index.js" ? 1 : 0), `${name} has lines that nobody can read`);
      if (name !== "cli.js") assert.match(code, /^\/\*\*$/m, `${name} has no documentation`);
      const url = /^\/\/# sourceMappingURL=(.+)$/m.exec(code)![1]!;
      const { sources, sourcesContent } = JSON.parse(await readFile(join(library, url), "utf8"));
      assert.equal(sourcesContent.length, sources.length);
      assert.ok(sourcesContent.every((source: unknown) => typeof source === "string"));
    }
  });

  for (const [name, program] of [
    ["gumbel-softmax", 'it.loadSync().softmax([[NaN]], { invalid: "throw" })'],
    ["gumbel-softmax/distributions", "new it.Categorical([])"],
    ["gumbel-softmax/sampling", "it.topK({}, [1, 2], 1)"],
    ["gumbel-softmax/schedules", 'it.constant("0.5")'],
  ]) {
    it(`shows the line of an error that nobody catches, from ${name}`, async () => {
      const source = `import * as it from ${JSON.stringify(name)}; ${program};`;
      const args = ["--input-type=module", "-e", source];
      const { stderr } = await run(process.execPath, args, consumer.dir).catch((error) => error);
      assert.match(stderr, /^file:\S+\/dist\/\w+\.js:\d+\n +(throw|return new) [^\n]+\n +\^\n\n\w+Error: /);
      assert.deepEqual(tooLong(stderr), []);
    });
  }

  it("names every package whose code is in it", async () => {
    const text = await readFile(join(library, "THIRD-PARTY.txt"), "utf8");
    for (const name of (await readdir(library)).filter((name) => name.endsWith(".js.map"))) {
      for (const source of JSON.parse(await readFile(join(library, name), "utf8")).sources) {
        const [, other] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source) ?? [];
        if (other !== undefined) assert.ok(text.includes(`\n${other} `), `${other}, of ${name}`);
      }
    }
  });

  it("would have the licence of a package, and is not built without one", async () => {
    const url = new URL("../../scripts/notices.js", import.meta.url);
    const { notices } = (await import(url.href)) as { notices: (files: string[]) => string };
    const inside = join(consumer.dir, "node_modules/@scope/inside");
    await mkdir(inside, { recursive: true });
    await writeFile(join(inside, "package.json"), '{ "name": "@scope/inside", "version": "1.2.3", "license": "ISC" }');
    const files = ["src/a.ts", join(inside, "lib/a.js"), join(inside, "lib/b.js")];
    assert.throws(() => notices(files), /@scope\/inside/);
    await writeFile(join(inside, "LICENSE.md"), "Copyright (c) Somebody\n");
    const notice = /\n@scope\/inside 1\.2\.3, licence ISC\n\nCopyright \(c\) Somebody\n/g;
    assert.equal(notices(files).match(notice)?.length, 1);
    assert.match(notices(["src/a.ts"]), /no code of other packages/);
  });
});

it("every page of the tarball has all that it links to in the tarball", async () => {
  const root = join(library, "..");
  const pages = (await readdir(root, { recursive: true })).filter((name) => name.endsWith(".md"));
  for (const page of ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "bench/RESULTS.md"])
    assert.ok(pages.includes(page));
  const missing: string[] = [];
  for (const page of pages) {
    for (const [, inText, inTag] of (await readFile(join(root, page), "utf8")).matchAll(LINKS)) {
      const path = (inText ?? inTag!).split("#")[0]!;
      if (path !== "" && !existsSync(join(root, page, "..", path))) missing.push(`${page}: ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});

it("a resolver that knows no `exports` finds the same files", async () => {
  const { exports } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  const folder = join(consumer.dir, "node_modules/gumbel-softmax");
  const { resolve } = createRequire(import.meta.url);
  const subpaths = Object.keys(exports).filter((subpath) => exports[subpath].default !== undefined);
  assert.ok(subpaths.length > 1);
  for (const subpath of subpaths) {
    assert.equal(resolve(join(folder, subpath)), join(folder, exports[subpath].default), subpath);
  }
});

it("Parcel, whose resolver knows no `exports`, bundles the subpaths", { skip: skip(parcel) }, async () => {
  const dir = join(consumer.dir, "parcel");
  await mkdir(dir);
  const source = `
    import { loadSync } from "gumbel-softmax";
    import { Gumbel } from "gumbel-softmax/distributions";
    import { topK } from "gumbel-softmax/sampling";
    import { constant } from "gumbel-softmax/schedules";
    const { loc } = new Gumbel(constant(3)(1));
    console.log(JSON.stringify([loc, ...topK(loadSync(), [1, 3, 2], 3, { noiseScale: 0 }).indices]));`;
  await writeFile(join(dir, "index.js"), source);
  const args = [parcel.found!, "build", "parcel/index.js", "--dist-dir", "parcel/dist", "--no-cache"];
  await run(process.execPath, args, consumer.dir);
  const { stdout } = await run(process.execPath, ["parcel/dist/index.js"], consumer.dir);
  assert.equal(stdout, "[3,1,2,0]\n");
});

it("JSR gets the version that npm gets", async () => {
  const [npm, jsr] = await Promise.all(["package.json", "jsr.json"].map((name) => readFile(join(ROOT, name), "utf8")));
  assert.equal(JSON.parse(jsr!).version, JSON.parse(npm!).version);
});

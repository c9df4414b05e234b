// The notices of other people's packages whose code is in a bundle: their names, versions, licences and licence texts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Up to the folder of the innermost package that a file belongs to, if it is one that npm has installed. */
const PACKAGE = /^.*[/\\]?node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+(?=[/\\])/;
const LICENCE = /^(licen[cs]e|notice|copying)\b/i;

/**
 * The text of THIRD-PARTY.txt for files that went into a bundle, such as the inputs of an esbuild metafile.
 * @throws Error for a package without a licence text
 */
export function notices(files) {
  const folders = new Set(files.flatMap((file) => PACKAGE.exec(file) ?? []));
  if (folders.size === 0) return "The files of this folder have no code of other packages in them.\n";
  const parts = Array.from(folders, notice).sort();
  return ["Code of these packages is part of the files of this folder.", ...parts].join(`\n\n${"-".repeat(80)}\n\n`);
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const texts = readdirSync(folder)
    .filter((file) => LICENCE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0) throw new Error(`${name}: expected a licence text in ${folder}, got none`);
  return `${name} ${version}, licence ${license}\n\n${texts.join("\n\n")}\n`;
}

// Every link of the documentation to another file, or to a heading, leads there. Every path that architecture.md names exists.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";

const FOLDERS = [".", "docs", "bench", ...readdirSync("examples").map((name) => join("examples", name))];

const PAGES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

//  As GitHub makes them of headings.
function anchors(page: string): string[] {
  return [...readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

for (const page of PAGES) {
  test(page, () => {
    for (const [, link] of readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path, anchor] = link!.split("#") as [string, string?];
      const target = path === "" ? page : join(dirname(page), path);
      assert.ok(existsSync(target), `${link}: no such file`);
      if (anchor !== undefined) assert.ok(anchors(target).includes(anchor), `${link}: no such heading`);
    }
  });
}

test("docs/architecture.md names files and folders that exist", () => {
  const text = readFileSync("docs/architecture.md", "utf8");
  // In code spans, and in the picture, whose names are those of rooms and files alone.
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  const picture = [...text.matchAll(/^ {4,}(\S.*)$/gm)].map(([, line]) => line!);
  const names = [...spans, ...picture.flatMap((line) => line.split(/[\s,|]+/))].filter((name) =>
    /^(?:\.\.\/)?[\w-]+(?:[/.][\w-]+)*(?:\/|\.ts|\.js)$/.test(name),
  );
  assert.ok(names.length > 40);
  for (const name of names) {
    assert.ok(
      ["", "src", "assembly", "docs"].some((folder) => existsSync(join(folder, name))),
      `${name}: no such file`,
    );
  }
});

// `verify`: the library's digest on this machine, beside the known answer.

import { arch, platform } from "node:os";
import * as library from "gumbel-softmax";
import { DIGEST, digest } from "../verify/digest.ts";
import type { Verification } from "./arguments.ts";
import { openLibrary } from "./commands.ts";

/** Gives the text to print, and whether the bits are the same. */
export async function verify({ threads }: Verification): Promise<{ text: string; same: boolean }> {
  const gs = await openLibrary(threads);
  try {
    const found = await digest(gs, library);
    const same = found === DIGEST;
    const text = `${runtime()} on ${platform()} ${arch()}, ${gs.threads} ${gs.threads === 1 ? "thread" : "threads"}
digest    ${found}
expected  ${DIGEST}
${same ? "the same bits" : "different bits"}
`;
    return { text, same };
  } finally {
    gs.close();
  }
}

function runtime(): string {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return `Deno ${deno}`;
  return bun !== undefined ? `Bun ${bun}` : `Node ${node}`;
}

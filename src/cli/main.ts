// The command `gumbel-softmax`: logits from a file or standard input, samples to a file or standard output, and `verify`.

import { readArguments } from "./arguments.ts";
import { run } from "./commands.ts";
import { describe, exitCode } from "./errors.ts";
import { help } from "./help.ts";
import { openOutput } from "./output.ts";
import { verify } from "./verify.ts";

/** Put in by the bundler, from package.json. */
declare const VERSION: string;

async function main(args: string[]): Promise<void> {
  const request = readArguments(args);
  if (!("show" in request)) {
    if (request.command !== "verify") return run(request);
    const { text, same } = await verify(request);
    await print(text);
    if (!same) process.exitCode = 1;
    return;
  }
  await print(request.show === "version" ? `${VERSION}\n` : help(request.command));
}

async function print(text: string): Promise<void> {
  await (await openOutput(undefined, false)).write(Buffer.from(text));
}

// The reader of standard error may be gone, too.
process.stderr.on("error", () => {});

main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = exitCode(error);
  if (process.exitCode !== 0) process.stderr.write(`gumbel-softmax: ${describe(error)}\n`);
});
